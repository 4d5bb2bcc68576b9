"""Labelling one part of a plan: what one process does at a time.

The part's lines are written first, its files after them; the table of files says how many lines there must be, how
many bytes and with which hash. So the part is done when that table is there, and is what it says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from linewise.models import Prediction

from ..files import Source
from ..labelling import BatchClassifier, LabelOptions, document_of, unwanted_kind
from ..output import replacing
from ..reading import Skipped, SkipReason, Text
from ..revisions import SourceReader
from .forms import ParquetWriter
from .job import Job, PartForm
from .kept import ArrowWriter, kept_table, n_kept
from .lines import line_writer
from .origin import Origin
from .plan import Part, Plan
from .rows import FileRow, LineBlock, file_table
from .summary import summarize_many
from .tables import METADATA_PREFIX, file_schema, table_metadata

LINES_FOLDER, FILES_FOLDER = "lines", "files"
_SEAL_KEY = METADATA_PREFIX + "part"
_TELL_ROWS = (PartForm.PARQUET, PartForm.ARROW)
"""Forms with a footer, by which it shows that they are whole."""
_GROUP_BYTES = 1 << 20
_GROUP_FILES = 1024
"""So much is read and labelled at a time: enough that what is fixed about a step does not count."""


class Taker(Protocol):
    """Takes a part's rows as they are made, in order; what it has taken of a part that was not finished is void."""

    def take_lines(self, files: Sequence[FileRow], block: LineBlock) -> None:
        """Take the lines of some files."""

    def take_files(self, files: pa.Table) -> None:
        """Take all of the part's files, when the part is on disk."""


class AbandonedError(RuntimeError):
    """Whoever gave out the part wants it no more."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one part: how many of its files and about how many bytes, and how many lines they had."""

    index: int
    n_files: int
    weight: int
    n_lines: int


@dataclass(frozen=True, slots=True)
class Seal:
    """What a part's table of files says of the part."""

    plan: str
    index: int
    n_lines: int
    n_bytes: int
    digest: str


def lines_path(folder: Path, part: Part, form: PartForm) -> Path:
    """Where a part's lines are written."""
    return folder / LINES_FOLDER / f"{part.stem}.{form.value}"


def files_path(folder: Path, part: Part, form: PartForm) -> Path:
    """Where a part's table of files is written: Parquet beside Parquet, and Arrow's format beside anything else."""
    suffix = PartForm.PARQUET if form is PartForm.PARQUET else PartForm.ARROW
    return folder / FILES_FOLDER / f"{part.stem}.{suffix.value}"


def is_done(folder: Path, plan: Plan, part: Part, form: PartForm) -> Done | None:
    """What a part that is on disk holds; None unless it is whole, of this plan, and has all its files and lines.

    Footers and numbers of rows must agree with the plan and with each other, and JSON and CSV, which have no
    footers, with their hash.
    """
    lines = lines_path(folder, part, form)
    try:
        told, n_files = _told(files_path(folder, part, form), form)
        seal = Seal(**json.loads(told)) if told else None
        if seal is None or (seal.plan, seal.index, n_files) != (plan.digest, part.index, part.n_files):
            return None
        if lines.stat().st_size != seal.n_bytes:
            return None
        whole = _n_rows(lines, form) == seal.n_lines if form in _TELL_ROWS else _digest(lines) == seal.digest
    except (OSError, pa.ArrowException, ValueError, TypeError):
        return None
    return Done(part.index, part.n_files, part.weight, seal.n_lines) if whole else None


def _told(files: Path, form: PartForm) -> tuple[bytes | None, int]:
    """The seal that a table of files bears, and how many files it has."""
    if form is PartForm.PARQUET:
        footer = pq.read_metadata(files)
        return (footer.metadata or {}).get(_SEAL_KEY.encode()), footer.num_rows
    table = kept_table(files)
    return (table.schema.metadata or {}).get(_SEAL_KEY.encode()), len(table)


def _n_rows(lines: Path, form: PartForm) -> int:
    return int(pq.read_metadata(lines).num_rows) if form is PartForm.PARQUET else n_kept(lines)


