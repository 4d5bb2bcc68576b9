"""Reading one file as source text, or saying why it is none.

Only regular files are ever opened: a FIFO would block, a device would never end. A file met in a folder is
read only where its real place is inside that folder. A file that changes while it is read is read again: half of the
old and half of the new would be a text that never was.
"""

from __future__ import annotations

import codecs
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from linewise.features.languages import (
    UnknownLanguageError,
    language_named,
    language_of_file_name,
    language_of_shebang,
)

from .attributes import NOTHING

if TYPE_CHECKING:
    from .files import Source

DEFAULT_MAX_BYTES = 10_000_000
_BINARY_PROBE_BYTES = 8_000
_SHEBANG_PROBE_BYTES = 200
# Single-byte encodings of comments and names stay below this share; other encodings do not.
_MAX_UNDECODABLE_SHARE = 0.1
_MAX_READINGS = 3
_BY_ATTRIBUTE = "by .gitattributes"
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_MAX_LFS_POINTER_BYTES = 1024
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_UTF16_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class SkipReason(StrEnum):
    """Why a file has no labels; the text is what the closing count says."""

    UNKNOWN_LANGUAGE = "no known language"
    BINARY = "binary"
    UNDECODABLE = "undecodable"
    TOO_LARGE = "too large"
    SYMBOLIC_LINK = "symbolic link"
    NOT_A_FILE = "not a regular file"
    LFS_POINTER = "git-LFS pointer"
    SUBMODULE = "submodule"
    GENERATED = "generated"
    VENDORED = "vendored"
    MINIFIED = "minified"
    CHANGING = "changing"
    NOT_LABELLED = "not labelled"
    UNREADABLE = "unreadable"


_FAILURES = frozenset((SkipReason.CHANGING, SkipReason.NOT_LABELLED, SkipReason.UNREADABLE))


@dataclass(frozen=True, slots=True)
class Text:
    """A file that was read.

    Attributes:
        source: where it was read.
        data: its bytes: UTF-8 but for stray ones.
        raw: its bytes as they were read, where they are of another encoding.
    """

    source: Source
    data: bytes
    raw: bytes | None = field(default=None, compare=False, repr=False)

    @property
    def original(self) -> bytes:
        """The bytes as they were read."""
        return self.data if self.raw is None else self.raw

    @property
    def encoding(self) -> str:
        """What the bytes that were read are taken for: ``utf-8``, ``utf-16-le`` or ``utf-16-be``."""
        return "utf-8" if self.raw is None else _UTF16_MARKS[self.raw[:2]]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not read, and why; ``detail`` says more where the reason alone does not tell."""

    source: Source
    reason: SkipReason
    detail: str = ""

    @property
    def is_failure(self) -> bool:
        """Whether it was asked for by name, or should have been readable."""
        return self.source.root is None or self.reason in _FAILURES


def reason_told(reason: str, detail: str | None) -> str:
    """A reason for people, with what says more of it: ``too large (12,345,678 bytes; see --max-bytes)``."""
    details = [detail] if detail else []
    if reason == SkipReason.TOO_LARGE:
        details.append("see --max-bytes")
    return f"{reason} ({'; '.join(details)})" if details else reason


class SkipError(Exception):
    """Carries a reason out of the steps of reading."""

    def __init__(self, reason: SkipReason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def read_source(source: Source, max_bytes: int = DEFAULT_MAX_BYTES) -> Text | Skipped:
    """Read one source.

    What was named itself is read whatever its language; what was met in a folder only if its name or its
    ``#!`` line tells a language that linewise knows.

    Args:
        source: the file, or standard input.
        max_bytes: how large it may be.
    """
    return text_of(source, lambda: _read_bytes(source, max_bytes), max_bytes)


def text_of(source: Source, read: Callable[[], bytes], max_bytes: int) -> Text | Skipped:
    """What some bytes are as source text.

    Args:
        source: where they come from.
        read: gives them, one more than the limit where they exceed it; raises OSError or SkipError.
        max_bytes: how many there may be.
    """
    try:
        raw = read()
        if len(raw) > max_bytes:
            raise SkipError(SkipReason.TOO_LARGE, f"over {max_bytes:,} bytes")
        if raw.startswith(_LFS_POINTER) and len(raw) <= _MAX_LFS_POINTER_BYTES:
            raise SkipError(SkipReason.LFS_POINTER)
        data = _as_utf8(raw)
    except SkipError as skip:
        return Skipped(source, skip.reason, skip.detail)
    except OSError as error:
        return Skipped(source, SkipReason.UNREADABLE, error.strerror or str(error))
    return Text(source, data, None if data is raw else raw)


def check_wanted(source: Source, start: bytes) -> None:
    """Raise SkipError unless a file of a folder is to be read.

    That is so if its attributes, its name, or the ``#!`` line that it starts with tell a language that linewise knows,
    and no attribute says that it is binary.
    """
    if source.attributes.binary:
        raise SkipError(SkipReason.BINARY, _BY_ATTRIBUTE)
    if source.attributes.language is not None:
        if language_told(source) is None:
            raise SkipError(SkipReason.UNKNOWN_LANGUAGE, f"{source.attributes.language} {_BY_ATTRIBUTE}")
    elif language_of_file_name(source.name) is None:
        first_line = start[:_SHEBANG_PROBE_BYTES].split(b"\n", 1)[0]
        if language_of_shebang(first_line) is None:
            raise SkipError(SkipReason.UNKNOWN_LANGUAGE)


def language_told(source: Source) -> str | None:
    """The language that a file's attributes name, None where they name none that linewise knows."""
    if source.attributes.language is None:
        return None
    try:
        return language_named(source.attributes.language).name
    except UnknownLanguageError:
        return None


