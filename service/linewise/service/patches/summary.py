"""How many lines a patch adds and removes, in all and by label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from linewise.features.labels import LABEL_NAMES, names_of

from .label import FileLabels, HunkLabels, LineLabels
from .model import ADDED, REMOVED


@dataclass(slots=True)
class LineCounts:
    """A number of lines, and how many of them have each label."""

    lines: int = 0
    by_label: Counter[str] = field(default_factory=Counter)

    def add(self, other: LineCounts) -> None:
        """Add the numbers of others to these."""
        self.lines += other.lines
        self.by_label.update(other.by_label)

    def in_order(self) -> dict[str, int]:
        """The numbers by label, in the order of the taxonomy, without zeros."""
        return {name: self.by_label[name] for name in LABEL_NAMES if self.by_label[name]}


@dataclass(slots=True)
class ChangeCounts:
    """The lines that a patch adds, and those that it removes."""

    added: LineCounts = field(default_factory=LineCounts)
    removed: LineCounts = field(default_factory=LineCounts)

    def add(self, other: ChangeCounts) -> None:
        """Add the numbers of another file to these."""
        self.added.add(other.added)
        self.removed.add(other.removed)


def count_changes(labels: FileLabels) -> ChangeCounts:
    """The lines that a patch adds to and removes from one file."""
    rows = [(hunk, row) for hunk in labels.hunks for row in range(len(hunk.hunk.lines))]
    return ChangeCounts(
        _count(labels_shown(hunk, row) for hunk, row in rows if hunk.hunk.lines[row].change == ADDED),
        _count(labels_shown(hunk, row) for hunk, row in rows if hunk.hunk.lines[row].change == REMOVED),
    )


def labels_shown(labels: HunkLabels, row: int) -> LineLabels:
    """A line's labels on the new side, or else on the first old side that has it."""
    return next(side[row] for side in (labels.new, *labels.old) if side[row] is not None)  # type: ignore[return-value]


def _count(lines: Iterable[LineLabels]) -> LineCounts:
    masks = Counter(line.given for line in lines)
    counts = LineCounts(masks.total())
    for mask, number in masks.items():
        counts.by_label.update(dict.fromkeys(names_of(mask), number))
    return counts
