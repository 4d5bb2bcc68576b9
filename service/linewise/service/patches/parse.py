r"""Unified diffs to files, hunks and lines, in the forms that git, diff, Mercurial and mail programs give them.

A hunk's header says how many lines it has, so its lines are counted, never guessed: a removed line ``-- x`` reads
``--- x`` in a patch. What stands around the files (mails, commit messages, ``-- `` and a version) is passed over, as by
``git apply``. A carriage return belongs to the content of a line; only a line feed ends one.

A patch is read line by line, and each of its files is handed on before the next one is read: there is no limit to its
length.
"""

from __future__ import annotations

import io
import os
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO

from .mail import plain_lines
from .model import UNCHANGED, Change, FilePatch, Hunk, PatchLine
from .names import header_name, split_binary_pair, split_pair, strip_prefixes, unquote

_NUMBER = rb"(\d{1,12})(?:,(\d{1,12}))?"
_HUNK = re.compile(rb"(@@+) ((?:-\d{1,12}(?:,\d{1,12})? )+)\+" + _NUMBER + rb" \1(?: ?(.*))?$")
_RANGE = re.compile(b"-" + _NUMBER)
_INDEX = re.compile(rb"index ([0-9a-f]+(?:,[0-9a-f]+)*)\.\.([0-9a-f]+)(?: (\d+))?$")
_BINARY_PAIR = re.compile(rb"(?:Binary files|Files) (.+) differ$")
_SPECIAL_MODES = (b"120000", b"160000")
_MARKS = frozenset(b"+- ")
_FROM, _TO = (b"rename from ", b"copy from "), (b"rename to ", b"copy to ")
_EXTENDED: dict[bytes, Change | None] = {
    b"old mode ": Change.MODE,
    b"new mode ": Change.MODE,
    b"mode ": Change.MODE,
    b"new file mode ": Change.CREATED,
    b"deleted file mode ": Change.DELETED,
    b"rename from ": Change.RENAMED,
    b"rename to ": Change.RENAMED,
    b"copy from ": Change.COPIED,
    b"copy to ": Change.COPIED,
    b"Binary files ": Change.BINARY,
    b"GIT binary patch": Change.BINARY,
    b"index ": None,
}
# What tells of a change whose lines are not there, outside of any `diff --git`.
_NOT_SHOWN = (
    (re.compile(rb"Only in (.+): (.+)$"), Change.NOT_SHOWN),
    (re.compile(rb"\* Unmerged path (.+)$"), Change.NOT_SHOWN),
    (re.compile(rb"Property changes on: (.+)$"), Change.MODE),
    (re.compile(rb"Binary file (.+) has changed(?: to .*)?$"), Change.BINARY),
    (re.compile(rb"Submodule (.+?) (?:[0-9a-f]{4,}|contains ).*$"), Change.NOT_A_FILE),
)


class PatchError(ValueError):
    """Text that is no unified diff; the message names the line."""


@dataclass(slots=True)
class _Draft:
    """A file while its part of the patch is being read."""

    old: bytes | None = None
    new: bytes | None = None
    prefixed: bool = True
    changes: set[Change] = field(default_factory=set)
    hunks: list[Hunk] = field(default_factory=list)
    old_blobs: tuple[str, ...] = ()
    new_blob: str | None = None
    of_git: bool = False
    has_names: bool = False

    def take_names(self, old: bytes, new: bytes) -> None:
        """The names of ``---`` and ``+++``; those of a renaming and of a combined diff are known already."""
        self.has_names = True
        if self.prefixed:
            self.old, self.new = old, new

    def finished(self) -> FilePatch:
        """What was read, its names without prefixes."""
        if self.prefixed:
            old_path, new_path = strip_prefixes(self.old, self.new)
        else:
            old_path, new_path = (None if name is None else os.fsdecode(name) for name in (self.old, self.new))
        changes = set(self.changes)
        if Change.CREATED in changes or (old_path is None and new_path is not None):
            old_path = None
            changes.add(Change.CREATED)
        if Change.DELETED in changes or (new_path is None and old_path is not None):
            new_path = None
            changes.add(Change.DELETED)
        return FilePatch(old_path, new_path, frozenset(changes), tuple(self.hunks), self.old_blobs, self.new_blob)


