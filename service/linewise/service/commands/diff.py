"""``linewise diff``: what a patch is made of."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from .options import UnusableError, color_option, load_classifier, mode_option, wants_colour, writing_to

if TYPE_CHECKING:
    from ..patches import FilePatch, Finding, Verdict
    from ..patches.render import PatchFormat

EXIT_VERDICT = 3
"""The verdict is one of those that ``--exit-code-if`` names."""
# Spelled out, so that listing the commands needs no numpy; a test holds them to `Verdict`.
VERDICTS = (
    "blank-only",
    "comment-only",
    "documentation-only",
    "import-only",
    "string-only",
    "non-code",
    "code",
)


class VerdictsType(click.ParamType[tuple[str, ...]]):
    """Verdicts, separated by commas."""

    name = "verdicts"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The verdicts' names; fails with the list of those that there are."""
        names = tuple(name.strip() for name in value.split(","))
        for name in names:
            if name not in VERDICTS:
                self.fail(f"{name!r} is no verdict; there are {', '.join(VERDICTS)}", param, ctx)
        return names


@click.command()
@click.argument("patch", required=False, type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--git", "revisions", metavar="A..B", help="The changes between two revisions of the repository here.")
@click.option("--staged", is_flag=True, help="The changes that are staged for the next commit here.")
@click.option(
    "--from-patch-alone",
    is_flag=True,
    help="Look up no whole files in the repository here; label what the patch shows.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "summary"]),
    default="text",
    show_default=True,
    help="The patch with labels beside its lines, one JSON object, or the verdicts and numbers alone.",
)
@click.option(
    "--exit-code-if",
    "watched",
    type=VerdictsType(),
    multiple=True,
    metavar="VERDICT,…",
    help=f"End with exit code 3 if the patch's verdict is one of these: {', '.join(VERDICTS)}.",
)
@mode_option
@color_option
@click.pass_context
def diff(
    ctx: click.Context,
    *,
    patch: str | None,
    revisions: str | None,
    staged: bool,
    from_patch_alone: bool,
    form: str,
    watched: tuple[tuple[str, ...], ...],
    mode: str,
    color: str,
) -> None:
    """Label the lines of a patch on both sides, and say what it amounts to.

    PATCH is a unified diff, as from git, diff -u or a mail; without it, and as -, standard input is read. Where the
    repository at hand has the files that the patch was made from, they are labelled as a whole.

    Exit codes: 0 done; 2 wrong usage, no unified diff, git fails, no usable model; 3 the verdict is one of
    --exit-code-if.
    """
    from ..patches import PatchError, read_patch  # noqa: PLC0415

    if sum((patch is not None, revisions is not None, staged)) > 1:
        raise click.UsageError("only one of PATCH, --git and --staged can be given")
    with tempfile.TemporaryFile() as kept:
        _fetch(patch, revisions, kept, staged=staged)
        try:
            # The whole patch is read once before anything is written of it, and none of it is kept in memory.
            deque(read_patch(_from_start(kept)), maxlen=0)
        except PatchError as error:
            raise UnusableError(str(error)) from error
        files = read_patch(_from_start(kept))
        verdict = _write(files, form, mode, colour=wants_colour(color, None), alone=from_patch_alone)
    if any(verdict in names for names in watched):
        ctx.exit(EXIT_VERDICT)


def _fetch(patch: str | None, revisions: str | None, kept: IO[bytes], *, staged: bool) -> None:
    """Write the patch that is meant into a file; raises UnusableError."""
    from ..git import GitError  # noqa: PLC0415
    from ..patches.repository import diff_of_index, diff_of_revisions  # noqa: PLC0415

    try:
        if revisions is not None:
            diff_of_revisions(Path(), revisions, kept)
        elif staged:
            diff_of_index(Path(), kept)
        elif patch in (None, "-"):
            shutil.copyfileobj(sys.stdin.buffer, kept)
        else:
            with Path(patch or "").open("rb") as stream:
                shutil.copyfileobj(stream, kept)
    except GitError as error:
        raise UnusableError(f"git: {error}") from error
    except OSError as error:
        name = "standard input" if patch in (None, "-") else click.format_filename(patch or "")
        raise UnusableError(f"cannot read {name}: {error.strerror or error}") from error


def _from_start(stream: IO[bytes]) -> IO[bytes]:
    stream.seek(0)
    return stream


def _write(files: Iterable[FilePatch], form: str, mode: str, *, colour: bool, alone: bool) -> Verdict:
    """Label, judge and write the files, one after the other; the verdict of all of them."""
    from ..patches import judge, judge_all, label_patch  # noqa: PLC0415
    from ..patches.render import JsonPatchFormat, Judged, SummaryPatchFormat, TextPatchFormat  # noqa: PLC0415
    from ..patches.repository import GitContents  # noqa: PLC0415
    from ..patches.summary import ChangeCounts, count_changes  # noqa: PLC0415

    classifier = load_classifier()
    source = None if alone else GitContents(Path())
    forms: dict[str, PatchFormat] = {
        "text": TextPatchFormat(colour),
        "json": JsonPatchFormat(),
        "summary": SummaryPatchFormat(colour),
    }
    formatter = forms[form]
    total = ChangeCounts()
    # Few are distinct without their reasons, however many files there are.
    findings: set[Finding] = set()
    with writing_to(None) as write:
        for labels in label_patch(classifier, files, mode=mode, source=source):
            one = Judged(labels, judge(labels), count_changes(labels))
            total.add(one.counts)
            findings.add(replace(one.finding, reason=""))
            write(formatter.file(one).encode("utf-8", "surrogateescape"))
        verdict = judge_all(findings)
        write(formatter.closing(verdict, total, classifier.info.digest).encode())
    return verdict
