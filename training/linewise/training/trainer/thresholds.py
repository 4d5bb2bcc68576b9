"""From probabilities to decisions: per-label thresholds for each mode, fitted on projects that fit no network.

Everything is read off histograms of the probabilities of true and of other lines, per language and label, over whole
files and windows alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import LABEL_INDEX, LABELS, N_LABELS, Group
from linewise.models.store import N_SIZES, Thresholds, sizes_of
from linewise.training.oracle.anatomy import Anatomy
from linewise.training.oracle.evidence import evidence_of

from .evaluation import BATCH_LINES, Answer
from .perceptron import label_targets
from .sampling import Sample, batches, truth_of

N_BINS = 200
HIGH_PRECISION = 0.993
"""Of `high-confidence`, on the projects that it is fitted on; that it be 0.99 on others, never quite the same."""
MISSED_SHARE = 0.01
"""Below the lower threshold lie at most so many of a label's true lines: below it, a label is ruled out."""
MIN_UNCERTAIN = 0.05
"""No label is called uncertain below this, however many of its true lines lie there: nobody would look at it."""
SURELY_OUT = 0.01
"""But the mode `high-confidence` rules a region out only where it is as sure of that as of what it gives: a text may
not show what it is part of. Where that is more than `MISSED_SHARE_HIDDEN` of the lines of which it does not, it must be
surer."""
MISSED_SHARE_HIDDEN = 0.02
N_HIDDEN_BINS = 100
MIN_HIDDEN = 200
"""Sizes with fewer such lines of a label rule it out as all sizes together do."""
EDGES = np.arange(N_BINS) / N_BINS
"""The least probability of each bin."""
_SEARCH_FROM, _SEARCH_TO, _SEARCH_REGIONS_TO = 0.15, 0.85, 0.97
_TEXT = LABEL_INDEX["text"]
_IS_REGION = np.array([label.group is Group.REGION for label in LABELS])


@dataclass(frozen=True, slots=True)
class Histograms:
    """Lines by language, label, truth (0 or 1) and bin of probability.

    Attributes:
        every: of all texts; int64 of shape (n_languages, N_LABELS, 2, N_BINS).
        shown: by the text's size, without the lines of a region of which the text shows neither the header nor the
            end; int64 of shape (N_SIZES, n_languages, N_LABELS, 2, N_BINS).
        hidden: these lines, by probabilities up to `SURELY_OUT` and, in the last bin, beyond; int64 of shape
            (N_SIZES, N_LABELS, N_HIDDEN_BINS + 1).
    """

    every: NDArray[np.int64]
    shown: NDArray[np.int64]
    hidden: NDArray[np.int64]


def histograms(
    views: Sequence[Mapping[str, Iterable[Sample]]], answer: Answer, anatomies: Mapping[str, Sequence[Anatomy]]
) -> Histograms:
    """Label the samples of several views and count.

    Args:
        views: samples by language, the same languages in all.
        answer: gives the probabilities.
        anatomies: by language, those of the files that windows are cut out of; where there are none, all is shown.
    """
    languages = list(views[0])
    every = np.zeros((len(languages), N_LABELS, 2, N_BINS), dtype=np.int64)
    shown = np.zeros((N_SIZES, *every.shape), dtype=np.int64)
    hidden = np.zeros((N_SIZES, N_LABELS, N_HIDDEN_BINS + 1), dtype=np.int64)
    for view in views:
        for row, language in enumerate(languages):
            for group in batches(view[language], BATCH_LINES):
                masks, known = truth_of(group)
                probabilities = answer([sample.document for sample in group])[known]
                truth = label_targets(masks[known])
                bins = np.minimum((probabilities * N_BINS).astype(np.int64), N_BINS - 1)
                cells = (np.arange(N_LABELS) * 2 + truth) * N_BINS + bins
                every[row] += _counted(cells, every[row].shape)
                n_lines = np.array([len(sample.masks) for sample in group])
                sizes = np.repeat(sizes_of(n_lines), n_lines)[known]
                unseen = np.concatenate([_hidden(sample, anatomies.get(language, ())) for sample in group])[known]
                fine = np.minimum(probabilities / SURELY_OUT * N_HIDDEN_BINS, N_HIDDEN_BINS).astype(np.int64)
                fine += np.arange(N_LABELS) * (N_HIDDEN_BINS + 1)
                for size in np.unique(sizes).tolist():
                    of_size = sizes == size
                    shown[size, row] += _counted(cells[of_size][~unseen[of_size]], every[row].shape)
                    hidden[size] += _counted(fine[of_size][unseen[of_size]], hidden[size].shape)
    return Histograms(every, shown, hidden)


