"""How labelled lines are written as they come: as row groups of a table, as JSON, or as parts keep them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import compress, pairwise
from typing import Any, BinaryIO, Protocol

import numpy as np

from linewise.features.labels import LABEL_NAMES, TAXONOMY_VERSION

from .forms import TableWriter, table_writer
from .job import Job, PartForm
from .kept import ArrowWriter, batch_of, kept_schema
from .rows import FILE_NAMES, FileRow, LineBlock, file_values, line_table
from .tables import line_schema

ROW_GROUP_LINES = 1 << 17


class LineWriter(Protocol):
    """Writes the lines of a part as they come."""

    def write(self, files: Sequence[FileRow], block: LineBlock) -> None:
        """Write the lines of some files, or hold them until there are more."""

    def close(self) -> None:
        """Write the rest."""


def line_writer(job: Job, stream: BinaryIO, metadata: Mapping[bytes, bytes], model_digest: str) -> LineWriter:
    """What writes a part's lines in the form that parts of a job have."""
    if job.part_form is PartForm.JSONL:
        return _JsonLineWriter(stream, model_digest)
    if job.part_form is PartForm.ARROW:
        return _ArrowLineWriter(ArrowWriter(stream, kept_schema(scores=job.scores, with_text=job.with_text)))
    schema = line_schema(scores=job.scores, with_text=job.with_text)
    return _TableLineWriter(table_writer(job.form, stream, schema, metadata, header=False), model_digest)


class RowGroups:
    """Lines on their way into a table, in row groups of a good size.

    They depend on the lines alone, however these come: files without lines are left out.
    """

    def __init__(self, table: TableWriter, model_digest: str) -> None:
        self._table = table
        self._model_digest = model_digest
        self._held: list[tuple[Mapping[str, Sequence[Any]], LineBlock]] = []
        self._n_held = 0

    def write(self, files: Mapping[str, Sequence[Any]], block: LineBlock) -> None:
        """Take the lines of some files, with the values of `rows.FILE_NAMES` for each."""
        if not len(block):
            return
        if self._n_held + len(block) > ROW_GROUP_LINES:
            self._flush()
        if not block.counts.all():
            counts = block.counts.tolist()
            files = {name: list(compress(values, counts)) for name, values in files.items()}
            block = replace(block, counts=block.counts[block.counts > 0])
        self._held.append((files, block))
        self._n_held += len(block)

    def close(self) -> None:
        """Write the rest."""
        self._flush()
        self._table.close()

    def abandon(self) -> None:
        """Write nothing more."""
        self._table.abandon()

    def _flush(self) -> None:
        if self._n_held:
            files = {name: [each for values, _ in self._held for each in values[name]] for name in FILE_NAMES}
            block = LineBlock.joined([block for _, block in self._held])
            self._table.write(line_table(files, block, self._model_digest))
        self._held, self._n_held = [], 0


class _TableLineWriter:
    def __init__(self, table: TableWriter, model_digest: str) -> None:
        self._groups = RowGroups(table, model_digest)

    def write(self, files: Sequence[FileRow], block: LineBlock) -> None:
        self._groups.write(file_values(files), block)

    def close(self) -> None:
        self._groups.close()


class _ArrowLineWriter:
    def __init__(self, writer: ArrowWriter) -> None:
        self._writer = writer

    def write(self, files: Sequence[FileRow], block: LineBlock) -> None:
        if len(block):
            self._writer.write(batch_of(block))

    def close(self) -> None:
        self._writer.close()


class _JsonLineWriter:
    """JSON is spelled from the masks, without a detour by columns of booleans."""

    def __init__(self, stream: BinaryIO, model_digest: str) -> None:
        self._stream = stream
        self._model_digest = model_digest

    def write(self, files: Sequence[FileRow], block: LineBlock) -> None:
        self._stream.write(json_lines(files, block, self._model_digest).encode())

    def close(self) -> None:
        """There is nothing after the last line."""


def json_lines(files: Sequence[FileRow], block: LineBlock, model_digest: str) -> str:
    """One JSON object for each line of some files, with the columns of the Parquet table."""
    ends = f', "model_digest": "{model_digest}", "taxonomy_version": "{TAXONOMY_VERSION}"}}\n'
    offsets = np.concatenate(([0], np.cumsum(block.counts))).tolist()
    source_offsets = None if block.source_lengths is None else np.concatenate(([0], np.cumsum(block.source_lengths)))
    source = b"" if block.source is None else block.source.tobytes()
    pieces: list[str] = []
    for index, file in enumerate(files):
        origin = {"repo": file.repo, "commit": file.commit, "path": file.path, "blob": file.blob}
        start = json.dumps(origin)[:-1]
        summary = file.summary
        language = json.dumps(summary.language if summary else None)
        middle = f', "language": {language}, "language_score": {round(summary.language_score, 6) if summary else 0}'
        rows = slice(offsets[index], offsets[index + 1])
        extra = _extras(block, rows, source, source_offsets)
        columns = (block.starts[rows], block.ends[rows], block.masks[rows], block.uncertain[rows])
        for number, (begin, end, mask, uncertain) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
            pieces.append(
                f'{start}, "line": {number + 1}, "byte_start": {begin}, "byte_end": {end}{middle}'
                f'{_spelled_labels(mask)}, "uncertain": {uncertain}{extra[number] if extra else ""}{ends}'
            )
    return "".join(pieces)


def _extras(block: LineBlock, rows: slice, source: bytes, source_offsets: np.ndarray | None) -> list[str]:
    """What is written of each line on request; nothing where nothing is."""
    parts: list[list[str]] = []
    if block.scores is not None:
        thousandths = np.round(block.scores[rows].astype(np.float64), 4).tolist()
        parts.append([f', "scores": {json.dumps(row)}' for row in thousandths])
    if source_offsets is not None:
        bounds = source_offsets[rows.start : rows.stop + 1].tolist()
        lines = (source[a:b].decode("utf-8", "replace") for a, b in pairwise(bounds))
        parts.append([f', "source": {json.dumps(line)}' for line in lines])
    return ["".join(pair) for pair in zip(*parts, strict=True)]


@lru_cache(maxsize=1 << 16)
def _spelled_labels(mask: int) -> str:
    return "".join(f', "{name}": {"true" if mask >> index & 1 else "false"}' for index, name in enumerate(LABEL_NAMES))
