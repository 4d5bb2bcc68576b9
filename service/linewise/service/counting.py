"""Counting lines: by label, and as other programs count them.

Those programs put each line into exactly one of blank, comment and code, and differ in where they put what is two of
these at once. Here a line has all its labels, and counts for each. What their ways of counting make of our labels is
`WAYS`, one function from a line's labels to the column that it counts for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from linewise.features.labels import LABEL_NAMES, mask_of, names_of

OWN_WAY = "linewise"
_BLANK, _CODE = mask_of(["blank"]), mask_of(["code"])
_COMMENT, _DOCUMENTATION = mask_of(["comment"]), mask_of(["documentation"])
_OWN_COLUMNS = ("code", "comment", "documentation", "blank")
_THEIR_COLUMNS = ("code", "comment", "blank")


def _as_cloc(mask: int) -> str:
    """Blank lines are blank wherever they stand; code goes before comments; a docstring is a comment."""
    if mask & _BLANK:
        return "blank"
    return "comment" if mask & (_COMMENT | _DOCUMENTATION) and not mask & _CODE else "code"


def _as_tokei(mask: int) -> str:
    """As cloc, but a docstring is code."""
    if mask & _BLANK:
        return "blank"
    return "comment" if mask & _COMMENT and not mask & _CODE else "code"


WAYS: dict[str, Callable[[int], str]] = {"cloc": _as_cloc, "tokei": _as_tokei}


def columns_of(way: str) -> tuple[str, ...]:
    """The columns of a way of counting."""
    return _OWN_COLUMNS if way == OWN_WAY else _THEIR_COLUMNS


def columns_of_line(mask: int, way: str) -> tuple[str, ...]:
    """The columns that a line counts for, by its labels."""
    if way == OWN_WAY:
        return tuple(name for name in _OWN_COLUMNS if mask & mask_of([name]))
    return (WAYS[way](mask),)


@dataclass(slots=True)
class Counts:
    """How many files and lines there are, and how often each set of labels."""

    files: int = 0
    by_mask: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of_file(cls, masks: Iterable[int] | np.ndarray[tuple[int], np.dtype[np.uint32]]) -> Counts:
        """The counts of one file, by the labels of its lines."""
        counts = cls(1)
        counts.add_lines(masks)
        return counts

    def add_lines(self, masks: Iterable[int] | np.ndarray[tuple[int], np.dtype[np.uint32]]) -> None:
        """Add lines by their labels."""
        distinct, numbers = np.unique(np.asarray(masks, dtype=np.uint32), return_counts=True)
        self.by_mask.update(dict(zip(distinct.tolist(), numbers.tolist(), strict=True)))

    def add(self, other: Counts) -> None:
        """Add the numbers of others to these."""
        self.files += other.files
        self.by_mask.update(other.by_mask)

    @property
    def lines(self) -> int:
        """The number of lines."""
        return self.by_mask.total()

    def columns(self, way: str) -> dict[str, int]:
        """The number of lines in each column of a way of counting."""
        columns = dict.fromkeys(columns_of(way), 0)
        for mask, number in self.by_mask.items():
            for name in columns_of_line(mask, way):
                columns[name] += number
        return columns

    def labels(self) -> dict[str, int]:
        """The number of lines with each label, zeros included, in the order of the taxonomy."""
        labels = dict.fromkeys(LABEL_NAMES, 0)
        for mask, number in self.by_mask.items():
            for name in names_of(mask):
                labels[name] += number
        return labels