def _counted(cells: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    return np.bincount(cells.ravel(), minlength=math.prod(shape)).reshape(shape)


def _hidden(sample: Sample, anatomies: Sequence[Anatomy]) -> NDArray[np.bool_]:
    """Which regions of a sample's lines it does not show, bool of shape (n_lines, N_LABELS)."""
    if sample.place is None or not anatomies:
        return np.zeros((len(sample.masks), N_LABELS), dtype=bool)
    file, begin = sample.place
    return evidence_of(anatomies[file], begin, sample.masks).hidden


def fit_thresholds(counts: Histograms) -> dict[str, Thresholds]:
    """The thresholds of every mode.

    `balanced` gives a label where that makes the mean F1 over the languages greatest; a region by the text's size, and
    by what the text shows of it: what it does not show is a guess, which is called uncertain. `text`, which is hardly
    a matter of languages, is given where that makes its F1 over all lines of texts of a size greatest.
    `high-confidence` gives where at least `HIGH_PRECISION` of what is given is right (or from 0.99 on, where that can't
    be reached) and rules regions out below `SURELY_OUT` at most, `best-guess` gives from 0.5 on.
    """
    # given[..., b]: lines whose probability lies in bin b or above.
    given = counts.every[..., ::-1].cumsum(axis=-1)[..., ::-1]
    wrong, right = given[:, :, 0].sum(axis=0), given[:, :, 1].sum(axis=0)  # (N_LABELS, N_BINS)
    of_all = _best(counts.every, _SEARCH_TO, np.full(N_LABELS, 0.5))
    balanced = np.stack([of_all] * N_SIZES)  # (N_SIZES, N_LABELS)
    for size in range(N_SIZES):
        balanced[size, _IS_REGION] = _best(counts.shown[size], _SEARCH_REGIONS_TO, of_all)[_IS_REGION]
        of_languages_together = counts.shown[size].sum(axis=0, keepdims=True)
        balanced[size, _TEXT] = _best(of_languages_together, _SEARCH_TO, of_all)[_TEXT]

    precise = right >= HIGH_PRECISION * (right + wrong)
    confident = np.where(precise & (EDGES >= 0.5) & (right > 0), EDGES, 0.99).min(axis=-1)

    missed = right[:, :1] - right
    ruled_out = np.where(missed <= MISSED_SHARE * right[:, :1], EDGES, 0).max(axis=-1)
    ruled_out = np.maximum(ruled_out, MIN_UNCERTAIN)

    half = np.full((N_SIZES, N_LABELS), 0.5)
    blank = LABEL_INDEX["blank"]
    for values in (balanced, confident, ruled_out):
        values[..., blank] = 0.5  # decided by the text itself: 0 or 1
    return {
        "high-confidence": _pair(
            np.where(_IS_REGION, _surely_out(counts.hidden), ruled_out), np.maximum(confident, balanced)
        ),
        "balanced": _pair(ruled_out, balanced),
        "best-guess": _pair(half, half),
    }


def _best(counts: NDArray[np.int64], search_to: float, otherwise: NDArray[np.float64]) -> NDArray[np.float64]:
    """From which probability on each label is given for the greatest mean F1, (N_LABELS,).

    `counts` are of shape (n_languages, N_LABELS, 2, N_BINS); what has too few true lines gets its value of `otherwise`.
    """
    given = counts[..., ::-1].cumsum(axis=-1)[..., ::-1]
    wrong, right = given[:, :, 0], given[:, :, 1]  # (n_languages, N_LABELS, N_BINS)
    support = right[:, :, :1]
    f1 = 2 * right / np.maximum(right + wrong + support, 1)
    enough = support >= 50
    mean_f1 = np.where(enough, f1, 0).sum(axis=0) / np.maximum(enough.sum(axis=0), 1)
    searched = (EDGES >= _SEARCH_FROM) & (search_to >= EDGES)
    best = EDGES[np.where(searched, mean_f1, -1).argmax(axis=-1)]
    return np.where(enough[:, :, 0].any(axis=0), best, otherwise)


def _surely_out(hidden: NDArray[np.int64]) -> NDArray[np.float64]:
    """Below which probability a region is ruled out; (N_SIZES, N_LABELS)."""
    enough = hidden.sum(axis=-1, keepdims=True) >= MIN_HIDDEN
    counts = np.where(enough, hidden, hidden.sum(axis=0))
    # missed[..., b]: lines whose probability lies below bin b.
    missed = counts.cumsum(axis=-1) - counts
    allowed = missed <= MISSED_SHARE_HIDDEN * counts.sum(axis=-1, keepdims=True)
    below: NDArray[np.float64] = (allowed.sum(axis=-1) - 1) / N_HIDDEN_BINS * SURELY_OUT
    return below


def _pair(lower: NDArray[np.float64], upper: NDArray[np.float64]) -> Thresholds:
    """Both of shape (N_SIZES, N_LABELS), or one of them the same for all sizes."""
    lower, upper = np.broadcast_arrays(np.minimum(lower, upper), upper)
    return Thresholds(lower.astype(np.float32, order="C"), upper.astype(np.float32, order="C"))
