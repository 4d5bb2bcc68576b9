"""Declaration or assignment, in the languages that declare by assigning: who sees that a name is bound already?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import LABEL_INDEX
from linewise.training.corpus.shards import LabelledFile
from linewise.training.oracle.anatomy import Anatomy

from .cases import Case

LANGUAGES = ("python", "ruby", "php", "bash", "lua")
DECLARATION, ASSIGNMENT = LABEL_INDEX["variable_declaration"], LABEL_INDEX["assignment"]


@dataclass(frozen=True, slots=True)
class PlainBindings:
    """The lines of a file that bind one plain name and nothing else.

    Attributes:
        first_lines: the line on which the name is first bound, int64 of shape (n_lines,); -1 for all other lines.
        first: whether the line itself is that first binding, bool of shape (n_lines,).
    """

    first_lines: NDArray[np.int64]
    first: NDArray[np.bool_]


def plain_bindings(file: LabelledFile, anatomy: Anatomy) -> PlainBindings:
    """Find them: lines with one binding, whose labels tell of that binding alone."""
    n_lines = len(file.masks)
    found = anatomy.bindings
    first_lines = np.full(n_lines, -1, dtype=np.int64)
    first = np.zeros(n_lines, dtype=bool)
    once = np.bincount(found.lines, minlength=n_lines)[found.lines] == 1
    declares = (file.masks[found.lines] >> np.uint32(DECLARATION) & 1).astype(bool)
    assigns = (file.masks[found.lines] >> np.uint32(ASSIGNMENT) & 1).astype(bool)
    kept = once & (declares == found.first) & (assigns == ~found.first) & file.known[found.lines]
    first_lines[found.lines[kept]] = found.first_lines[kept]
    first[found.lines[kept]] = found.first[kept]
    return PlainBindings(first_lines, first)


@dataclass
class BindingCounts:
    """How many plain bindings there are of either kind, and on how many the two labels are as they should be."""

    n_first: int = 0
    first_right: int = 0
    n_later: int = 0
    later_right: int = 0
    later_recalled: int = 0
    """Re-bindings that are called an assignment, whether or not a declaration too."""

    @property
    def accuracy(self) -> float:
        """Share of bindings with the one label and without the other."""
        return (self.first_right + self.later_right) / max(self.n_first + self.n_later, 1)

    @property
    def recall_of_later(self) -> float:
        """Share of re-bindings that are called an assignment."""
        return self.later_recalled / max(self.n_later, 1)

    def add(self, cases: Sequence[Case], bindings: Sequence[PlainBindings], given: NDArray[np.bool_]) -> None:
        """Count the bindings of some cases whose first binding is in view; `given` is of shape (n_lines, N_LABELS)."""
        ranges = [(case.file, slice(case.begin, case.begin + len(case.masks))) for case in cases]
        origins = np.concatenate([bindings[file].first_lines[lines] for file, lines in ranges])
        first = np.concatenate([bindings[file].first[lines] for file, lines in ranges])
        begins = np.repeat([case.begin for case in cases], [len(case.masks) for case in cases])
        shown = (origins >= 0) & (origins >= begins)
        declared, assigned = given[:, DECLARATION], given[:, ASSIGNMENT]
        self.n_first += int((shown & first).sum())
        self.first_right += int((shown & first & declared & ~assigned).sum())
        self.n_later += int((shown & ~first).sum())
        self.later_right += int((shown & ~first & assigned & ~declared).sum())
        self.later_recalled += int((shown & ~first & assigned).sum())