def read_regular_file(path: str | Path, max_bytes: int, *, follow: bool) -> bytes | None:
    """At most ``max_bytes`` of a regular file; None where there is no such file or it cannot be read."""
    try:
        descriptor, _ = _open_regular(path, follow=follow)
    except (OSError, SkipError):
        return None
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(max_bytes)


def _read_bytes(source: Source, max_bytes: int) -> bytes:
    """At most one byte more than the limit, which tells that it is exceeded."""
    if source.is_standard_input:
        return sys.stdin.buffer.read(max_bytes + 1)
    met_in_folder = source.root is not None
    if source.root is not None:
        relative_to = "" if source.root.startswith(os.sep) else os.getcwd()
        # Not by `os.path`, whose functions take longer than the rest of this does.
        folder = source.path.rpartition(os.sep)[0] or os.sep
        if not _is_inside(folder, source.root, relative_to):
            raise SkipError(SkipReason.SYMBOLIC_LINK, "leads out of the folder")
    descriptor, before = _open_regular(source.path, follow=not met_in_folder)
    try:
        for _ in range(_MAX_READINGS):
            if met_in_folder and (source.attributes != NOTHING or language_of_file_name(source.name) is None):
                check_wanted(source, os.read(descriptor, _SHEBANG_PROBE_BYTES))
                os.lseek(descriptor, 0, os.SEEK_SET)
            if before.st_size > max_bytes:
                raise SkipError(SkipReason.TOO_LARGE, f"{before.st_size:,} bytes")
            data = _read_all(descriptor, before.st_size, max_bytes)
            after = os.fstat(descriptor)
            if _is_same(before, after, len(data)):
                return data
            before = after
            os.lseek(descriptor, 0, os.SEEK_SET)
    finally:
        os.close(descriptor)
    raise SkipError(SkipReason.CHANGING, "while it was read")


