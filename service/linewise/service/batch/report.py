"""The numbers of a run, counted from its table of files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..reading import reason_told
from .arrays import column_values, counts_of
from .rows import Status

_COUNTED = ("path", "status", "reason", "detail", "lines")
_KINDS = ("generated", "vendored", "minified")


@dataclass(slots=True)
class Report:
    """What one run did, counted from the table of files.

    Attributes:
        lines: how many were labelled.
        statuses, reasons, kinds: how many files there are of each.
        failures: the files that should have been labelled, and why they were not.
        unlabelled: the same with those that were skipped.
    """

    lines: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, str]] = field(default_factory=list)
    unlabelled: list[tuple[str, str]] = field(default_factory=list)

    @property
    def files(self) -> int:
        """The number of all files."""
        return self.statuses.total()

    def add(self, table: pa.Table) -> None:
        """Count the rows of a table of files."""
        statuses = [status for chunk in table.column("status").chunks for status in column_values(chunk)]
        self.statuses.update(statuses)
        self.lines += sum(int(counts_of(chunk).sum()) for chunk in table.column("lines").chunks)
        for kind in _KINDS:
            self.kinds[kind] += sum(chunk.true_count for chunk in table.column(kind).chunks)
        for row, status in enumerate(statuses):
            if status != Status.LABELLED:
                path, reason, detail = (table.column(name)[row].as_py() for name in ("path", "reason", "detail"))
                self.reasons[reason] += 1
                self.unlabelled.append((path, reason_told(reason, detail)))
                self.failures += self.unlabelled[-1:] if status == Status.FAILED else []

    def as_json(self) -> dict[str, Any]:
        """The numbers by name."""
        statuses = {status.value: self.statuses[status.value] for status in Status}
        return {
            "files": self.files,
            **statuses,
            "reasons": dict(self.reasons),
            "kinds": dict(self.kinds),
            "lines": self.lines,
        }

    def summary(self) -> str:
        """The run in one line."""
        text = f"labelled {self.statuses[Status.LABELLED]:,} of {self.files:,} files, {self.lines:,} lines"
        if kinds := ", ".join(f"{self.kinds[kind]:,} {kind}" for kind in _KINDS if self.kinds[kind]):
            text += f" (among the files {kinds})"
        for status in (Status.SKIPPED, Status.FAILED):
            if self.statuses[status]:
                text += f"; {status.value} {self.statuses[status]:,}"
        if self.reasons:
            text += ": " + ", ".join(f"{count:,} {reason}" for reason, count in self.reasons.most_common())
        return text


def report_of(paths: Iterable[Path]) -> Report:
    """The numbers of a run that left these tables of files, in Parquet; raises OSError."""
    report = Report()
    for path in paths:
        with pq.ParquetFile(path) as file:
            report.add(file.read(columns=[*_COUNTED, *_KINDS], use_threads=False))
    return report
