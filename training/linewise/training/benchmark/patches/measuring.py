"""`linewise diff` on every step, as a user runs it, beside the truth of both sides."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from linewise.features.labels import mask_of
from linewise.features.languages import language_of_file_name
from linewise.training.oracle import OracleError
from linewise.training.trainer.evaluation import Counts, Figures
from linewise.training.trainer.perceptron import label_targets

from .sources import Repository, Step
from .truth import Side, true_verdict

ALONE, AT_HAND = "patch alone", "repository at hand"
VIEWS = (ALONE, AT_HAND)
_SIDES = {"removed": "old", "added": "new"}


class DiffFailedError(RuntimeError):
    """`linewise diff` did not answer; the message is its own."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A file whose verdict is not the true one."""

    view: str
    step: str
    path: str
    edit: str
    truth: str
    given: str
    reason: str


@dataclass
class View:
    """What came out in one view.

    Attributes:
        verdicts: how often each pair of true and given verdict occurred, in histories and in edits.
        labels: of changed lines in histories, by language.
    """

    verdicts: dict[str, Counter[tuple[str, str]]] = field(
        default_factory=lambda: {"histories": Counter(), "edits": Counter()}
    )
    labels: dict[str, Counts] = field(default_factory=dict)

    def together(self) -> Counter[tuple[str, str]]:
        """The pairs of histories and edits."""
        return sum(self.verdicts.values(), Counter[tuple[str, str]]())

    def figures(self) -> Figures:
        """The labels' figures by language."""
        return Figures(dict(sorted(self.labels.items())))


@dataclass
class PatchFigures:
    """All views, with the files whose truth is unknown or open, and the misses."""

    views: dict[str, View] = field(default_factory=lambda: {view: View() for view in VIEWS})
    n_files: int = 0
    n_unknown: int = 0
    n_open: int = 0
    misses: list[Miss] = field(default_factory=list)


def measure_patches(steps: Iterable[Step]) -> PatchFigures:
    """Run `linewise diff` over steps and compare; raises DiffFailedError."""
    figures = PatchFigures()
    with tempfile.TemporaryDirectory(prefix="linewise-patches-") as folder:
        repository = Repository(Path(folder))
        for step in steps:
            revisions = repository.commit(step)
            alone = _answer(repository, ["--from-patch-alone", "-"], repository.patch(revisions))
            at_hand = _answer(repository, ["--git", revisions], b"")
            _count(step, dict(zip(VIEWS, (alone, at_hand), strict=True)), figures)
    return figures


def _answer(repository: Repository, arguments: list[str], patch: bytes) -> dict[str, dict[str, Any]]:
    """The files of the answer by their path."""
    command = [sys.executable, "-m", "linewise", "diff", "--format", "json", *arguments]
    done = subprocess.run(command, cwd=repository.folder, input=patch, capture_output=True, check=False)
    if done.returncode != 0:
        raise DiffFailedError(done.stderr.decode("utf-8", "replace").strip())
    return {file["path"]: file for file in json.loads(done.stdout)["files"]}


def _count(step: Step, answers: dict[str, dict[str, dict[str, Any]]], figures: PatchFigures) -> None:
    source = "edits" if step.kinds else "histories"
    for path, old_data in step.old.items():
        alone = answers[ALONE].get(path)
        language = language_of_file_name(path)
        if alone is None or language is None or b"\r" in old_data + step.new[path]:
            continue
        try:
            old, new = (_side(data, language.name, path) for data in (old_data, step.new[path]))
        except OracleError:
            continue
        figures.n_files += 1
        removed = [number - 1 for number, _ in _changed(alone, "removed")]
        added = [number - 1 for number, _ in _changed(alone, "added")]
        truth = true_verdict(old, new, removed, added)
        figures.n_unknown += truth is None
        figures.n_open += truth is not None and not truth.settled
        for name, view in figures.views.items():
            answer = answers[name][path]
            if source == "histories":
                _count_labels(answer, old, new, view.labels.setdefault(language.name, Counts()))
            if truth is None or not truth.settled:
                continue
            view.verdicts[source][truth.verdict, answer["verdict"]] += 1
            if answer["verdict"] != truth.verdict:
                edit = step.kinds.get(path, "")
                figures.misses.append(
                    Miss(name, step.name, path, edit, truth.verdict, answer["verdict"], answer["reason"])
                )


@lru_cache(maxsize=2048)
def _side(data: bytes, language: str, path: str) -> Side:
    return Side(data, language, path)


def _changed(file: dict[str, Any], change: str) -> Iterator[tuple[int, int]]:
    """The number and the given labels of each line that a file's patch removes or adds."""
    for hunk in file["hunks"]:
        for line in hunk["lines"]:
            if line["change"] == change:
                side = line[_SIDES[change]]
                yield side["number"], mask_of(side["labels"])


def _count_labels(answer: dict[str, Any], old: Side, new: Side, counts: Counts) -> None:
    for side, change in ((old, "removed"), (new, "added")):
        lines = [(number - 1, mask) for number, mask in _changed(answer, change) if side.known[number - 1]]
        if lines:
            rows, given = zip(*lines, strict=True)
            truth = label_targets(side.masks[list(rows)]).astype(bool)
            counts.add(truth, label_targets(np.array(given, dtype=np.uint32)).astype(bool))
