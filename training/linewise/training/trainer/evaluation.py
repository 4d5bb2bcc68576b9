"""How well a model labels: counts per language and label, and the figures made from them.

A *cell* is one label in one language. Cells with fewer than `MIN_SUPPORT` true lines are left out of every mean and
named instead. A language's figure is the mean over its cells, a label's the mean over languages, the overall one the
mean over languages: every language counts alike, however many of its lines there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import LABEL_NAMES, LABELS, N_LABELS, Group
from linewise.features.lines import split_lines
from linewise.models import pipeline
from linewise.models.network import Float32Array
from linewise.models.pipeline import Document, Networks
from linewise.models.store import LineThresholds, Thresholds
from linewise.training.corpus.shards import LabelledFile

from .perceptron import label_targets
from .sampling import Sample, batches, truth_of, window_bytes

MIN_SUPPORT = 200
BATCH_LINES = 20_000
Scores = NDArray[np.float64]


@dataclass
class Counts:
    """True positives, false positives, false negatives per label, int64 of (N_LABELS,), and lines entirely right."""

    true_positives: NDArray[np.int64] = field(default_factory=lambda: np.zeros(N_LABELS, np.int64))
    false_positives: NDArray[np.int64] = field(default_factory=lambda: np.zeros(N_LABELS, np.int64))
    false_negatives: NDArray[np.int64] = field(default_factory=lambda: np.zeros(N_LABELS, np.int64))
    n_lines: int = 0
    n_exact: int = 0

    def add(self, truth: NDArray[np.bool_], given: NDArray[np.bool_]) -> None:
        """Count some lines; both of shape (n_lines, N_LABELS)."""
        self.true_positives += (truth & given).sum(axis=0)
        self.false_positives += (~truth & given).sum(axis=0)
        self.false_negatives += (truth & ~given).sum(axis=0)
        self.n_lines += len(truth)
        self.n_exact += int((truth == given).all(axis=1).sum())

    @property
    def support(self) -> NDArray[np.int64]:
        """True lines of each label."""
        return self.true_positives + self.false_negatives

    @property
    def f1(self) -> Scores:
        """F1 of each label, NaN where the support is too small."""
        total = 2 * self.true_positives + self.false_positives + self.false_negatives
        return np.where(self.support >= MIN_SUPPORT, 2 * self.true_positives / np.maximum(total, 1), np.nan)

    @property
    def exact(self) -> float:
        """Share of lines with every label right."""
        return self.n_exact / max(self.n_lines, 1)


@dataclass(frozen=True, slots=True)
class Figures:
    """One view's counts by language, and the means made from them."""

    by_language: Mapping[str, Counts]

    def table(self) -> Scores:
        """F1 of every cell, NaN where left out; (n_languages, N_LABELS)."""
        return np.stack([counts.f1 for counts in self.by_language.values()])

    def of_languages(self, groups: Sequence[Group] = tuple(Group)) -> dict[str, float]:
        """Each language's mean over the labels of some groups, NaN where it has enough of none."""
        chosen = np.array([label.group in groups for label in LABELS])
        means = _mean_of_filled(self.table()[:, chosen], axis=1)
        return dict(zip(self.by_language, means.tolist(), strict=True))

    def of_labels(self) -> dict[str, float]:
        """Each label's mean over languages, NaN where no language has enough of it."""
        return dict(zip(LABEL_NAMES, _mean_of_filled(self.table(), axis=0).tolist(), strict=True))

    def overall(self, groups: Sequence[Group] = tuple(Group)) -> float:
        """Macro-F1 over the labels of some groups, the mean over the languages that have one."""
        return float(_mean_of_filled(np.array(list(self.of_languages(groups).values())), axis=0))

    def exact(self) -> float:
        """Share of lines with every label right, the mean over languages."""
        return float(np.mean([counts.exact for counts in self.by_language.values()]))

    def thin_cells(self) -> list[tuple[str, str, int]]:
        """Language, label and support of the cells that are left out though they have some true lines."""
        return [
            (language, name, int(counts.support[index]))
            for language, counts in self.by_language.items()
            for index, name in enumerate(LABEL_NAMES)
            if 0 < counts.support[index] < MIN_SUPPORT
        ]


def _mean_of_filled(values: Scores, axis: int) -> Scores:
    """The mean along an axis of what is a number, NaN where nothing is."""
    filled = np.isfinite(values)
    counts = filled.sum(axis=axis)
    means: Scores = np.where(filled, values, 0).sum(axis=axis) / np.where(counts > 0, counts, np.nan)
    return means


Answer = Callable[[Sequence[Document]], Float32Array]
"""Probabilities of all lines of some documents, (n_lines, N_LABELS)."""


def answer_with(networks: Networks) -> Answer:
    """The whole pipeline."""
    return lambda documents: pipeline.answer(networks, documents).probabilities


def measure(samples: Mapping[str, Iterable[Sample]], answer: Answer, thresholds: Thresholds) -> Figures:
    """Label samples of each language and count.

    Args:
        samples: by language.
        answer: gives the probabilities.
        thresholds: from which on a label is given.
    """
    by_language: dict[str, Counts] = {}
    for language, stream in samples.items():
        counts = Counts()
        for truth, probabilities, of_lines in judged(stream, answer, thresholds):
            counts.add(truth, probabilities >= of_lines.upper)
        by_language[language] = counts
    return Figures(by_language)


def answered(samples: Iterable[Sample], answer: Answer) -> Iterator[tuple[NDArray[np.bool_], Float32Array]]:
    """Truth and probabilities of the known lines, batch by batch; both of shape (n_lines, N_LABELS)."""
    for group in batches(samples, BATCH_LINES):
        masks, known = truth_of(group)
        probabilities = answer([sample.document for sample in group])
        yield label_targets(masks[known]).astype(bool), probabilities[known]


def judged(
    samples: Iterable[Sample], answer: Answer, thresholds: Thresholds
) -> Iterator[tuple[NDArray[np.bool_], Float32Array, LineThresholds]]:
    """The same with the thresholds of each line."""
    for group in batches(samples, BATCH_LINES):
        masks, known = truth_of(group)
        probabilities = answer([sample.document for sample in group])
        of_lines = thresholds.of_lines(np.array([len(sample.masks) for sample in group]))
        yield label_targets(masks[known]).astype(bool), probabilities[known], of_lines.taken(known)


def whole_files(files: Iterable[LabelledFile]) -> Iterator[Sample]:
    """Each file as a whole; neither its language nor its completeness is told."""
    for file in files:
        yield Sample(Document(file.data), -1, file.masks, file.known)


def random_windows(files: Iterable[LabelledFile], n_lines: int, seed: int, per_file: int = 40) -> Iterator[Sample]:
    """Windows of a length at random places of each file, at most one for each such stretch of lines."""
    rng = np.random.default_rng((seed, n_lines))
    for index, file in enumerate(files):
        spans = split_lines(file.data)
        if len(spans) < n_lines:
            continue
        count = min(per_file, max(len(spans) // n_lines, 1))
        for begin in np.sort(rng.integers(0, len(spans) - n_lines + 1, count)).tolist():
            lines = slice(begin, begin + n_lines)
            text = window_bytes(file.data, spans.starts, begin, begin + n_lines)
            yield Sample(Document(text), -1, file.masks[lines], file.known[lines], place=(index, begin))
