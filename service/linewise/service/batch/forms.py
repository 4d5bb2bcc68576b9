"""How tables become files: Parquet, JSON Lines and CSV, each written a block at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import BinaryIO, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from linewise.features.labels import LABEL_NAMES, TAXONOMY_VERSION

from .job import Form
from .rows import LineBlock
from .tables import NAME

ZSTD_LEVEL = 1
ROW_GROUP_LINES = 1 << 17
_WRITE_BATCH_ROWS = 1 << 15
"""So many values are encoded at a time; the default, 1,024, takes booleans half as long again."""
_RISING = ("line", "byte_start", "byte_end")
"""Columns of whole numbers that mostly rise a little from row to row."""


class TableWriter(Protocol):
    """Writes one table to a stream, piece by piece."""

    def write(self, table: pa.Table) -> None:
        """Write some rows."""

    def close(self) -> None:
        """Write what comes after the last row."""


class ParquetWriter:
    """Parquet, compressed with zstd; each piece is a row group."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema, metadata: Mapping[bytes, bytes]) -> None:
        repeated = [field.name for field in schema if field.type == NAME]
        self._writer = pq.ParquetWriter(
            stream,
            schema.with_metadata(dict(metadata)),
            compression="zstd",
            compression_level=ZSTD_LEVEL,
            write_batch_size=_WRITE_BATCH_ROWS,
            # Of other columns a dictionary takes longer to make than it saves.
            use_dictionary=repeated,
            column_encoding={name: "DELTA_BINARY_PACKED" for name in _RISING if name in schema.names},
            write_statistics=["path", "line", "language"],
        )

    def write(self, table: pa.Table) -> None:
        """Write some rows as a row group."""
        self._writer.write_table(table.replace_schema_metadata(self._writer.schema.metadata))

    def add_metadata(self, metadata: Mapping[str, str]) -> None:
        """Add to what the footer will say."""
        self._writer.add_key_value_metadata(dict(metadata))

    def close(self) -> None:
        """Write the footer."""
        self._writer.close()


class CsvWriter:
    """CSV with the columns' names above it."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema, *, header: bool) -> None:
        plain = pa.schema([(f.name, pa.string() if f.type in (NAME, pa.binary()) else f.type) for f in schema])
        self._schema = plain
        options = pa_csv.WriteOptions(include_header=header, quoting_style="needed")
        self._writer = pa_csv.CSVWriter(stream, plain, write_options=options)

    def write(self, table: pa.Table) -> None:
        """Write some rows."""
        self._writer.write_table(_without_bytes(table).cast(self._schema))

    def close(self) -> None:
        """Write the rest."""
        self._writer.close()


class JsonLinesWriter:
    """One JSON object for each row; for tables that are small."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, table: pa.Table) -> None:
        """Write some rows."""
        for batch in _without_bytes(table).to_batches(max_chunksize=4096):
            self._stream.write("".join(json.dumps(row) + "\n" for row in batch.to_pylist()).encode())

    def close(self) -> None:
        """There is nothing after the last row."""


def _without_bytes(table: pa.Table) -> pa.Table:
    """The table with columns of bytes as hexadecimal digits, for forms that hold text only."""
    for index, field in enumerate(table.schema):
        if field.type == pa.binary():
            digits = [None if value is None else value.hex() for value in table.column(index).to_pylist()]
            table = table.set_column(index, field.name, pa.array(digits, pa.string()))
    return table


def table_writer(
    form: Form, stream: BinaryIO, schema: pa.Schema, metadata: Mapping[bytes, bytes], *, header: bool = True
) -> TableWriter:
    """What writes a table in a form; JSON Lines and CSV have no place for metadata."""
    if form is Form.PARQUET:
        return ParquetWriter(stream, schema, metadata)
    return JsonLinesWriter(stream) if form is Form.JSONL else CsvWriter(stream, schema, header=header)


class LineWriter:
    """Writes lines as they come, a row group or so at a time, in any form."""

    def __init__(
        self, form: Form, stream: BinaryIO, schema: pa.Schema, metadata: Mapping[bytes, bytes], model_digest: str
    ) -> None:
        self._model_digest = model_digest
        self._blocks: list[LineBlock] = []
        self._held = 0
        self._stream = stream
        # JSON is spelled from the masks, without a detour by columns of booleans.
        self._table = None if form is Form.JSONL else table_writer(form, stream, schema, metadata, header=False)
        self.n_lines = 0

    def write(self, block: LineBlock) -> None:
        """Take some lines; they are written when there are enough."""
        self._blocks.append(block)
        self._held += len(block)
        if self._held >= ROW_GROUP_LINES:
            self._flush()

    def close(self) -> None:
        """Write the rest."""
        if self._held:
            self._flush()
        if self._table is not None:
            self._table.close()

    def _flush(self) -> None:
        block = LineBlock.joined(self._blocks)
        self._blocks, self._held = [], 0
        self.n_lines += len(block)
        if self._table is not None:
            self._table.write(block.table(self._model_digest))
        else:
            self._stream.write(json_lines(block, self._model_digest).encode())


def json_lines(block: LineBlock, model_digest: str) -> str:
    """One JSON object for each line, with the columns of the Parquet table."""
    ends = f', "model_digest": "{model_digest}", "taxonomy_version": "{TAXONOMY_VERSION}"}}\n'
    offsets = np.concatenate(([0], np.cumsum(block.counts))).tolist()
    source_offsets = None if block.source_lengths is None else np.concatenate(([0], np.cumsum(block.source_lengths)))
    source = b"" if block.source is None else block.source.tobytes()
    pieces: list[str] = []
    for index, file in enumerate(block.files):
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
