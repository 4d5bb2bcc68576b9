"""From finished parts to what was asked for: one file of lines and one of files.

Parts are put together while others are still being labelled, in their order: each row of a Parquet file is encoded
once, and there is little left to do when the last part is done.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

import pyarrow as pa

from ..output import replacing
from .arrays import column_values, counts_of
from .forms import CsvWriter, TableWriter, table_writer
from .job import Form, Job
from .kept import blocks_of, kept_table
from .lines import RowGroups
from .part import files_path, lines_path
from .place import Place
from .plan import Part, Plan
from .report import Report
from .rows import FILE_NAMES, FileRow, LineBlock, file_values
from .tables import file_schema, line_schema, table_metadata

_GROUP_FILES = 1 << 16
"""About so many files are a row group of their table."""


class Assembly:
    """What is made of a run's parts.

    Attributes:
        report: the numbers of the parts so far.
    """

    def __init__(self, place: Place, plan: Plan, job: Job, lines: BinaryIO, files: BinaryIO) -> None:
        """``lines`` and ``files``: the streams of both tables."""
        self.report = Report()
        self._work = place.work
        self._job = job
        self._lines = lines
        digest, options = plan.model_digest, plan.options
        schema = line_schema(scores=job.scores, with_text=job.with_text)
        self._groups: RowGroups | None = None
        if job.form is Form.PARQUET:
            table = table_writer(job.form, lines, schema, table_metadata("lines", digest, options))
            self._groups = RowGroups(table, digest)
        elif job.form is Form.CSV:
            CsvWriter(lines, schema, header=True).close()
        self._files: TableWriter = table_writer(
            job.form, files, file_schema(), table_metadata("files", digest, options)
        )
        self._held: list[pa.Table] = []

    def add(self, part: Part) -> None:
        """Add a part, the next one in order, that is on disk; raises OSError where it or the output fails."""
        files = kept_table(files_path(self._work, part, self._job.part_form))
        path = lines_path(self._work, part, self._job.part_form)
        if self._groups is None:
            with path.open("rb") as source:
                shutil.copyfileobj(source, self._lines, 1 << 20)
        else:
            values = {name: column_values(files.column(name).chunk(0)) for name in FILE_NAMES}
            for block, of_block in blocks_of(path, counts_of(files.column("lines").chunk(0))):
                self._groups.write({name: each[of_block] for name, each in values.items()}, block)
        self.take_files(files)

    @property
    def takes_lines(self) -> bool:
        """Whether lines can be taken as they are made, and need not be read back from a part."""
        return self._groups is not None

    def take_lines(self, files: Sequence[FileRow], block: LineBlock) -> None:
        """Take lines of the part that is next in order; raises OSError where the output fails."""
        assert self._groups is not None
        self._groups.write(file_values(files), block)

    def take_files(self, files: pa.Table) -> None:
        """Take the files of that part, when it has no more lines; raises OSError where the output fails."""
        self.report.add(files)
        self._held.append(files.replace_schema_metadata(None))
        if sum(map(len, self._held)) >= _GROUP_FILES:
            self._flush()

    def close(self) -> None:
        """Write the rest."""
        if self._groups is not None:
            self._groups.close()
        self._flush()
        self._files.close()

    def abandon(self) -> None:
        """Write nothing more."""
        if self._groups is not None:
            self._groups.abandon()
        self._files.abandon()

    def _flush(self) -> None:
        if self._held:
            self._files.write(pa.concat_tables(self._held).unify_dictionaries())
            self._held = []


@contextmanager
def assembling(place: Place, plan: Plan, job: Job) -> Iterator[Assembly]:
    """Lets parts be put together; the files have their names when the block is left, and are whole then.

    When it is left by an exception, there is what was there before.

    Raises:
        OSError: they cannot be written.
    """
    with replacing(place.files_table, place.work) as files, replacing(place.output, place.work) as lines:
        assembly = Assembly(place, plan, job, lines, files)
        try:
            yield assembly
            assembly.close()
        except BaseException:
            assembly.abandon()
            raise