def label_part(
    folder: Path,
    plan: Plan,
    job: Job,
    part: Part,
    classifier: BatchClassifier,
    is_wanted: Callable[[], bool] = lambda: True,
    taker: Taker | None = None,
) -> Done:
    """Label a part of a plan and write it.

    Args:
        folder: where the plan is, and where the part goes.
        plan: the plan that is kept there.
        job: what it was made for.
        part: which part.
        classifier: of the model that the plan names.
        is_wanted: is asked now and then, and when the part is about to get its name; a part that is not wanted any
            more would disturb whoever takes up the work.
        taker: is given what is written as well, so that it need not be read back.

    Raises:
        OSError: the part cannot be written.
        AbandonedError: it is not wanted any more.
    """
    model = plan.model_digest
    rows: list[FileRow] = []
    n_lines = 0
    lines = lines_path(folder, part, job.part_form)
    with SourceReader() as reader, replacing(lines) as stream:
        writer = line_writer(job, stream, table_metadata("lines", model, plan.options), model)
        for group in _groups(plan.sources(folder, part), job, reader):
            _check_wanted(is_wanted)
            labelled = _label(classifier, group, job.labels)
            rows += (row for row, _, _ in labelled)
            found = [(row, text, said) for row, text, said in labelled if text is not None and said is not None]
            if found:
                texts, predictions = [text for _, text, _ in found], [said for _, _, said in found]
                block = LineBlock.of(texts, predictions, scores=job.scores, with_text=job.with_text)
                of_files = [row for row, _, _ in found]
                writer.write(of_files, block)
                if taker is not None:
                    taker.take_lines(of_files, block)
                n_lines += len(block)
        writer.close()
        _check_wanted(is_wanted)
    digest = "" if job.part_form in _TELL_ROWS else _digest(lines)
    seal = Seal(plan.digest, part.index, n_lines, lines.stat().st_size, digest)
    files = file_table(rows, model)
    with replacing(files_path(folder, part, job.part_form)) as stream:
        _write_files(stream, files, plan, seal, job.part_form)
        _check_wanted(is_wanted)
    if taker is not None:
        taker.take_files(files)
    return Done(part.index, part.n_files, part.weight, n_lines)


_Found = tuple[Text | Skipped, Origin]
_Labelled = tuple[FileRow, bytes | None, Prediction | None]


def _groups(sources: Iterable[tuple[Source, Origin]], job: Job, reader: SourceReader) -> Iterator[list[_Found]]:
    """Read the sources, as many at a time as are labelled together."""
    group: list[_Found] = []
    size = 0
    for source, origin in sources:
        read = _wanted(reader(source, job.labels.max_bytes), job)
        length = len(read.data) if isinstance(read, Text) else 0
        if group and (size + length > _GROUP_BYTES or len(group) >= _GROUP_FILES):
            yield group
            group, size = [], 0
        group.append((read, origin))
        size += length
    if group:
        yield group


def _wanted(read: Text | Skipped, job: Job) -> Text | Skipped:
    if isinstance(read, Skipped):
        return read
    if unwanted := unwanted_kind(read, job.labels):
        return Skipped(read.source, unwanted)
    if len(read.data) > job.max_lines and _n_breaks(read.data) > job.max_lines:
        return Skipped(read.source, SkipReason.TOO_LARGE, f"over {job.max_lines:,} lines")
    return read


def _n_breaks(data: bytes) -> int:
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")


def _label(classifier: BatchClassifier, group: Sequence[_Found], options: LabelOptions) -> list[_Labelled]:
    """Each file's row, with its bytes and labels where it has them, in order."""
    texts = [read for read, _ in group if isinstance(read, Text)]
    found = _predictions(classifier, texts, options)
    answers = iter(found)
    summaries = iter(summarize_many([answer for answer in found if isinstance(answer, Prediction)]))
    labelled: list[_Labelled] = []
    for read, origin in group:
        if isinstance(read, Skipped):
            labelled.append((FileRow.unlabelled(read, origin), None, None))
            continue
        answer = next(answers)
        if isinstance(answer, Prediction):
            labelled.append((FileRow.labelled(read, origin, next(summaries)), read.data, answer))
        else:
            failure = Skipped(read.source, SkipReason.NOT_LABELLED, answer)
            labelled.append((FileRow.unlabelled(failure, origin), None, None))
    return labelled


def _predictions(
    classifier: BatchClassifier, texts: Sequence[Text], options: LabelOptions
) -> Sequence[Prediction | str]:
    """What the classifier says of each text, or why it cannot; one text's fault is not its neighbours'."""
    documents = [document_of(text, options) for text in texts]
    try:
        return list(classifier.classify_many(documents))
    except Exception as error:
        if len(texts) == 1:
            return [type(error).__name__]
        return [answer for text in texts for answer in _predictions(classifier, [text], options)]


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_files(stream: BinaryIO, table: pa.Table, plan: Plan, seal: Seal, form: PartForm) -> None:
    metadata = table_metadata("files", plan.model_digest, plan.options)
    told = json.dumps({name: getattr(seal, name) for name in Seal.__slots__})
    if form is not PartForm.PARQUET:
        kept = ArrowWriter(stream, file_schema(), {**metadata, _SEAL_KEY.encode(): told.encode()})
        kept.write(table)
        kept.close()
        return
    # In the footer alone: the parts of a folder have one schema, with the same metadata.
    writer = ParquetWriter(stream, file_schema(), metadata)
    writer.write(table)
    writer.add_metadata({_SEAL_KEY: told})
    writer.close()


def _check_wanted(is_wanted: Callable[[], bool]) -> None:
    if not is_wanted():
        raise AbandonedError("the run that this part is of has ended")
