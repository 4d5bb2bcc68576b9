"""Which files a command is to read: the paths that were named, and what the named folders hold.

A folder inside a git work tree holds what git lists there: tracked files and untracked ones that no rule
ignores. Any other folder is walked, and its ``.gitignore`` files, nested ones included, are obeyed.
Symbolic links met in a folder are never followed, so no file outside it is read. Names are those of the
file system: bytes that are no UTF-8 are carried as surrogate escapes.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from .attributes import NOTHING, Attributes, attributes_of
from .git import GitError, run_git
from .reading import read_regular_file

STANDARD_INPUT = "-"
_VERSION_CONTROL = frozenset((".git", ".hg", ".svn", ".bzr", ".jj"))
_IGNORE_FILE = ".gitignore"
_MAX_IGNORE_FILE_BYTES = 1_000_000
# In the library's expressions: the slash behind what a rule names, and a rule that names every folder.
_FOLDER_MARK = "ps_d"
_ANY_FOLDER = f"(?P<{_FOLDER_MARK}>/)"


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
        attributes: what ``.gitattributes`` say of it.
    """

    path: str
    name: str
    root: str | None = None
    blob: Blob | None = None
    attributes: Attributes = NOTHING

    @property
    def is_standard_input(self) -> bool:
        """Whether it stands for standard input."""
        return self.root is None and self.name == STANDARD_INPUT


def path_in_root(source: Source) -> str:
    """Where a source is below the folder in whose walk it was met; the bare file name of what was named itself."""
    if source.root is None:
        return os.path.basename(source.path)
    return source.path.removeprefix(source.root).lstrip(os.sep).replace(os.sep, "/")


def find_sources(paths: Iterable[str]) -> list[Source]:
    """Everything to read for some paths of the command line, in order; a folder's files are sorted by name.

    Args:
        paths: files, folders, and ``-`` for standard input. They need not exist: reading them will tell.
    """
    return [source for name in paths for source in sources_of(name)]


def sources_of(name: str) -> Iterator[Source]:
    """Everything to read for one path of the command line, as `find_sources`."""
    if name == STANDARD_INPUT or not os.path.isdir(name):
        yield Source(name, name)
        return
    listed = list_folder(Path(name))
    attributes = attributes_of(Path(name), listed)
    if not attributes:
        yield from (met_in(name, name, relative) for relative in listed)
        return
    for relative in listed:
        yield met_in(name, name, relative, attributes=attributes.get(relative, NOTHING))


def met_in(root: str, name: str, relative: str, blob: Blob | None = None, attributes: Attributes = NOTHING) -> Source:
    """The source that is met in a folder.

    Args:
        root: where the folder is.
        name: how it was named.
        relative: where the source is below it.
        blob: what is to be read, if it is not the file.
        attributes: what is said of it.
    """
    return Source(_inside(root) + relative, shown_name(name, relative), root, blob, attributes)


def shown_name(name: str, relative: str) -> str:
    """What a file of a folder is called in the output, by the folder's name as it was given.

    A trailing slash or `./` of that is kept out, `..` and absolute paths are kept.

    Args:
        name: the folder's name.
        relative: the file's path below it, with nothing in it that could be left out; ``.`` for the folder itself.
    """
    folder = _normal(name)
    if relative == os.curdir:
        return folder
    return relative if folder == os.curdir else _inside(folder) + relative


# Both are remembered, since they take long and are asked for each file of a folder.
@lru_cache(maxsize=256)
def _normal(name: str) -> str:
    return os.path.normpath(name)


@lru_cache(maxsize=256)
def _inside(folder: str) -> str:
    """What the paths of a folder's files begin with."""
    return os.path.join(folder, "")


def list_folder(folder: Path) -> list[str]:
    """The files of a folder, as paths relative to it, sorted; links and devices are listed, not followed."""
    found: list[str] = []
    listed = _list_by_git(folder)
    if listed is None:
        return sorted(_walk(folder))
    beginning = _inside(os.fspath(folder))
    for relative in listed:
        try:
            mode = os.lstat(beginning + relative).st_mode
        except OSError:
            continue  # deleted from the work tree, and listed still
        # git lists a submodule, or another repository inside this one, as one entry.
        if stat.S_ISDIR(mode):
            found.extend(os.path.join(relative, inner) for inner in list_folder(folder / relative))
        else:
            found.append(relative)
    return sorted(found)


