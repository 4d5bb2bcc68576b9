"""Reading one file as source text, or saying why it is none.

Only regular files are ever opened: a FIFO would block, a device would never end. A file met in a folder is
read only where its real place is inside that folder.
"""

from __future__ import annotations

import codecs
import os
import stat
import sys
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from linewise.features.languages import language_of_file_name, language_of_shebang

if TYPE_CHECKING:
    from .files import Source

DEFAULT_MAX_BYTES = 10_000_000
_BINARY_PROBE_BYTES = 8_000
_SHEBANG_PROBE_BYTES = 200
# Single-byte encodings of comments and names stay below this share; other encodings do not.
_MAX_UNDECODABLE_SHARE = 0.1
_UTF16_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class SkipReason(StrEnum):
    """Why a file has no labels; the text is what the closing count says."""

    UNKNOWN_LANGUAGE = "no known language"
    BINARY = "binary"
    UNDECODABLE = "undecodable"
    TOO_LARGE = "too large"
    SYMBOLIC_LINK = "symbolic link"
    NOT_A_FILE = "not a regular file"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Text:
    """A file that was read, and its bytes: UTF-8 but for stray ones."""

    source: Source
    data: bytes


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not read, and why; ``detail`` says more where the reason alone does not tell."""

    source: Source
    reason: SkipReason
    detail: str = ""


class _SkipError(Exception):
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
    try:
        data = _read_bytes(source, max_bytes)
        if len(data) > max_bytes:
            raise _SkipError(SkipReason.TOO_LARGE, f"over {max_bytes:,} bytes")
        data = _as_utf8(data)
    except _SkipError as skip:
        return Skipped(source, skip.reason, skip.detail)
    except OSError as error:
        return Skipped(source, SkipReason.UNREADABLE, error.strerror or str(error))
    return Text(source, data)


def read_regular_file(path: Path, max_bytes: int, *, follow: bool) -> bytes | None:
    """At most ``max_bytes`` of a regular file; None where there is no such file or it cannot be read."""
    try:
        descriptor = _open_regular(path, follow=follow)
    except (OSError, _SkipError):
        return None
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(max_bytes)


def _read_bytes(source: Source, max_bytes: int) -> bytes:
    """At most one byte more than the limit, which tells that it is exceeded."""
    if source.is_standard_input:
        return sys.stdin.buffer.read(max_bytes + 1)
    met_in_folder = source.root is not None
    if source.root is not None and not _is_inside(os.path.dirname(source.path), os.fspath(source.root), os.getcwd()):
        raise _SkipError(SkipReason.SYMBOLIC_LINK, "leads out of the folder")
    with os.fdopen(_open_regular(source.path, follow=not met_in_folder), "rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if met_in_folder and language_of_file_name(source.name) is None:
            start = stream.read(_SHEBANG_PROBE_BYTES)
            if language_of_shebang(start.split(b"\n", 1)[0]) is None:
                raise _SkipError(SkipReason.UNKNOWN_LANGUAGE)
            stream.seek(0)
        if size > max_bytes:
            raise _SkipError(SkipReason.TOO_LARGE, f"{size:,} bytes")
        return stream.read(max_bytes + 1)


def _open_regular(path: Path, *, follow: bool) -> int:
    """Open a regular file and return its descriptor; raises OSError, or _SkipError for anything else."""
    # Looked at before it is opened, for opening alone wakes some devices; and again after, for it may be
    # another by then.
    found = path.stat() if follow else path.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise _SkipError(SkipReason.SYMBOLIC_LINK)
    if stat.S_ISDIR(found.st_mode):
        raise _SkipError(SkipReason.UNREADABLE, "the folder cannot be listed")
    if not stat.S_ISREG(found.st_mode):
        raise _SkipError(SkipReason.NOT_A_FILE)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags if follow else flags | getattr(os, "O_NOFOLLOW", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _SkipError(SkipReason.NOT_A_FILE)
    return descriptor


@lru_cache(maxsize=4096)
def _is_inside(folder: str, root: str, working_folder: str) -> bool:
    """Whether a folder's real place is in another; what they may be relative to is part of what is remembered."""
    real_root = os.path.realpath(os.path.join(working_folder, root))
    return Path(os.path.realpath(os.path.join(working_folder, folder))).is_relative_to(real_root)


def _as_utf8(data: bytes) -> bytes:
    """The bytes as UTF-8; UTF-16 with its mark is recoded. Raises _SkipError for what is no text."""
    encoding = _UTF16_MARKS.get(data[:2])
    if encoding is not None:
        try:
            return data[2:].decode(encoding).encode()
        except UnicodeDecodeError as error:
            raise _SkipError(SkipReason.UNDECODABLE, f"not {encoding} as it claims") from error
    if b"\0" in data[:_BINARY_PROBE_BYTES]:
        raise _SkipError(SkipReason.BINARY)
    if not data.isascii() and _undecodable_share(data) > _MAX_UNDECODABLE_SHARE:
        raise _SkipError(SkipReason.UNDECODABLE, "not UTF-8")
    return data


def _undecodable_share(data: bytes) -> float:
    try:
        data.decode()
    except UnicodeDecodeError:
        return (len(data) - len(data.decode(errors="ignore").encode())) / len(data)
    return 0.0
