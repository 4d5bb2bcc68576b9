"""What ``.gitattributes`` say of files: generated, vendored, binary, or of another language than their names tell.

git itself is asked, so nested files, patterns and macros mean what they mean to git.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .git import GitError, run_git

_GENERATED, _VENDORED, _LANGUAGE, _DIFF = "linguist-generated", "linguist-vendored", "linguist-language", "diff"
_YES_OR_NO = {"set": True, "true": True, "unset": False, "false": False}


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is said of one file.

    Attributes:
        generated, vendored: whether it is so; None where nothing is said.
        language: the name of its language, as linguist spells it; None where nothing is said.
        binary: whether git is to treat it as binary: ``binary``, or ``-diff``.
    """

    generated: bool | None = None
    vendored: bool | None = None
    language: str | None = None
    binary: bool = False


NOTHING = Attributes()


def attributes_of(folder: Path, paths: Iterable[str], commit: str | None = None) -> dict[str, Attributes]:
    """What is said of files of a folder, of those alone of which anything is; nothing outside of repositories.

    Args:
        folder: where they are.
        paths: the files' paths below it.
        commit: hash of the commit whose ``.gitattributes`` hold; None for those of the work tree.
    """
    given = b"".join(os.fsencode(path) + b"\0" for path in paths)
    try:
        if commit is None:
            told = _ask(folder, given)
        else:
            with tempfile.TemporaryDirectory() as scratch:
                # An index of its own, for older versions of git read attributes of no commit.
                index = {"GIT_INDEX_FILE": os.path.join(scratch, "index")}
                run_git(folder, "read-tree", commit, environment=index)
                told = _ask(folder, given, "--cached", environment=index)
    except GitError:
        return {}
    return {path: attributes for path, attributes in _read(told) if attributes != NOTHING}


def _ask(folder: Path, given: bytes, *options: str, environment: dict[str, str] | None = None) -> bytes:
    names = (_GENERATED, _VENDORED, _LANGUAGE, _DIFF)
    return run_git(folder, "check-attr", *options, "-z", "--stdin", *names, given=given, environment=environment)


def _read(told: bytes) -> Iterator[tuple[str, Attributes]]:
    """The files of what git writes: path, attribute and value, each ended by a zero, the four attributes in a row."""
    fields = [os.fsdecode(field) for field in told.split(b"\0")[:-1]]
    values = fields[2::3]
    for index, path in enumerate(fields[::12]):
        generated, vendored, language, diff = values[4 * index : 4 * index + 4]
        is_named = language not in ("set", "unset", "unspecified", "")
        yield (
            path,
            Attributes(
                _YES_OR_NO.get(generated), _YES_OR_NO.get(vendored), language if is_named else None, diff == "unset"
            ),
        )
