"""Where a command's output goes: standard output, or a file that appears whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

TEMPORARY_SUFFIX = ".tmp"


@contextmanager
def open_output(path: Path | None) -> Iterator[BinaryIO]:
    """A stream to write to: standard output for None, else a new file that takes the path's place at the end.

    When the block is left by an exception, the path is as it was before. What is no regular file
    (``/dev/null``, a FIFO) is written to directly, since it cannot be replaced.

    Raises:
        OSError: the file cannot be written.
    """
    if path is None:
        yield sys.stdout.buffer
        return
    target = path.resolve()
    if target.exists() and not target.is_file():
        with target.open("wb") as stream:
            yield stream
        return
    with replacing(target) as stream:
        yield stream


def write_all(stream: BinaryIO, data: bytes) -> None:
    """Write all of the data, also to a raw stream, whose ``write`` may take only a part of it.

    Standard output is such a stream where ``PYTHONUNBUFFERED`` is set, as it often is in containers.
    """
    rest = memoryview(data)
    while rest:
        rest = rest[stream.write(rest) :]


@contextmanager
def replacing(target: Path, scratch: Path | None = None) -> Iterator[BinaryIO]:
    """A stream to a new file that takes the target's place at the end, and is on the disk by then.

    When the block is left by an exception, the target is as it was before.

    Args:
        target: the file that is to be.
        scratch: the folder of the new file until then, in the same file system; None for the target's own.

    Raises:
        OSError: the file cannot be written.
    """
    # Beside the target, for a rename is atomic only within one file system; created with the mode that any
    # new file gets, and refused if the name exists, so that nothing of anyone else's is overwritten.
    temporary = (scratch or target.parent) / f".{target.name[:40]}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}"
    try:
        with temporary.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
        sync_folder(target.parent)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def sync_folder(folder: Path) -> None:
    """Bring a folder's entries to the disk, where the system knows how to: without it a rename may be lost."""
    flags = getattr(os, "O_DIRECTORY", None)
    if flags is None:
        return
    descriptor = os.open(folder, os.O_RDONLY | flags)
    try:
        # Some file systems sync no folders, and say so.
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