def _list_by_git(folder: Path) -> list[str] | None:
    """What git lists in a folder, with files that are gone from it.

    None where it is in no work tree, or the one around it ignores it.
    """
    listed = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is None:
        return None
    names = [os.fsdecode(name).rstrip("/") for name in listed.split(b"\0") if name]
    # Whoever names an ignored folder (a virtual environment, say) wants its files nonetheless.
    if not names and _git(folder, "check-ignore", "-q", ".") is not None:
        return None
    # A file in conflict is listed once a side; a submodule that was never fetched lists itself.
    return [name for name in dict.fromkeys(names) if name != "."]


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What a git command writes in a folder, or None where it fails or there is no git."""
    try:
        return run_git(folder, *arguments)
    except GitError:
        return None


@dataclass(frozen=True, slots=True)
class _IgnoreRules:
    """The rules of one ``.gitignore``, and what paths below its folder begin with: nothing, or ``src/``."""

    prefix: str
    rules: tuple[tuple[re.Pattern[str], bool], ...]

    def verdict(self, below: str) -> bool | None:
        """What the last rule that names an entry says, True to ignore it; None where no rule does.

        A rule that names the folder around an entry says nothing of the entry: whether that is entered at all has
        been settled before, perhaps by another file's rule.

        Args:
            below: the entry's path below the rules' folder, a folder's with ``/`` at its end.
        """
        for pattern, ignores in reversed(self.rules):
            found = pattern.search(below)
            if found is None:
                continue
            whole = found.end() == len(below)
            if pattern.pattern == _ANY_FOLDER:
                names_it = below.endswith("/")
            elif _FOLDER_MARK in pattern.groupindex:
                names_it = whole or found[_FOLDER_MARK] is None
            else:
                # `src/**` names what is in the folder, not the folder.
                names_it = not (whole and found[0].endswith("/"))
            if names_it:
                return ignores
        return None


def _walk(root: Path) -> Iterator[str]:
    """The files below a folder that no ignore rule names, relative to it, in no particular order."""
    waiting: list[tuple[str, tuple[_IgnoreRules, ...]]] = [("", ())]
    beginning = _inside(os.fspath(root))
    while waiting:
        prefix, rules = waiting.pop()
        folder = beginning + prefix
        try:
            with os.scandir(folder) as found:
                entries = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in found]
        except OSError:
            # Listed as if it were a file, so that reading it reports that it cannot be read.
            yield prefix.rstrip(os.sep) or os.curdir
            continue
        if (_IGNORE_FILE, False) in entries and (own := _rules_of(folder)):
            rules = (*rules, _IgnoreRules(prefix, own))
        for name, is_folder in entries:
            relative = prefix + name
            if (is_folder and name in _VERSION_CONTROL) or (rules and _is_ignored(relative, is_folder, rules)):
                continue
            if is_folder:
                waiting.append((relative + os.sep, rules))
            else:
                yield relative


def _rules_of(folder: str) -> tuple[tuple[re.Pattern[str], bool], ...]:
    """The rules that a folder's ``.gitignore`` holds, and whether each ignores; none where it cannot be read."""
    content = read_regular_file(os.path.join(folder, _IGNORE_FILE), _MAX_IGNORE_FILE_BYTES, follow=False)
    if content is None:
        return ()
    # As git reads it: a mark at the start and `\r` at a line's end are no part of a rule.
    lines = [line.removesuffix("\r") for line in _bytewise(content.removeprefix(codecs.BOM_UTF8)).split("\n")]
    patterns = [pattern for line in lines for pattern in _patterns(line)]
    return tuple((one.regex, one.include) for one in patterns if one.regex is not None and one.include is not None)


def _bytewise(data: bytes) -> str:
    """One character for each byte, for git's ``?`` and ``[a]`` stand for a byte each."""
    return data.decode("latin-1")


def _patterns(line: str) -> Sequence[GitIgnoreSpecPattern]:
    """The pattern of a line, none where it has no rule."""
    if line.endswith("/**/"):
        # To git these are the folders below, to the library all that is there.
        line = f"{line}*/"
    try:
        return list(GitIgnoreSpec.from_lines([line]).patterns)
    except ValueError:
        # git passes over a malformed rule.
        return []


def _is_ignored(relative: str, is_folder: bool, rules: tuple[_IgnoreRules, ...]) -> bool:
    """Whether the nearest rule that speaks of a path ignores it."""
    for rule in reversed(rules):
        below = relative.removeprefix(rule.prefix).replace(os.sep, "/")
        verdict = rule.verdict(_bytewise(os.fsencode(below)) + ("/" if is_folder else ""))
        if verdict is not None:
            return verdict
    return False
