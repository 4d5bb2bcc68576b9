"""From probabilities to decisions: per-label thresholds for each mode, fitted on the validation split.

Everything is read off histograms of the probabilities of true and of other lines, per language and label, over whole
files and windows alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import LABEL_INDEX, LABELS, N_LABELS, Group
from linewise.models.store import Thresholds

from .evaluation import Answer, answered
from .sampling import Sample

N_BINS = 200
HIGH_PRECISION = 0.993
"""Of `high-confidence`, on the validation split; that it be 0.99 on other projects, which are never quite the same."""
MISSED_SHARE = 0.01
"""Below the lower threshold lie at most so many of a label's true lines: below it, a label is ruled out."""
MIN_UNCERTAIN = 0.05
"""No label is called uncertain below this, however many of its true lines lie there: nobody would look at it."""
SURELY_OUT = 0.01
"""But the mode `high-confidence` rules a region out only where it is as sure of that as of what it gives: a text may
not show what it is part of."""
_SEARCH_FROM, _SEARCH_TO = 0.15, 0.85
_IS_REGION = np.array([label.group is Group.REGION for label in LABELS])

Histograms = NDArray[np.int64]
"""Lines by language, label, truth (0 or 1) and bin of probability; (n_languages, N_LABELS, 2, N_BINS)."""


def histograms(views: Sequence[Mapping[str, Iterable[Sample]]], answer: Answer) -> Histograms:
    """Label the samples of several views and count; all views hold the same languages."""
    languages = list(views[0])
    counts = np.zeros((len(languages), N_LABELS, 2, N_BINS), dtype=np.int64)
    for view in views:
        for row, language in enumerate(languages):
            for truth, probabilities in answered(view[language], answer):
                bins = np.minimum((probabilities * N_BINS).astype(np.int64), N_BINS - 1)
                cells = (np.arange(N_LABELS) * 2 + truth) * N_BINS + bins
                counts[row] += np.bincount(cells.ravel(), minlength=counts[row].size).reshape(counts[row].shape)
    return counts


def fit_thresholds(counts: Histograms) -> dict[str, Thresholds]:
    """The thresholds of every mode.

    `balanced` gives a label where that makes the mean F1 over the languages greatest, `high-confidence` where at
    least `HIGH_PRECISION` of what is given is right (or from 0.99 on, where that can't be reached) and rules regions
    out below `SURELY_OUT` only, `best-guess` gives from 0.5 on.
    """
    # given[..., b]: lines whose probability lies in bin b or above.
    given = counts[..., ::-1].cumsum(axis=-1)[..., ::-1]
    wrong, right = given[:, :, 0], given[:, :, 1]  # (n_languages, N_LABELS, N_BINS)
    support = right[:, :, :1]
    edges = np.arange(N_BINS) / N_BINS
    searched = (edges >= _SEARCH_FROM) & (edges <= _SEARCH_TO)

    f1 = 2 * right / np.maximum(right + wrong + support, 1)
    enough = support >= 50
    mean_f1 = np.where(enough, f1, 0).sum(axis=0) / np.maximum(enough.sum(axis=0), 1)
    balanced = edges[np.where(searched, mean_f1, -1).argmax(axis=-1)]
    balanced = np.where(enough[:, :, 0].any(axis=0), balanced, 0.5)

    right_all, wrong_all = right.sum(axis=0), wrong.sum(axis=0)
    precise = right_all >= HIGH_PRECISION * (right_all + wrong_all)
    confident = np.where(precise & (edges >= 0.5) & (right_all > 0), edges, 0.99).min(axis=-1)

    missed = right_all[:, :1] - right_all
    ruled_out = np.where(missed <= MISSED_SHARE * right_all[:, :1], edges, 0).max(axis=-1)
    ruled_out = np.maximum(ruled_out, MIN_UNCERTAIN)

    half = np.full(N_LABELS, 0.5)
    blank = LABEL_INDEX["blank"]
    for values in (balanced, confident, ruled_out):
        values[blank] = 0.5  # decided by the text itself: 0 or 1
    return {
        "high-confidence": _pair(np.where(_IS_REGION, SURELY_OUT, ruled_out), np.maximum(confident, balanced)),
        "balanced": _pair(ruled_out, balanced),
        "best-guess": _pair(half, half),
    }


def _pair(lower: NDArray[np.float64], upper: NDArray[np.float64]) -> Thresholds:
    return Thresholds(np.minimum(lower, upper).astype(np.float32), upper.astype(np.float32))