def parse_patch(data: bytes) -> tuple[FilePatch, ...]:
    """The files of a patch, in order; raises as `read_patch`."""
    return tuple(read_patch(io.BytesIO(data)))


def read_patch(stream: IO[bytes]) -> Iterator[FilePatch]:
    """The files of a patch, in order; of a series of patches, those of each.

    Args:
        stream: a patch, also coloured by git or in an encoded mail. Blank input is a patch of no file.

    Raises:
        PatchError: a hunk is not as long as its header says, or there is text but no unified diff in it.
    """
    window = _Window(plain_lines(stream))
    n_files = 0
    for draft in _Reader(window).drafts():
        yield draft.finished()
        n_files += 1
    if not n_files and window.first.strip() and not window.first.lstrip().startswith((b"commit ", b"From ")):
        raise PatchError("there is no unified diff in the input")


class _Window:
    """The lines ahead, of which only those that were looked at are in memory."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._rest = iter(lines)
        self._ahead: deque[bytes] = deque()
        self.at = 0
        """How many lines were passed."""
        self.first = b""
        """The first line that is not blank, as far as lines were passed."""

    def peek(self, offset: int = 0) -> bytes | None:
        """The present line, or one so far ahead; None past the end."""
        while len(self._ahead) <= offset:
            line = next(self._rest, None)
            if line is None:
                return None
            self._ahead.append(line)
        return self._ahead[offset]

    def skip(self, n_lines: int = 1) -> None:
        """Pass lines that were looked at."""
        for _ in range(n_lines):
            line = self._ahead.popleft()
            self.first = self.first if self.first.strip() else line
        self.at += n_lines


class _Reader:
    """Goes through the lines of a patch once."""

    def __init__(self, lines: _Window) -> None:
        self._lines = lines

    def drafts(self) -> Iterator[_Draft]:
        """What the patch says of each file, in order; raises PatchError."""
        draft: _Draft | None = None
        while self._lines.peek() is not None:
            line = self._header()
            names = self._names(line)
            in_header = draft is not None and draft.of_git and not draft.hunks
            if names is not None and draft is not None and in_header and not draft.has_names:
                draft.take_names(*names)
                continue
            begun = _Draft(*names, has_names=True) if names else self._begin(line, in_header=in_header)
            if begun is not None:
                if draft is not None:
                    yield draft
                draft = begun
                continue
            header = _HUNK.match(line)
            if header is not None:
                draft = draft or _Draft(has_names=True)
                draft.hunks.append(self._hunk(header))
                continue
            if line.startswith((b"@@ -", b"@@@ -")):
                raise PatchError(f"line {self._lines.at + 1}: begins like a hunk's header and is none")
            if draft is not None and in_header:
                _read_extended_header(draft, line)
            self._lines.skip()
        if draft is not None:
            yield draft

    def _header(self, offset: int = 0) -> bytes:
        """A line of no hunk; the carriage return of a patch that was converted as a whole is none of its."""
        return (self._lines.peek(offset) or b"").removesuffix(b"\r")

    def _names(self, line: bytes) -> tuple[bytes, bytes] | None:
        """The names of ``---`` and ``+++`` where these lines and a hunk come next; they are passed over."""
        if not line.startswith(b"--- "):
            return None
        following = self._header(1)
        if not following.startswith(b"+++ ") or not self._header(2).startswith(b"@@"):
            return None
        self._lines.skip(2)
        return header_name(line[4:]), header_name(following[4:])

    def _begin(self, line: bytes, *, in_header: bool) -> _Draft | None:
        """The file that begins at the present line, which is then passed over, or None."""
        begun = None
        if line.startswith(b"diff --git "):
            old, new = split_pair(line.removeprefix(b"diff --git ")) or (None, None)
            begun = _Draft(old, new, of_git=True)
        elif line.startswith((b"diff --cc ", b"diff --combined ")):
            name = unquote(line.split(b" ", 2)[2])
            begun = _Draft(name, name, prefixed=False, of_git=True)
        elif line.startswith(b"*** ") and self._header(2).startswith(b"***************"):
            raise PatchError(f"line {self._lines.at + 1}: a context diff; only unified diffs (diff -u) can be read")
        elif not in_header:
            begun = _begin_without_lines(line)
        if begun is not None:
            self._lines.skip()
        return begun

    def _hunk(self, header: re.Match[bytes]) -> Hunk:
        """The hunk whose header is at the present line; raises PatchError where it is not as long as that says."""
        header_at = self._lines.at
        n_old = len(header[1]) - 1
        ranges = [(int(start), int(count or b"1")) for start, count in _RANGE.findall(header[2])]
        if len(ranges) != n_old:
            raise PatchError(f"line {header_at + 1}: the hunk's header names {len(ranges)} old sides, not {n_old}")
        left_old = [count for _, count in ranges]
        left_new = int(header[4] or b"1")
        lines: list[PatchLine] = []
        self._lines.skip()
        while left_new or any(left_old):
            line = self._take(header_at, n_old)
            lines.append(line)
            left_new -= line.is_new
            left_old = [left - line.is_old(side) for side, left in enumerate(left_old)]
            if left_new < 0 or min(left_old) < 0:
                raise PatchError(f"line {self._lines.at}: more lines of one side than the hunk's header says")
            if (self._lines.peek() or b"").startswith(b"\\"):
                lines[-1] = PatchLine(line.marks, line.content, ends_file_unbroken=True)
                self._lines.skip()
        section = (header[5] or b"").decode("utf-8", "replace")
        return Hunk(tuple(start for start, _ in ranges), int(header[3]), section, tuple(lines))

    def _take(self, header_at: int, n_old: int) -> PatchLine:
        """The next line of a hunk."""
        line = self._lines.peek()
        if line is None:
            raise PatchError(f"the patch ends within the hunk of line {header_at + 1}")
        self._lines.skip()
        if line in (b"", b"\r"):
            # A blank line of context whose mark was lost with the white space at the ends of lines.
            return PatchLine(UNCHANGED * n_old, line)
        marks = line[:n_old]
        if len(marks) < n_old or not _MARKS.issuperset(marks) or (b"+" in marks and b"-" in marks):
            raise PatchError(
                f"line {self._lines.at}: neither added, removed nor unchanged, within the hunk of line {header_at + 1}"
            )
        return PatchLine(marks.decode("ascii"), line[n_old:])


def _begin_without_lines(line: bytes) -> _Draft | None:
    """The file of a line that tells of a change without showing it."""
    pair = _BINARY_PAIR.match(line)
    if pair:
        return _Draft(*split_binary_pair(pair[1]), changes={Change.BINARY})
    for pattern, change in _NOT_SHOWN:
        match = pattern.match(line)
        if match:
            name = b"/".join(match.groups())
            return _Draft(name, name, prefixed=False, changes={change})
    return None


def _read_extended_header(draft: _Draft, line: bytes) -> None:
    """Take in what one of git's lines between ``diff --git`` and the first hunk says."""
    kind = next((kind for kind in _EXTENDED if line.startswith(kind)), None)
    if kind is None:
        return
    change, rest = _EXTENDED[kind], line.removeprefix(kind)
    if change is not None:
        draft.changes.add(change)
    if kind in _FROM:
        draft.old, draft.prefixed = unquote(rest), False
    elif kind in _TO:
        draft.new, draft.prefixed = unquote(rest), False
    if any(mode in rest.split() for mode in _SPECIAL_MODES) and b"mode" in kind:
        draft.changes.add(Change.NOT_A_FILE)
    index = _INDEX.match(line)
    if index:
        draft.old_blobs = tuple(index[1].decode().split(","))
        draft.new_blob = index[2].decode()
        if index[3] in _SPECIAL_MODES:
            draft.changes.add(Change.NOT_A_FILE)
