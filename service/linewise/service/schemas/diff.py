"""What goes in and out of ``POST /v1/diff``, as it stands in the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, with_config
from pydantic.config import JsonDict
from typing_extensions import TypedDict

from .fields import CLOSED, CLOSED_REQUEST, Mode, ModelDigest, TaxonomyVersion, Text

VerdictName = Literal[
    "blank-only", "comment-only", "documentation-only", "import-only", "string-only", "non-code", "code"
]

_EXAMPLE: JsonDict = {
    "files": [
        {
            "path": "queue.py",
            "old_path": "queue.py",
            "new_path": "queue.py",
            "changes": [],
            "language": "python",
            "context": "fragment",
            "verdict": "comment-only",
            "reason": "",
            "added": {"lines": 1, "labels": {"comment": 1}},
            "removed": {"lines": 0, "labels": {}},
            "hunks": [
                {
                    "old_start": 7,
                    "new_start": 7,
                    "section": "",
                    "lines": [
                        {
                            "change": "added",
                            "old": None,
                            "new": {"number": 7, "labels": ["comment"], "uncertain": []},
                            "text": "# sends",
                        }
                    ],
                }
            ],
        }
    ],
    "verdict": "comment-only",
    "added": {"lines": 1, "labels": {"comment": 1}},
    "removed": {"lines": 0, "labels": {}},
    "model_digest": "0" * 64,
    "taxonomy_version": "1.0",
}


class DiffRequest(BaseModel):
    """A patch to label."""

    model_config = CLOSED_REQUEST

    patch: Annotated[
        Text, Field(description="A unified diff, as from git, `diff -u` or a mail. A blank one is a patch of no file.")
    ]
    mode: Annotated[
        Mode, Field(description="How sure a label must be to be given. Verdicts are always by `high-confidence`.")
    ] = "balanced"


@with_config(CLOSED)
class SideAnswer(TypedDict):
    """A line on one side of a patch."""

    number: Annotated[int, Field(ge=0, description="The line's number in the file on that side.")]
    labels: Annotated[tuple[str, ...], Field(description="The labels that the line has, in label order.")]
    uncertain: Annotated[
        tuple[str, ...], Field(description="The labels that it may as well have as not, in label order.")
    ]


@with_config(CLOSED)
class DiffLineAnswer(TypedDict):
    """A line of a hunk, with its labels on the sides that have it."""

    change: Literal["added", "removed", "unchanged"]
    old: Annotated[
        SideAnswer | None,
        Field(description="The line as it was; in a combined diff, in the first parent that has it."),
    ]
    new: Annotated[SideAnswer | None, Field(description="The line as it is.")]
    text: Annotated[str, Field(description="What stands on it.")]


@with_config(CLOSED)
class HunkAnswer(TypedDict):
    """Lines that stand together."""

    old_start: Annotated[int, Field(ge=0, description="Where they begin in the old file.")]
    new_start: Annotated[int, Field(ge=0, description="Where they begin in the new file.")]
    section: Annotated[str, Field(description="What stands behind the hunk's header.")]
    lines: list[DiffLineAnswer]


@with_config(CLOSED)
class LineCountsAnswer(TypedDict):
    """A number of lines, and how many of them have each label; labels that none has are left out."""

    lines: Annotated[int, Field(ge=0)]
    labels: dict[str, int]


@with_config(CLOSED)
class FileAnswer(TypedDict):
    """What a patch does to one file."""

    path: Annotated[str, Field(description="Its new name, or the old one where it is deleted.")]
    old_path: Annotated[str | None, Field(description="Its name before; null where it is created.")]
    new_path: Annotated[str | None, Field(description="Its name after; null where it is deleted.")]
    changes: Annotated[list[str], Field(description="What happens to it apart from its lines.")]
    language: Annotated[str | None, Field(description="Its language as its name tells it; null where it does not.")]
    context: Annotated[Literal["file", "fragment"], Field(description="What was labelled: here the patch alone.")]
    verdict: Annotated[VerdictName, Field(description="What the change amounts to.")]
    reason: Annotated[str, Field(description="Where the verdict is `code`, what made it so.")]
    added: LineCountsAnswer
    removed: LineCountsAnswer
    hunks: list[HunkAnswer]


@with_config(ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]}))
class DiffAnswer(TypedDict):
    """A patch with the labels of its lines and what it amounts to."""

    files: list[FileAnswer]
    verdict: Annotated[VerdictName, Field(description="What all the changes together amount to.")]
    added: LineCountsAnswer
    removed: LineCountsAnswer
    model_digest: ModelDigest
    taxonomy_version: TaxonomyVersion
