"""Which files a command is to read: the paths that were named, and what the named folders hold.

A folder inside a git work tree holds what git lists there: tracked files and untracked ones that no rule
ignores. Any other folder is walked, and its ``.gitignore`` files, nested ones included, are obeyed.
Symbolic links met in a folder are never followed, so no file outside it is read. Names are those of the
file system: bytes that are no UTF-8 are carried as surrogate escapes.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from .git import GitError, run_git
from .reading import read_regular_file

STANDARD_INPUT = "-"
_VERSION_CONTROL = frozenset((".git", ".hg", ".svn", ".bzr", ".jj"))
_IGNORE_FILE = ".gitignore"
_MAX_IGNORE_FILE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Blob:
    """A file as one commit of a repository has it: its mode there, its object's hash, and the size if it is a file."""

    mode: int
    object_name: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to read: where it is, the name that it has in the output, and how it was found.

    Attributes:
        path: where it is; for what a commit has, where it would be if the commit were checked out.
        name: what it is called in the output.
        root: the folder in whose walk it was met, None for what was named itself.
        blob: what is to be read of the repository that ``root`` lies in, instead of the path.
    """

    path: Path
    name: str
    root: Path | None = None
    blob: Blob | None = None

    @property
    def is_standard_input(self) -> bool:
        """Whether it stands for standard input."""
        return self.root is None and self.name == STANDARD_INPUT


def path_in_root(source: Source) -> str:
    """Where a source is below the folder in whose walk it was met; the bare file name of what was named itself."""
    if source.root is None:
        return source.path.name
    # Of paths that were joined from these two, which `Path.relative_to` would take apart at length.
    path, root = source.path.as_posix(), source.root.as_posix()
    return path if root == "." else path.removeprefix(root).removeprefix("/")


def find_sources(paths: Iterable[str]) -> list[Source]:
    """Everything to read for some paths of the command line, in order; a folder's files are sorted by name.

    Args:
        paths: files, folders, and ``-`` for standard input. They need not exist: reading them will tell.
    """
    return [source for name in paths for source in sources_of(name)]


def sources_of(name: str) -> Iterator[Source]:
    """Everything to read for one path of the command line, as `find_sources`."""
    path = Path(name)
    if name == STANDARD_INPUT or not path.is_dir():
        yield Source(path, name)
        return
    for relative in list_folder(path):
        yield Source(path / relative, shown_name(name, relative), root=path)


def shown_name(name: str, relative: str) -> str:
    """What a file of a folder is called in the output, by the folder's name as it was given.

    A trailing slash or `./` of that is kept out, `..` and absolute paths are kept.
    """
    return os.path.normpath(os.path.join(name, relative))


def list_folder(folder: Path) -> list[str]:
    """The files of a folder, as paths relative to it, sorted; links and devices are listed, not followed."""
    found: list[str] = []
    listed = _list_by_git(folder)
    if listed is None:
        return sorted(_walk(folder))
    for relative in listed:
        path = folder / relative
        # git lists a submodule, or another repository inside this one, as one entry.
        if path.is_dir() and not path.is_symlink():
            found.extend(os.path.join(relative, inner) for inner in list_folder(path))
        else:
            found.append(relative)
    return sorted(found)


def _list_by_git(folder: Path) -> list[str] | None:
    """What git lists in a folder; None where it is in no work tree, or the one around it ignores it."""
    listed = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is None:
        return None
    names = [os.fsdecode(name).rstrip("/") for name in listed.split(b"\0") if name]
    # Whoever names an ignored folder (a virtual environment, say) wants its files nonetheless.
    if not names and _git(folder, "check-ignore", "-q", ".") is not None:
        return None
    # A file in conflict is listed once a side; one that was deleted from the work tree is listed still; a
    # submodule that was never fetched lists itself.
    return [name for name in dict.fromkeys(names) if name != "." and os.path.lexists(folder / name)]


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What a git command writes in a folder, or None where it fails or there is no git."""
    try:
        return run_git(folder, *arguments)
    except GitError:
        return None


@dataclass(frozen=True, slots=True)
class _IgnoreRules:
    """The rules of one ``.gitignore`` and the folder that they are relative to."""

    folder: Path
    spec: GitIgnoreSpec


def _walk(root: Path) -> Iterator[str]:
    """The files below a folder that no ignore rule names, relative to it, in no particular order."""
    waiting: list[tuple[Path, tuple[_IgnoreRules, ...]]] = [(root, ())]
    while waiting:
        folder, rules = waiting.pop()
        own = _rules_of(folder)
        rules = (*rules, own) if own else rules
        try:
            entries = list(os.scandir(folder))
        except OSError:
            # Listed as if it were a file, so that reading it reports that it cannot be read.
            yield os.path.relpath(folder, root)
            continue
        for entry in entries:
            path = folder / entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if (is_folder and entry.name in _VERSION_CONTROL) or _is_ignored(path, is_folder, rules):
                continue
            if is_folder:
                waiting.append((path, rules))
            else:
                yield os.path.relpath(path, root)


def _rules_of(folder: Path) -> _IgnoreRules | None:
    content = read_regular_file(folder / _IGNORE_FILE, _MAX_IGNORE_FILE_BYTES, follow=False)
    if content is None:
        return None
    # As git reads it: a mark at the start and `\r` at a line's end are no part of a rule.
    lines = [line.removesuffix("\r") for line in _bytewise(content.removeprefix(codecs.BOM_UTF8)).split("\n")]
    lines = [line for line in lines if _is_pattern(line)]
    return _IgnoreRules(folder, GitIgnoreSpec.from_lines(lines))


def _bytewise(data: bytes) -> str:
    """One character for each byte, for git's ``?`` and ``[a]`` stand for a byte each."""
    return data.decode("latin-1")


def _is_pattern(line: str) -> bool:
    # git passes over a malformed rule; the library refuses the whole file.
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _is_ignored(path: Path, is_folder: bool, rules: tuple[_IgnoreRules, ...]) -> bool:
    """Whether the nearest rule that speaks of a path ignores it."""
    for rule in reversed(rules):
        relative = _bytewise(os.fsencode(path.relative_to(rule.folder).as_posix())) + ("/" if is_folder else "")
        verdict = rule.spec.check_file(relative).include
        if verdict is not None:
            return verdict
    return False
