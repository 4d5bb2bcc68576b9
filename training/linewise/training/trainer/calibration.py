"""Calibration: each label's log-odds scaled and shifted so that a probability of 0.7 is right seven times in ten.

Platt's method (1999), one pair of numbers a label, fitted on projects that fit no network. The pairs become part of the
networks' last layers, so answering costs no more than before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from linewise.features.labels import N_LABELS
from linewise.models.network import Layer, Network

from .evaluation import Answer, answered
from .sampling import Sample

LIMIT = 8.0
"""Log-odds beyond this are sure enough; the few that are wrong there would bend the rest."""
N_BINS = 320
MIN_PREDICTIONS = 500
"""Labels with fewer predictions of either truth within the limit stay as they are."""
SCALES, SHIFTS = (0.2, 5.0), (-5.0, 5.0)

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Affine:
    """What the log-odds of some outputs are multiplied by, and what is added; both of shape (n_outputs,)."""

    scale: Array
    shift: Array

    def chosen(self, columns: NDArray[np.int64]) -> Affine:
        """Those of some outputs, the others left as they are."""
        scale, shift = np.ones_like(self.scale), np.zeros_like(self.shift)
        scale[columns], shift[columns] = self.scale[columns], self.shift[columns]
        return Affine(scale, shift)

    def taken(self, columns: NDArray[np.int64]) -> Affine:
        """Those of some outputs alone, in their order."""
        return Affine(self.scale[columns], self.shift[columns])


def fit_calibration(views: Sequence[Mapping[str, Iterable[Sample]]], answer: Answer) -> Affine:
    """The pair of every label that makes the truth likeliest, all views counting alike; of shape (N_LABELS,)."""
    total = np.zeros((N_LABELS, 2, N_BINS))
    enough = np.zeros((N_LABELS, 2), dtype=np.int64)
    for view in views:
        counts = np.zeros((N_LABELS, 2, N_BINS), dtype=np.int64)
        for samples in view.values():
            for truth, probabilities in answered(samples, answer):
                counts += _count(truth, probabilities)
        enough += counts.sum(axis=-1)
        total += counts / max(counts.sum(), 1)
    pairs = [_fit(total[label]) if enough[label].min() >= MIN_PREDICTIONS else (1.0, 0.0) for label in range(N_LABELS)]
    scale, shift = np.array(pairs).T
    return Affine(scale, shift)


def calibrated(network: Network, affine: Affine) -> Network:
    """The network with its outputs scaled and shifted."""
    *inner, last = network.layers
    scale, shift = affine.scale.astype(np.float32), affine.shift.astype(np.float32)
    return Network((*inner, Layer(last.weight * scale, last.bias * scale + shift)))


def _count(truth: NDArray[np.bool_], probabilities: NDArray[np.float32]) -> NDArray[np.int64]:
    """Predictions by label, truth and bin of log-odds, those beyond the limit left out."""
    with np.errstate(divide="ignore"):
        odds = np.log(probabilities.astype(np.float64)) - np.log1p(-probabilities.astype(np.float64))
    within = np.abs(odds) < LIMIT
    bins = ((np.where(within, odds, 0) + LIMIT) / (2 * LIMIT) * N_BINS).astype(np.int64)
    cells = (np.arange(N_LABELS) * 2 + truth) * N_BINS + bins
    return np.bincount(cells[within], minlength=N_LABELS * 2 * N_BINS).reshape(N_LABELS, 2, N_BINS)


def _fit(counts: Array) -> tuple[float, float]:
    """Scale and shift that make binned predictions likeliest; counts of shape (2, N_BINS), false and true."""
    odds = (np.arange(N_BINS) + 0.5) / N_BINS * 2 * LIMIT - LIMIT
    shares = counts / counts.sum()

    def loss(pair: Array) -> tuple[float, Array]:
        logits = pair[0] * odds + pair[1]
        # log(1 + exp(x)), and its slope.
        cost = (shares[0] * np.logaddexp(0, logits) + shares[1] * np.logaddexp(0, -logits)).sum()
        slope = shares.sum(axis=0) * expit(logits) - shares[1]
        return float(cost), np.array([slope @ odds, slope.sum()])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[SCALES, SHIFTS])
    return float(found.x[0]), float(found.x[1])
