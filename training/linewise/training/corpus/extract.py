"""Unpacking: the files of an archive as a stream of paths and bytes, without writing any of them to disk.

Nothing is written, so no path can escape; unsafe paths, links and devices are left out all the same, because a
path is also a file's name in the corpus. Paths are relative to the unpacked root: the archive without its one top
folder (npm, source distributions, Debian source), or as they stand (wheels; Debian binary packages begin at
``usr/``).
"""

from __future__ import annotations

import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import IO

from linewise.training.corpus.manifest import Registry


class ArchiveError(RuntimeError):
    """An archive cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """One regular file in an archive: its path from the unpacked root, its size in bytes, and how to read it.

    ``read`` works only until the iterator moves on; until then, as often as one likes.
    """

    path: str
    size: int
    read: Callable[[], bytes]


def archived_files(archive: Path, registry: Registry) -> Iterator[ArchivedFile]:
    """The regular files of one downloaded archive, in its order.

    Raises:
        ArchiveError: where the archive is broken or of an unknown kind.
    """
    try:
        if archive.suffix in (".whl", ".zip"):
            yield from _zip_files(archive)
        elif archive.suffix == ".deb":
            yield from _deb_files(archive)
        elif ".tar" in archive.name or archive.suffix == ".tgz":
            # Debian names a further tarball of one source `NAME_VERSION.orig-COMPONENT.tar.xz`, and unpacks it there.
            component = archive.name.partition(".orig-")[2].partition(".tar")[0]
            depth = 1 if registry is not Registry.DEBIAN_SOURCE or has_one_top_folder(archive) else 0
            with tarfile.open(archive, "r|*") as stream:
                yield from _tar_files(stream, depth, component)
        else:
            raise ArchiveError(f"{archive.name}: no known kind of archive")
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise ArchiveError(f"{archive.name}: {error}") from error


def safe_path(name: str, depth: int = 0) -> str | None:
    """A member's name as a relative path without its first ``depth`` folders, or None where it is unsafe or empty."""
    if name.startswith("/") or "\\" in name or "\0" in name:
        return None
    parts = PurePosixPath(name).parts
    if ".." in parts or len(parts) <= depth:
        return None
    return "/".join(parts[depth:])


def has_one_top_folder(archive: Path) -> bool:
    """Whether the first members of a tarball lie in one folder. A second top folder far behind is not looked for."""
    tops: set[str] = set()
    with tarfile.open(archive, "r|*") as stream:
        for count, member in enumerate(stream):
            path = safe_path(member.name)
            if path and (member.isfile() or "/" in path):
                tops.add(path.split("/")[0] if "/" in path else "")
            if len(tops) > 1 or count > 2000:
                break
    return len(tops) == 1 and "" not in tops


def _tar_files(stream: tarfile.TarFile, depth: int, prefix: str = "") -> Iterator[ArchivedFile]:
    for member in stream:
        path = safe_path(member.name, depth)
        if path is None or not member.isfile():
            continue

        @cache  # a stream cannot be read twice
        def read(member: tarfile.TarInfo = member) -> bytes:
            content = stream.extractfile(member)
            return content.read() if content else b""

        yield ArchivedFile(f"{prefix}/{path}" if prefix else path, member.size, read)


def _zip_files(archive: Path) -> Iterator[ArchivedFile]:
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            path = safe_path(entry.filename)
            is_link = entry.external_attr >> 16 & 0o170000 == 0o120000
            if path is None or entry.is_dir() or is_link:
                continue

            def read(entry: zipfile.ZipInfo = entry) -> bytes:
                return opened.read(entry)

            yield ArchivedFile(path, entry.file_size, read)


def _deb_files(archive: Path) -> Iterator[ArchivedFile]:
    command = ["dpkg-deb", "--fsys-tarfile", str(archive)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        output: IO[bytes] | None = process.stdout
        try:
            with tarfile.open(fileobj=output, mode="r|") as stream:
                yield from _tar_files(stream, 0)
        finally:
            process.terminate()
