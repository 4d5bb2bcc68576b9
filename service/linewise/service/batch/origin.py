"""Which repository a file is of, and at which commit."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..files import Source
from ..git import GitError, run_git
from ..revisions import commit_of


@dataclass(frozen=True, slots=True)
class Origin:
    """A repository's name, and the hash of the commit that is labelled or checked out; None outside repositories."""

    repo: str | None = None
    commit: str | None = None


class Origins:
    """The origins met so far; git is asked once for each repository.

    A work tree's files may differ from the commit that is checked out there: their blob hashes say what they are.
    """

    def __init__(self, revision: str | None) -> None:
        """``revision``: the one that is labelled, None for the files of the work tree."""
        self._revision = revision
        self._known: dict[Origin, int] = {Origin(): 0}
        self._of_folder: dict[str, int] = {}
        self._met: dict[tuple[str, str], int] = {}
        self._absolute: dict[str, str] = {}

    def all(self) -> tuple[Origin, ...]:
        """Every origin, by index."""
        return tuple(self._known)

    def of(self, source: Source) -> int:
        """The index of the origin of a source that was met in a folder."""
        assert source.root is not None
        root = source.root
        # Not by `os.path`, whose functions take longer than all the rest does for a file.
        folder = root if source.blob is not None else source.path.rpartition(os.sep)[0] or os.sep
        index = self._met.get((folder, root))
        if index is None:
            if root not in self._absolute:
                self._absolute[root] = os.path.abspath(root)
            top, below = self._absolute[root], folder[len(root) :].strip(os.sep)
            index = self._met[folder, root] = self._nearest(
                f"{top.rstrip(os.sep)}{os.sep}{below}" if below else top, top
            )
        return index

    def of_file(self, path: str) -> int:
        """The index of the origin of a file that was named itself."""
        return self._remembered(os.path.dirname(os.path.abspath(path)))

    def _nearest(self, folder: str, root: str) -> int:
        """The origin of a folder: its own if it is a repository's top, else that of the folder around it."""
        climbed = []
        # What is called so and leads nowhere makes no repository, so links may be followed, which costs less here.
        while folder not in self._of_folder and folder != root and not os.access(f"{folder}{os.sep}.git", os.F_OK):
            climbed.append(folder)
            folder = folder.rpartition(os.sep)[0] or os.sep
        index = self._remembered(folder)
        self._of_folder.update(dict.fromkeys(climbed, index))
        return index

    def _remembered(self, folder: str) -> int:
        if folder not in self._of_folder:
            origin = self._ask_git(Path(folder))
            self._of_folder[folder] = self._known.setdefault(origin, len(self._known))
        return self._of_folder[folder]

    def _ask_git(self, folder: Path) -> Origin:
        try:
            top = run_git(folder, "rev-parse", "--show-toplevel")
        except GitError:
            try:
                top = run_git(folder, "rev-parse", "--absolute-git-dir")
            except GitError:
                return Origin()
        try:
            commit = commit_of(folder, self._revision or "HEAD")
        except GitError:
            commit = None
        name = os.path.basename(os.fsdecode(top.removesuffix(b"\n"))).removesuffix(".git")
        return Origin(name.encode("utf-8", "backslashreplace").decode() or None, commit)
