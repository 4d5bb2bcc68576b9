"""What a window shows of the regions that its lines lie in: the header or the end of some construct, or neither.

A line of a region is *visible* where the window shows the first or the last line of a construct of that label that
holds the line, and *hidden* elsewhere: nobody can know of it from the window alone. A line whose construct is not
known one by one (`Anatomy.sure`) counts as neither.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import LABEL_INDEX, N_LABELS

from .anatomy import Anatomy
from .captures import REGIONS

REGION_COLUMNS = np.array([LABEL_INDEX[name] for name in REGIONS])


@dataclass(frozen=True, slots=True)
class Evidence:
    """Which region labels of each line are visible, which hidden; all bool of shape (n_lines, N_LABELS).

    Of the visible ones, `headed` are those whose construct's first line is shown, not its last alone.
    """

    visible: NDArray[np.bool_]
    headed: NDArray[np.bool_]
    hidden: NDArray[np.bool_]

    def taken(self, lines: NDArray[np.bool_]) -> Evidence:
        """That of some of the lines."""
        return Evidence(self.visible[lines], self.headed[lines], self.hidden[lines])


def evidence_of(anatomy: Anatomy, begin: int, masks: NDArray[np.uint32]) -> Evidence:
    """The evidence for a window.

    Args:
        anatomy: of the whole file.
        begin: the index of the window's first line in it.
        masks: the labels of the window's lines, (n_lines,).
    """
    n_lines = len(masks)
    visible, headed, hidden = np.zeros((3, n_lines, N_LABELS), dtype=bool)
    sure = anatomy.sure[begin : begin + n_lines]
    for name in REGIONS:
        column = LABEL_INDEX[name]
        true = (masks >> np.uint32(column) & 1).astype(bool) & sure
        if not true.any():
            continue
        first, last = anatomy.regions[name].T - begin
        shows_first, shows_last = (first >= 0) & (first < n_lines), (last >= 0) & (last < n_lines)
        headed[:, column] = true & _covered(first[shows_first], last[shows_first], n_lines)
        either = shows_first | shows_last
        visible[:, column] = true & _covered(first[either], last[either], n_lines)
        hidden[:, column] = true & ~visible[:, column]
    return Evidence(visible, headed, hidden)


def _covered(first: NDArray[np.int64], last: NDArray[np.int64], n_lines: int) -> NDArray[np.bool_]:
    """Which of so many lines some range holds; the ranges' ends may lie outside; bool of shape (n_lines,)."""
    begins, ends = np.maximum(first, 0), np.minimum(last, n_lines - 1)
    depth = np.bincount(begins, minlength=n_lines + 1) - np.bincount(ends + 1, minlength=n_lines + 1)
    covered: NDArray[np.bool_] = np.cumsum(depth)[:n_lines] > 0
    return covered
