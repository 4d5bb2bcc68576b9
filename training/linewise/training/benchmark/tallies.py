"""What is counted of the answers to a view: right and wrong labels by project, hidden regions, decisions of the modes.

Everything adds up, so that the parts of a language can be counted one after another and languages in processes of
their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import N_LABELS
from linewise.models.decision import reconcile
from linewise.models.network import Float32Array
from linewise.models.store import LineThresholds
from linewise.training.oracle.evidence import Evidence
from linewise.training.trainer.evaluation import Counts
from linewise.training.trainer.perceptron import label_targets

BoolArray = NDArray[np.bool_]
Sums = NDArray[np.float64]


def given_labels(probabilities: Float32Array, thresholds: LineThresholds, *, complete: bool = True) -> BoolArray:
    """What the classifier makes of probabilities: labels by each line's thresholds, then made to agree.

    All arrays are of shape (n_lines, N_LABELS).
    """
    bits = np.uint32(1) << np.arange(N_LABELS, dtype=np.uint32)
    masks = reconcile((probabilities >= thresholds.upper) @ bits, probabilities, complete=complete)
    return label_targets(masks).astype(bool)


def merged(parts: Iterable[Counts]) -> Counts:
    """The counts of several parts together."""
    total = Counts()
    for part in parts:
        total.true_positives += part.true_positives
        total.false_positives += part.false_positives
        total.false_negatives += part.false_negatives
        total.n_lines += part.n_lines
        total.n_exact += part.n_exact
    return total


class ProjectCounts:
    """Counts of one language in one view, kept apart by project so that projects can be drawn anew."""

    def __init__(self, projects: Sequence[str]) -> None:
        self.projects = tuple(projects)
        self.counts = [Counts() for _ in self.projects]

    def add(self, projects: NDArray[np.intp], truth: BoolArray, given: BoolArray) -> None:
        """Count some lines.

        Args:
            projects: index of each line's project, (n_lines,).
            truth: the true labels, (n_lines, N_LABELS).
            given: the labels of the answer, (n_lines, N_LABELS).
        """
        for index in np.unique(projects).tolist():
            own = projects == index
            self.counts[index].add(truth[own], given[own])

    @property
    def total(self) -> Counts:
        """The counts of all projects together."""
        return merged(self.counts)


def _zeros() -> Sums:
    return np.zeros(N_LABELS)


@dataclass
class HiddenRegions:
    """What is found of the regions that a window shows, and how honest the answers are where it shows none.

    Arrays are of shape (N_LABELS,).

    The Brier score is taken over the lines that no shown construct covers: the hidden ones, and all that are in no
    region of the label.

    Attributes:
        visible, hidden: true lines of either kind.
        headed: the visible ones of a construct whose first line is shown.
        headed_given, tailed_given: the visible ones that got the label, by whether the first line is shown or the last
            alone.
        ruled_out: hidden lines on which the mode `high-confidence` neither gives the label nor calls it uncertain.
        n_lines, squared_error: lines of the Brier score, and its sum.
    """

    visible: Sums = field(default_factory=_zeros)
    hidden: Sums = field(default_factory=_zeros)
    headed: Sums = field(default_factory=_zeros)
    headed_given: Sums = field(default_factory=_zeros)
    tailed_given: Sums = field(default_factory=_zeros)
    ruled_out: Sums = field(default_factory=_zeros)
    n_lines: Sums = field(default_factory=_zeros)
    squared_error: Sums = field(default_factory=_zeros)

    def add(
        self,
        truth: BoolArray,
        given: BoolArray,
        probabilities: Float32Array,
        evidence: Evidence,
        confident: LineThresholds,
    ) -> None:
        """Count some lines; arrays of shape (n_lines, N_LABELS)."""
        self.headed += evidence.headed.sum(axis=0)
        self.headed_given += (evidence.headed & given).sum(axis=0)
        self.tailed_given += (evidence.visible & ~evidence.headed & given).sum(axis=0)
        self.visible += evidence.visible.sum(axis=0)
        self.hidden += evidence.hidden.sum(axis=0)
        self.ruled_out += (evidence.hidden & (probabilities < confident.lower)).sum(axis=0)
        uncovered = evidence.hidden | ~truth
        self.n_lines += uncovered.sum(axis=0)
        self.squared_error += (np.square(probabilities - truth) * uncovered).sum(axis=0, dtype=np.float64)

    @property
    def base_error(self) -> Sums:
        """The sum of squared errors of whoever always answers the base rate of these very lines."""
        rate = self.hidden / np.maximum(self.n_lines, 1)
        return self.n_lines * rate * (1 - rate)


@dataclass
class Decisions:
    """What one mode decides; arrays of shape (N_LABELS,) that count lines."""

    n_lines: int = 0
    given: Sums = field(default_factory=_zeros)
    given_right: Sums = field(default_factory=_zeros)
    uncertain: Sums = field(default_factory=_zeros)
    ruled_out: Sums = field(default_factory=_zeros)
    ruled_out_right: Sums = field(default_factory=_zeros)
    true: Sums = field(default_factory=_zeros)

    def add(self, truth: BoolArray, probabilities: Float32Array, given: BoolArray, thresholds: LineThresholds) -> None:
        """Count some lines; arrays of shape (n_lines, N_LABELS)."""
        # As the classifier answers: a label that it took back for another's sake is not uncertain.
        uncertain = ~given & (probabilities >= thresholds.lower) & (probabilities < thresholds.upper)
        out = ~given & ~uncertain
        self.n_lines += len(truth)
        self.given += given.sum(axis=0)
        self.given_right += (given & truth).sum(axis=0)
        self.ruled_out += out.sum(axis=0)
        self.ruled_out_right += (out & ~truth).sum(axis=0)
        self.uncertain += uncertain.sum(axis=0)
        self.true += truth.sum(axis=0)

    def merge(self, other: Decisions) -> None:
        """Add the counts of other lines."""
        self.n_lines += other.n_lines
        for name in ("given", "given_right", "uncertain", "ruled_out", "ruled_out_right", "true"):
            getattr(self, name).__iadd__(getattr(other, name))
