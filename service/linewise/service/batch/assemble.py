"""From finished parts to what was asked for: one file of lines and one of files, and the numbers of the run."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..output import replacing
from .forms import ROW_GROUP_LINES, table_writer
from .job import Form, Job
from .part import FILES_FOLDER, files_path, lines_path
from .place import Place
from .plan import Plan
from .rows import Status
from .tables import file_schema, line_schema, table_metadata

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
        statuses = table.column("status").to_pylist()
        self.statuses.update(statuses)
        self.lines += sum(filter(None, table.column("lines").to_pylist()))
        for kind in _KINDS:
            self.kinds[kind] += sum(filter(None, table.column(kind).to_pylist()))
        for row, status in enumerate(statuses):
            if status != Status.LABELLED:
                path, reason, detail = (table.column(name)[row].as_py() for name in ("path", "reason", "detail"))
                self.reasons[reason] += 1
                self.unlabelled.append((path, f"{reason} ({detail})" if detail else reason))
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


def report_of_parts(folder: Path) -> Report:
    """The numbers of a run whose parts are all there."""
    report = Report()
    for path in sorted((folder / FILES_FOLDER).glob("part-*.parquet")):
        with pq.ParquetFile(path) as file:
            report.add(file.read(columns=[*_COUNTED, *_KINDS], use_threads=False))
    return report


def assemble(place: Place, plan: Plan, job: Job) -> None:
    """Put the parts together in the two files that were asked for; raises OSError where they cannot be written."""
    parts = [lines_path(place.work, part, job.form) for part in plan.parts]
    schema = line_schema(scores=job.scores, with_text=job.with_text)
    with replacing(place.output, place.work) as stream:
        if job.form is not Form.JSONL:
            lines = table_writer(job.form, stream, schema, table_metadata("lines", plan.model_digest, plan.options))
            for table in _gathered(_row_groups(parts)) if job.form is Form.PARQUET else ():
                lines.write(table)
            lines.close()
        if job.form is not Form.PARQUET:
            for path in parts:
                with path.open("rb") as source:
                    shutil.copyfileobj(source, stream, 1 << 20)
    metadata = table_metadata("files", plan.model_digest, plan.options)
    with replacing(place.files_table, place.work) as stream:
        files = table_writer(job.form, stream, file_schema(), metadata)
        for table in _gathered(_row_groups([files_path(place.work, part) for part in plan.parts])):
            files.write(table)
        files.close()


def _row_groups(paths: list[Path]) -> Iterator[pa.Table]:
    for path in paths:
        with pq.ParquetFile(path) as file:
            for index in range(file.num_row_groups):
                yield file.read_row_group(index, use_threads=False)


def _gathered(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in row groups of a good size, small ones together."""
    held: list[pa.Table] = []
    n_rows = 0
    for table in tables:
        if held and n_rows + len(table) > ROW_GROUP_LINES:
            yield pa.concat_tables(held).unify_dictionaries()
            held, n_rows = [], 0
        held.append(table)
        n_rows += len(table)
    if held:
        yield pa.concat_tables(held).unify_dictionaries()
