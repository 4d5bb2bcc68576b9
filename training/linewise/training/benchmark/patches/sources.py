"""The changes to judge by: steps between versions, and edited files, each as a git repository with two commits."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from linewise.features.languages import LANGUAGE_NAMES, language_of_file_name
from linewise.training.corpus.manifest import Split
from linewise.training.corpus.shards import iter_files
from linewise.training.oracle import OracleError, label_file

from .edits import EDITS, IN_DOCSTRING_ROUNDS, Text
from .packages import Half, histories, source_trees

FILES_PER_LANGUAGE, FILES_OF_PYTHON = 30, 90
ROUNDS = 14
DOCSTRING_ROUNDS = 10
SMALLEST, LARGEST = 30, 500
"""Files of so many lines are edited."""
SEED = 11
Tree = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Step:
    """Two states of some files; ``kinds`` names the edit of each file that was edited by a script."""

    name: str
    old: Tree
    new: Tree
    kinds: Mapping[str, str]


def history_steps(half: Half, cache: Path | None = None) -> Iterator[Step]:
    """Every step from one version of a package to the next."""
    for history in histories(half):
        trees = source_trees(history, cache)
        old = next(trees)
        for version, new in zip(history.versions[1:], trees, strict=True):
            shared = _distinct(old, new)
            yield Step(
                f"{history.name} {version}",
                {path: old[path] for path in shared},
                {path: new[path] for path in shared},
                {},
            )
            old = new


def _distinct(old: Tree, new: Tree) -> list[str]:
    """The files that differ, one for each way to differ: a new year in every file's head is one change."""
    seen: set[tuple[tuple[bytes, ...], ...]] = set()
    found = []
    for path in sorted(old.keys() & new.keys()):
        if old[path] == new[path]:
            continue
        before, after = (Counter(tree[path].splitlines()) for tree in (old, new))
        change = tuple(tuple(sorted((one - other).elements())) for one, other in ((before, after), (after, before)))
        if change not in seen:
            seen.add(change)
            found.append(path)
    return found


def edit_steps(half: Half, cache: Path | None = None, rounds: int = ROUNDS) -> Iterator[Step]:
    """Rounds of edits: in each, every file is edited once, in one of the ways that it has a place for."""
    base = editable_files(half, cache)
    texts = {path: _text(path, data) for path, data in base.items()}
    rng = random.Random(f"{SEED}-{half}")
    for number in range(rounds):
        python_alone = number >= rounds - DOCSTRING_ROUNDS
        new, kinds = {}, {}
        for path, text in texts.items():
            if text is None:
                continue
            names = list(EDITS)
            if text.language == "python":
                names = list(IN_DOCSTRING_ROUNDS) if python_alone else names
            name = rng.choice(names)
            lines = EDITS[name](text, rng)
            if lines is None or tuple(lines) == text.lines:
                continue
            new[path] = b"".join(line + b"\n" for line in lines)
            kinds[path] = name
        old = {path: base[path] for path in new}
        if rng.random() < 0.5:
            old, new = new, old
        yield Step(f"edits, round {number + 1}", old, new, kinds)


def editable_files(half: Half, cache: Path | None = None) -> dict[str, bytes]:
    """Files of all languages: the newest ones of the half's packages, and the validation split's projects by halves.

    Raises:
        CorpusMissingError: the corpus is not prepared.
    """
    by_language: dict[str, dict[str, bytes]] = {name: {} for name in LANGUAGE_NAMES}
    for history in histories(half):
        *_, newest = source_trees(history, cache)
        for path, data in newest.items():
            language = language_of_file_name(path)
            if language is not None:
                by_language[language.name][f"{_folder(history.name)}/{path}"] = data
    for name in LANGUAGE_NAMES:
        files = list(iter_files(Split.VALIDATION, name, cache))
        projects = sorted({file.project for file in files})
        mine = set(projects[0 if half is Half.TUNING else 1 :: 2])
        for file in files:
            language = language_of_file_name(file.path)
            if file.project in mine and language is not None and language.name == name:
                by_language[name][f"{_folder(file.package)}/{file.path}"] = file.data
    rng = random.Random(SEED)
    chosen: dict[str, bytes] = {}
    for name, files_of in by_language.items():
        wanted = FILES_OF_PYTHON if name == "python" else FILES_PER_LANGUAGE
        fit = sorted(path for path, data in files_of.items() if _fits(data))
        chosen.update((path, files_of[path]) for path in rng.sample(fit, min(wanted, len(fit))))
    return chosen


def _folder(name: str) -> str:
    return name.replace("/", "_").strip("@_")


def _fits(data: bytes) -> bool:
    return SMALLEST <= data.count(b"\n") <= LARGEST and b"\r" not in data and data.endswith(b"\n")


@lru_cache(maxsize=4096)
def _text(path: str, data: bytes) -> Text | None:
    language = language_of_file_name(path)
    assert language is not None
    try:
        truth = label_file(data, language.name, file_name=Path(path).name)
    except OracleError:
        return None
    masks = tuple(int(mask) if known else 0 for mask, known in zip(truth.masks, truth.known, strict=True))
    return Text(language.name, tuple(data[:-1].split(b"\n")), masks)


class Repository:
    """A git repository in a folder of its own, into which steps are committed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._git("init", "-q", "-b", "main")

    def commit(self, step: Step) -> str:
        """Commit both states of a step; the revisions as ``A..B``."""
        return "..".join(self._commit(tree) for tree in (step.old, step.new))

    def patch(self, revisions: str) -> bytes:
        """The patch between two revisions, with three lines of context."""
        return self._git("diff", "--no-renames", revisions)

    def _commit(self, tree: Tree) -> str:
        self._git("rm", "-rqf", "--ignore-unmatch", ".")
        for path, data in tree.items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        self._git("add", "-Af", ".")
        self._git("commit", "-qm", "state", "--allow-empty")
        return self._git("rev-parse", "HEAD").decode().strip()

    def _git(self, *arguments: str) -> bytes:
        settings = ("user.name=bench", "user.email=bench@localhost", "commit.gpgsign=false", "core.autocrlf=false")
        options = [part for setting in (*settings, "gc.auto=0") for part in ("-c", setting)]
        return subprocess.run(["git", *options, *arguments], cwd=self.folder, capture_output=True, check=True).stdout
