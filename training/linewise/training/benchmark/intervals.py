"""95% intervals by bootstrap over projects: how the figures would change had other projects been drawn.

Lines of one project resemble each other, so drawing lines anew would make the intervals far too narrow. Within each
language its projects are drawn with replacement; which cells count is settled by all of them together. A language of a
single project always draws that one, and so adds nothing to the width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import LABELS, Group
from linewise.training.trainer.evaluation import MIN_SUPPORT

from .tallies import ProjectCounts

N_DRAWS = 1_000
PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95% interval."""

    low: float
    high: float


def interval_of_f1(languages: Sequence[ProjectCounts], groups: Sequence[Group], seed: int) -> Interval:
    """The interval of macro-F1 over the labels of some groups, the mean over languages."""
    chosen = np.array([label.group in groups for label in LABELS])
    rng = np.random.default_rng(seed)
    of_languages = []
    for language in languages:
        cells = chosen & (language.total.support >= MIN_SUPPORT)
        if not cells.any():
            continue
        parts = [(c.true_positives, c.false_positives, c.false_negatives) for c in language.counts]
        counts = np.array(parts, dtype=np.float64)[:, :, cells]  # (n_projects, 3, n_cells)
        right, wrong, missed = np.tensordot(_draws(len(counts), rng), counts, axes=1).transpose(1, 0, 2)
        f1 = 2 * right / np.maximum(2 * right + wrong + missed, 1)  # (N_DRAWS, n_cells)
        # A draw without any true line of a cell says nothing of it.
        there = right + missed > 0
        of_languages.append((f1 * there).sum(axis=1) / np.maximum(there.sum(axis=1), 1))
    return _interval(np.mean(of_languages, axis=0) if of_languages else np.full(N_DRAWS, np.nan))


def interval_of_exact(languages: Sequence[ProjectCounts], seed: int) -> Interval:
    """The interval of the share of lines with every label right, the mean over languages."""
    rng = np.random.default_rng(seed)
    of_languages = []
    for language in languages:
        counts = np.array([(c.n_exact, c.n_lines) for c in language.counts], dtype=np.float64)
        exact, lines = (_draws(len(counts), rng) @ counts).T
        of_languages.append(exact / np.maximum(lines, 1))
    return _interval(np.mean(of_languages, axis=0))


def _draws(n_projects: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """How often each project is drawn, (N_DRAWS, n_projects)."""
    return rng.multinomial(n_projects, np.full(n_projects, 1 / n_projects), N_DRAWS).astype(np.float64)


def _interval(values: NDArray[np.float64]) -> Interval:
    low, high = np.percentile(values, PERCENTILES).tolist()
    return Interval(low, high)
