"""Examples of what the model gets wrong, chosen by rule: the most confident errors of a language on whole files.

A line may be quoted where its package's licence lets anyone do so, where it is short, and where a Markdown table holds
it as it stands. Of each label only the most confident error is kept, so that one habit does not fill the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import LABEL_NAMES, N_LABELS
from linewise.features.lines import split_lines
from linewise.models.network import Float32Array
from linewise.training.corpus.manifest import load_manifest
from linewise.training.corpus.shards import LabelledFile

from .cases import Case
from .tallies import BoolArray

PER_LANGUAGE = 3
_LENGTH = range(4, 73)
_TRIES = 200
"""So many of a label's most confident errors are looked through for one that can be shown."""
_PERMISSIVE = frozenset(("MIT", "ISC", "Zlib", "BSL-1.0", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0"))


@dataclass(frozen=True, slots=True)
class Failure:
    """One label of one line that the model gets wrong.

    Attributes:
        line: from 1.
        text: the line without its indentation.
        label: the label's name.
        given: whether the model gives it; else it is the truth that has it.
        probability: what the model says of it.
    """

    language: str
    project: str
    path: str
    line: int
    text: str
    label: str
    given: bool
    probability: float

    @property
    def confidence(self) -> float:
        """How sure the model is of its wrong answer."""
        return self.probability if self.given else 1 - self.probability


class FailureList:
    """The most confident error of each label in one language."""

    def __init__(self, files: Sequence[LabelledFile]) -> None:
        self._files = files
        self._best: dict[str, Failure] = {}

    def add(
        self,
        cases: Sequence[Case],
        scored: NDArray[np.bool_],
        truth: BoolArray,
        given: BoolArray,
        probabilities: Float32Array,
    ) -> None:
        """Look through some whole files.

        Args:
            cases: the files.
            scored: which of all their lines count, (n_lines,).
            truth: the labels of the scored lines, (n_scored, N_LABELS).
            given: what the model gives them, (n_scored, N_LABELS).
            probabilities: (n_scored, N_LABELS).
        """
        lines = np.flatnonzero(scored)
        offsets = np.cumsum([0, *(len(case.masks) for case in cases)])
        wrong = truth != given
        confidence = np.where(given, probabilities, 1 - probabilities)
        for label in range(N_LABELS):
            rows = np.flatnonzero(wrong[:, label])
            best = self._best.get(LABEL_NAMES[label])
            for row in rows[np.argsort(-confidence[rows, label], kind="stable")][:_TRIES].tolist():
                if best is not None and best.confidence >= confidence[row, label]:
                    break
                index = int(np.searchsorted(offsets, lines[row], side="right")) - 1
                line = int(lines[row] - offsets[index])
                text = self._shown(cases[index], line)
                if text is not None:
                    file = self._files[cases[index].file]
                    what = (LABEL_NAMES[label], bool(given[row, label]), float(probabilities[row, label]))
                    self._best[what[0]] = Failure(file.language, file.project, file.path, line + 1, text, *what)
                    break

    def chosen(self) -> tuple[Failure, ...]:
        """The most confident ones, of different labels and lines."""
        found: list[Failure] = []
        for failure in sorted(self._best.values(), key=lambda one: (-one.confidence, one.label)):
            if all((one.path, one.line) != (failure.path, failure.line) for one in found):
                found.append(failure)
        return tuple(found[:PER_LANGUAGE])

    def _shown(self, case: Case, line: int) -> str | None:
        """The line without its indentation; None where it is not to be quoted."""
        file = self._files[case.file]
        if not _may_be_quoted(file.language, file.package):
            return None
        spans = split_lines(case.text)
        content = case.text[int(spans.starts[line]) : int(spans.ends[line])]
        text = content.decode("utf-8", "replace").strip()
        return text if len(text) in _LENGTH and text.isprintable() and not set("|`\ufffd") & set(text) else None


@cache
def _licences() -> dict[tuple[str, str], str]:
    return {(package.language, package.name): package.licence for package in load_manifest().packages}


def _may_be_quoted(language: str, package: str) -> bool:
    return not _PERMISSIVE.isdisjoint(_licences().get((language, package), "").split(" OR "))
