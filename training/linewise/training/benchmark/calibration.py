"""Whether a probability of 0.7 is right seven times in ten: expected calibration error, Brier skill, reliability.

Predictions are gathered in so many narrow bins that bins of equal mass can be put together from them afterwards; so
millions of predictions take a fixed place, and languages can be counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import N_LABELS
from linewise.models.network import Float32Array

N_NARROW = 1_000
N_BINS = 15
UNSURE = (0.05, 0.95)
"""Only predictions between these are asked for calibration; the others, hardly ever wrong, would hide the rest."""
MIN_PREDICTIONS = 300
"""Labels with fewer such predictions have no calibration error of their own."""

Table = NDArray[np.float64]


def _table() -> Table:
    return np.zeros((N_LABELS, N_NARROW))


@dataclass
class Calibration:
    """Predictions of every label; tables of shape (N_LABELS, N_NARROW).

    Attributes:
        count: predictions in each narrow bin.
        true: those of them whose label is true.
        probability: the sum of them.
        squared_error: of each label, over all predictions; (N_LABELS,).
    """

    count: Table = field(default_factory=_table)
    true: Table = field(default_factory=_table)
    probability: Table = field(default_factory=_table)
    squared_error: NDArray[np.float64] = field(default_factory=lambda: np.zeros(N_LABELS))

    def add(self, truth: NDArray[np.bool_], probabilities: Float32Array) -> None:
        """Count the predictions of some lines; both of shape (n_lines, N_LABELS)."""
        bins = np.minimum((probabilities * N_NARROW).astype(np.int64), N_NARROW - 1)
        cells = (bins + np.arange(N_LABELS) * N_NARROW).ravel()
        for table, weights in (
            (self.count, None),
            (self.true, truth.ravel().astype(np.float64)),
            (self.probability, probabilities.ravel().astype(np.float64)),
        ):
            np.add(table, np.bincount(cells, weights, minlength=table.size).reshape(table.shape), out=table)
        self.squared_error += np.square(probabilities - truth).sum(axis=0, dtype=np.float64)

    def merge(self, other: Calibration) -> None:
        """Add the predictions of other lines."""
        self.count += other.count
        self.true += other.true
        self.probability += other.probability
        self.squared_error += other.squared_error

    def reliability(self, label: int) -> Table:
        """Bins of equal mass over the unsure predictions: mean probability, share true, count; (n_bins, 3)."""
        return _equal_mass(self.count[label], self.true[label], self.probability[label])

    def reliability_of_all(self) -> Table:
        """The same over the predictions of all labels together."""
        return _equal_mass(self.count.sum(axis=0), self.true.sum(axis=0), self.probability.sum(axis=0))

    def errors(self) -> NDArray[np.float64]:
        """Expected calibration error of each label, NaN where too few predictions are unsure; (N_LABELS,)."""
        result = np.full(N_LABELS, np.nan)
        for label in range(N_LABELS):
            rows = self.reliability(label)
            mass = rows[:, 2].sum()
            if mass >= MIN_PREDICTIONS:
                result[label] = (np.abs(rows[:, 0] - rows[:, 1]) * rows[:, 2]).sum() / mass
        return result

    def brier_skill(self) -> NDArray[np.float64]:
        """One minus the squared error's share of the base rate's, NaN for labels never or always true; (N_LABELS,)."""
        total, true = self.count.sum(axis=1), self.true.sum(axis=1)
        base = true * (1 - true / np.maximum(total, 1))
        return np.where(base > 0, 1 - self.squared_error / np.where(base > 0, base, 1), np.nan)


def _equal_mass(count: NDArray[np.float64], true: NDArray[np.float64], probability: NDArray[np.float64]) -> Table:
    low, high = (round(bound * N_NARROW) for bound in UNSURE)
    count, true, probability = count[low:high], true[low:high], probability[low:high]
    mass = count.sum()
    if not mass:
        return np.empty((0, 3))
    # A narrow bin goes where its middle falls when all predictions are cut into equal parts.
    middle = (count.cumsum() - count / 2) / mass
    part = np.minimum((middle * N_BINS).astype(np.int64), N_BINS - 1)
    sums = [np.bincount(part, values, minlength=N_BINS) for values in (probability, true, count)]
    filled = sums[2] > 0
    return np.stack([sums[0][filled] / sums[2][filled], sums[1][filled] / sums[2][filled], sums[2][filled]], axis=1)
