"""What a patch consists of: files, hunks, lines.

A file has one or more old sides and one new side. An ordinary patch has one old side; a combined diff, by which git
shows a merge, has one for each parent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ADDED, REMOVED, UNCHANGED = "+", "-", " "


class Change(StrEnum):
    """What happens to a file apart from its lines."""

    CREATED = "created"
    DELETED = "deleted"
    RENAMED = "renamed"
    COPIED = "copied"
    MODE = "mode changed"
    BINARY = "binary"
    NOT_A_FILE = "symbolic link or submodule"
    NOT_SHOWN = "changed in a way that the patch does not show"


@dataclass(frozen=True, slots=True)
class PatchLine:
    """One line of a hunk: one mark for each old side, and its content without the line feed.

    A line with a ``-`` among its marks is not in the new file; it was on the old sides that have the ``-``. Any other
    line is in the new file, and was on the old sides that have a space.
    """

    marks: str
    content: bytes
    ends_file_unbroken: bool = False

    @property
    def change(self) -> str:
        """`REMOVED`, `ADDED` or `UNCHANGED`, the last only where it is on all sides."""
        if REMOVED in self.marks:
            return REMOVED
        return ADDED if ADDED in self.marks else UNCHANGED

    @property
    def is_new(self) -> bool:
        """Whether the new side has it."""
        return REMOVED not in self.marks

    def is_old(self, side: int) -> bool:
        """Whether an old side has it."""
        return self.marks[side] == (UNCHANGED if self.is_new else REMOVED)


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that stand together: where they begin on each old side and on the new one, from 1, and what they are."""

    old_starts: tuple[int, ...]
    new_start: int
    section: str
    lines: tuple[PatchLine, ...]


@dataclass(frozen=True, slots=True)
class FilePatch:
    """What a patch does to one file.

    Attributes:
        old_path: its name before, None where there was no such file; bytes that are no UTF-8 as surrogate escapes.
        new_path: its name after, None where there is no such file any more.
        changes: what happens to it apart from its lines.
        hunks: the lines that change, with those around them.
        old_blobs: the hashes of its old contents in git, abbreviated or not, where the patch has them.
        new_blob: the same of its new content.
    """

    old_path: str | None
    new_path: str | None
    changes: frozenset[Change]
    hunks: tuple[Hunk, ...]
    old_blobs: tuple[str, ...] = ()
    new_blob: str | None = None

    @property
    def path(self) -> str:
        """The name that it is known by: the new one where there is one."""
        return self.new_path or self.old_path or ""

    @property
    def n_old_sides(self) -> int:
        """How many old sides it has."""
        return len(self.hunks[0].old_starts) if self.hunks else max(1, len(self.old_blobs))