def _read_all(descriptor: int, n_bytes: int, max_bytes: int) -> bytes:
    """A file of so many bytes, or more where it grew, but not more than one byte over the limit."""
    # What the kernel makes up says that it is empty. Room for the largest file, made for every small one, would take
    # longer than reading.
    left = n_bytes + 1 if n_bytes else max_bytes + 1
    chunks: list[bytes] = []
    while left and (chunk := os.read(descriptor, left)):
        chunks.append(chunk)
        left -= len(chunk)
        if n_bytes and left <= 1:
            break  # it is all there, and its state will tell if there is more
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _is_same(before: os.stat_result, after: os.stat_result, n_read: int) -> bool:
    """Whether a file stayed the same while it was read. Files that the kernel makes up say that they are empty."""
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        return False
    return after.st_size in (0, n_read)


def _open_regular(path: str | Path, *, follow: bool) -> tuple[int, os.stat_result]:
    """Open a regular file; its descriptor, and its state by then. Raises OSError, or SkipError for anything else."""
    # Looked at before it is opened, for opening alone wakes some devices; and again after, for it may be
    # another by then.
    found = os.stat(path, follow_symlinks=follow)
    if stat.S_ISLNK(found.st_mode):
        raise SkipError(SkipReason.SYMBOLIC_LINK)
    if stat.S_ISDIR(found.st_mode):
        raise SkipError(SkipReason.UNREADABLE, "the folder cannot be listed")
    if not stat.S_ISREG(found.st_mode):
        raise SkipError(SkipReason.NOT_A_FILE)
    descriptor = os.open(path, _FLAGS if follow else _FLAGS | _NO_FOLLOW)
    opened = os.fstat(descriptor)
    if not stat.S_ISREG(opened.st_mode):
        os.close(descriptor)
        raise SkipError(SkipReason.NOT_A_FILE)
    return descriptor, opened


@lru_cache(maxsize=4096)
def _is_inside(folder: str, root: str, working_folder: str) -> bool:
    """Whether a folder's real place is in another; what they may be relative to is part of what is remembered."""
    if _has_no_link(folder, root, working_folder):
        return True
    real_root = _real_place(os.path.join(working_folder, root))
    return f"{_real_place(os.path.join(working_folder, folder))}{os.sep}".startswith(real_root.rstrip(os.sep) + os.sep)


@lru_cache(maxsize=4096)
def _has_no_link(folder: str, root: str, working_folder: str) -> bool:
    """Whether a folder's path leads from the root downwards, through no link; with one look at each folder."""
    above, _, name = folder.rpartition(os.sep)
    if len(folder) <= len(root):
        return folder.rstrip(os.sep) == root.rstrip(os.sep)
    if name in ("", os.curdir, os.pardir) or not _has_no_link(above, root, working_folder):
        return False
    try:
        return not stat.S_ISLNK(os.lstat(folder).st_mode)
    except OSError:
        return False


@lru_cache(maxsize=4096)
def _real_place(folder: str) -> str:
    """As `os.path.realpath` of an absolute path, which looks at every folder above it each time."""
    above, name = os.path.split(folder)
    if name in ("", os.curdir, os.pardir) or os.path.islink(folder):
        return os.path.realpath(folder)
    return os.path.join(_real_place(above), name)


def _as_utf8(data: bytes) -> bytes:
    """The bytes as UTF-8; UTF-16 with its mark is recoded. Raises SkipError for what is no text."""
    encoding = _UTF16_MARKS.get(data[:2])
    if encoding is not None:
        try:
            return data[2:].decode(encoding).encode()
        except UnicodeDecodeError as error:
            raise SkipError(SkipReason.UNDECODABLE, f"not {encoding} as it claims") from error
    if b"\0" in data[:_BINARY_PROBE_BYTES]:
        raise SkipError(SkipReason.BINARY)
    if not data.isascii() and _undecodable_share(data) > _MAX_UNDECODABLE_SHARE:
        raise SkipError(SkipReason.UNDECODABLE, "not UTF-8")
    return data


def _undecodable_share(data: bytes) -> float:
    try:
        data.decode()
    except UnicodeDecodeError:
        return (len(data) - len(data.decode(errors="ignore").encode())) / len(data)
    return 0.0
