"""Files as a commit has them, out of the object database, and the files that changed since a commit.

Nothing is checked out, and no filter or attribute is applied: a file is what its blob holds.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from .attributes import NOTHING, attributes_of
from .files import Blob, Source, met_in, path_in_root, sources_of
from .git import GitError, ObjectReader, run_git
from .reading import SkipError, Skipped, SkipReason, Text, check_wanted, read_source, text_of

_SUBMODULE_MODE = 0o160000


def commit_of(folder: Path, revision: str) -> str:
    """The hash of the commit that a revision names in the repository that a folder lies in; raises GitError."""
    name = f"{revision}^{{commit}}"
    try:
        return run_git(folder, "rev-parse", "--verify", "--end-of-options", name).decode().strip()
    except GitError as error:
        raise GitError(f"no commit {revision!r} in {os.fspath(folder)}: {error}") from error


def sources_of_commit(name: str, commit: str) -> Iterator[Source]:
    """The files that a commit has in a folder, sorted by name, those included that can't be read.

    Args:
        name: the folder, which may be a repository without work tree.
        commit: hash of the commit.

    Raises:
        GitError: there is no such commit, or the folder is in no repository.
    """
    listed = run_git(Path(name), "ls-tree", "-r", "-z", "--long", commit)
    entries = []
    for entry in filter(None, listed.split(b"\0")):
        head, _, path = entry.partition(b"\t")
        mode, _, object_name, size = head.split()
        blob = Blob(int(mode, 8), object_name.decode(), int(size) if size.isdigit() else None)
        entries.append((os.fsdecode(path), blob))
    attributes = attributes_of(Path(name), [relative for relative, _ in entries], commit)
    for relative, blob in sorted(entries, key=lambda entry: entry[0]):
        yield met_in(name, name, relative, blob, attributes.get(relative, NOTHING))


def find_changed(paths: Sequence[str], revision: str | None, since: str | None) -> Iterator[Source]:
    """Everything to read for some paths of the command line, as `files.find_sources`, from a commit or since one.

    Args:
        paths: folders of repositories, if there is a revision at all.
        revision: names the commit whose files are read; None for those of the work tree.
        since: names the commit since which files must have changed; None for all files.

    Raises:
        GitError: a path lies in no repository, is no folder, or a revision names no commit there.
    """
    for name in paths:
        folder = Path(name)
        if (revision or since) and not folder.is_dir():
            raise GitError(f"{name} is no folder, and so has no revisions to choose from")
        commit = commit_of(folder, revision) if revision else None
        sources = sources_of_commit(name, commit) if commit else sources_of(name)
        if since:
            changed = changed_files(folder, commit_of(folder, since), commit)
            yield from (source for source in sources if path_in_root(source) in changed)
        else:
            yield from sources


def changed_files(folder: Path, since: str, until: str | None) -> set[str]:
    """The files of a folder that differ between two commits, by their paths in the folder.

    Args:
        folder: a folder of a repository.
        since: hash of the earlier commit.
        until: hash of the later one; None for the work tree, with the files that git does not know yet.

    Raises:
        GitError: git fails.
    """
    found = ["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--relative", since]
    listed = run_git(folder, *found, *([until] if until else []), "--")
    if until is None:
        listed += run_git(folder, "ls-files", "-z", "--others", "--exclude-standard")
    return {os.fsdecode(name) for name in listed.split(b"\0") if name}


class SourceReader:
    """Reads sources, whether they are files or blobs; a context manager, for it keeps git running."""

    def __init__(self) -> None:
        self._repositories: dict[str, ObjectReader] = {}

    def __call__(self, source: Source, max_bytes: int) -> Text | Skipped:
        """Read one source, as `reading.read_source`."""
        blob = source.blob
        if blob is None:
            return read_source(source, max_bytes)
        return text_of(source, lambda: self._read(source, blob, max_bytes), max_bytes)

    def _read(self, source: Source, blob: Blob, max_bytes: int) -> bytes:
        if blob.mode == _SUBMODULE_MODE:
            raise SkipError(SkipReason.SUBMODULE)
        if stat.S_ISLNK(blob.mode):
            raise SkipError(SkipReason.SYMBOLIC_LINK)
        if blob.size is not None and blob.size > max_bytes:
            raise SkipError(SkipReason.TOO_LARGE, f"{blob.size:,} bytes")
        assert source.root is not None
        repository = self._repositories.get(source.root)
        try:
            if repository is None:
                repository = self._repositories[source.root] = ObjectReader(Path(source.root))
            data = repository.read(blob.object_name)
        except GitError as error:
            raise SkipError(SkipReason.UNREADABLE, str(error)) from error
        check_wanted(source, data)
        return data

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for repository in self._repositories.values():
            repository.close()
        self._repositories.clear()
