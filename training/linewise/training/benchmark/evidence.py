"""What a window shows of the regions that its lines lie in: the header or the end of some construct, or neither.

A line of a region is *visible* where the window shows the first or the last line of a construct of that label that
holds the line, and *hidden* elsewhere: nobody can know of it from the window alone. A line whose construct is not
known one by one (`Anatomy.sure`) counts as neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import LABEL_INDEX, N_LABELS
from linewise.training.oracle.anatomy import Anatomy
from linewise.training.oracle.captures import REGIONS

from .cases import Case

REGION_COLUMNS = np.array([LABEL_INDEX[name] for name in REGIONS])


@dataclass(frozen=True, slots=True)
class Evidence:
    """Which region labels of each line are visible, which hidden; both bool of shape (n_lines, N_LABELS)."""

    visible: NDArray[np.bool_]
    hidden: NDArray[np.bool_]


def evidence_of(cases: Sequence[Case], anatomies: Sequence[Anatomy]) -> Evidence:
    """The evidence for all lines of some cases, in order."""
    parts = [_of_case(case, anatomies[case.file]) for case in cases]
    return Evidence(np.concatenate([visible for visible, _ in parts]), np.concatenate([hidden for _, hidden in parts]))


def _of_case(case: Case, anatomy: Anatomy) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    n_lines = len(case.masks)
    visible = np.zeros((n_lines, N_LABELS), dtype=bool)
    hidden = np.zeros((n_lines, N_LABELS), dtype=bool)
    sure = anatomy.sure[case.begin : case.begin + n_lines]
    for name in REGIONS:
        column = LABEL_INDEX[name]
        true = (case.masks >> np.uint32(column) & 1).astype(bool) & sure
        if not true.any():
            continue
        first, last = anatomy.regions[name].T - case.begin
        shown = ((first >= 0) & (first < n_lines)) | ((last >= 0) & (last < n_lines))
        begins, ends = np.maximum(first[shown], 0), np.minimum(last[shown], n_lines - 1)
        depth = np.bincount(begins, minlength=n_lines + 1) - np.bincount(ends + 1, minlength=n_lines + 1)
        visible[:, column] = true & (np.cumsum(depth)[:n_lines] > 0)
        hidden[:, column] = true & ~visible[:, column]
    return visible, hidden
