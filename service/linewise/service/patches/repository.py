"""Whole contents of a patch's files out of a git repository, and the patches that git makes there.

A patch names the contents that it was made from by their hashes. One side of a file is enough, for the patch gives the
other; and what is found is used only where every line of the patch stands in it where the patch says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

from ..git import GitError, run_git
from ..reading import DEFAULT_MAX_BYTES
from .label import Contents
from .model import Change, FilePatch, Hunk

_NO_BLOB = re.compile(r"0+")
_DIFF = (
    "diff",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--full-index",
    "--find-renames",
    "--unified=3",
    "--inter-hunk-context=0",
    "--submodule=short",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)


def diff_of_revisions(folder: Path, revisions: str, into: IO[bytes]) -> None:
    """Write the patch between two revisions, as in ``main..topic`` or ``main...topic``; raises GitError."""
    if ".." not in revisions or revisions.startswith("-"):
        raise GitError(f"{revisions!r} is no pair of revisions, as main..topic is")
    run_git(folder, *_DIFF, revisions, "--", of_hook=True, into=into)


def diff_of_index(folder: Path, into: IO[bytes]) -> None:
    """Write the patch of what is staged for the next commit; raises GitError."""
    run_git(folder, *_DIFF, "--cached", of_hook=True, into=into)


class GitContents:
    """Finds whole contents in the object database of the repository around a folder."""

    def __init__(self, folder: Path, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def contents(self, patches: Sequence[FilePatch]) -> list[Contents | None]:
        """The whole contents of each file; None where the repository has none that fit the patch."""
        wanted = {
            blob
            for patch in patches
            if patch.hunks
            for blob in (*patch.old_blobs, patch.new_blob)
            if blob and not _NO_BLOB.fullmatch(blob)
        }
        try:
            blobs = self._read(sorted(wanted)) if wanted else {}
        except GitError:
            blobs = {}
        return [_fitting_contents(patch, blobs) for patch in patches]

    def _read(self, names: list[str]) -> dict[str, bytes]:
        """The blobs of some hashes, those left out that are unknown, ambiguous, too large or no blobs."""
        checked = run_git(self._folder, "cat-file", "--batch-check", given=_lines(names), of_hook=True).splitlines()
        usable = []
        for name, answer in zip(names, checked, strict=False):
            parts = answer.split()
            if len(parts) == 3 and parts[1] == b"blob" and int(parts[2]) <= self._max_bytes:
                usable.append((name, int(parts[2])))
        if not usable:
            return {}
        data = run_git(self._folder, "cat-file", "--batch", given=_lines(name for name, _ in usable), of_hook=True)
        blobs = {}
        at = 0
        for name, size in usable:
            begin = data.index(b"\n", at) + 1
            blobs[name] = data[begin : begin + size]
            at = begin + size + 1
        return blobs


def _lines(names: Iterable[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()


def _fitting_contents(patch: FilePatch, blobs: dict[str, bytes]) -> Contents | None:
    """The contents of all sides, made from the blobs that are there."""
    if not patch.hunks or patch.changes & {Change.BINARY, Change.NOT_A_FILE}:
        return None
    found = [_blob(blobs, name) for name in patch.old_blobs]
    new = _blob(blobs, patch.new_blob) if patch.new_blob else None
    if patch.n_old_sides == 1:
        if found and found[0] is not None:
            new = _applied(patch.hunks, found[0], reverse=False)
        elif new is not None:
            found = [_applied(patch.hunks, new, reverse=True)]
    sides = [side for side in (*found, new) if side is not None]
    if len(sides) != patch.n_old_sides + 1:
        return None
    rows = [_rows(patch.hunks, side, text) for side, text in enumerate(sides)]
    fitting = tuple(row for row in rows if row is not None)
    return Contents(tuple(sides), fitting) if len(fitting) == len(sides) else None


def _blob(blobs: dict[str, bytes], name: str) -> bytes | None:
    return b"" if _NO_BLOB.fullmatch(name) else blobs.get(name)


def _hunk_side(hunk: Hunk, side: int) -> tuple[int, list[bytes]]:
    """The row at which a hunk begins on a side, from 0, and the lines that it has there."""
    is_new = side == len(hunk.old_starts)
    lines = [line.content for line in hunk.lines if (line.is_new if is_new else line.is_old(side))]
    start = hunk.new_start if is_new else hunk.old_starts[side]
    # Where a side has no line, the header names the line before.
    return (start - 1 if lines else start), lines


def _split(text: bytes) -> list[bytes]:
    lines = text.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def _rows(hunks: Sequence[Hunk], side: int, text: bytes) -> tuple[int, ...] | None:
    """The row of each hunk in a side's whole text; None where the text is not what the patch shows."""
    lines = _split(text)
    rows = []
    for hunk in hunks:
        row, shown = _hunk_side(hunk, side)
        if row < 0 or lines[row : row + len(shown)] != shown:
            return None
        rows.append(row)
    return tuple(rows)


def _applied(hunks: Sequence[Hunk], text: bytes, *, reverse: bool) -> bytes | None:
    """The text with the hunks applied, or taken back; None where they do not fit."""
    lines = _split(text)
    result: list[bytes] = []
    at = 0
    for hunk in hunks:
        row, before = _hunk_side(hunk, int(reverse))
        _, after = _hunk_side(hunk, int(not reverse))
        if row < at or lines[row : row + len(before)] != before:
            return None
        result.extend(lines[at:row])
        result.extend(after)
        at = row + len(before)
    result.extend(lines[at:])
    return b"".join(line + b"\n" for line in result)
