"""How tables become files: Parquet, JSON Lines and CSV, each written a block at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import BinaryIO, Protocol

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from .job import Form
from .tables import NAME

ZSTD_LEVEL = 1
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

    def abandon(self) -> None:
        """Write nothing more."""


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

    def abandon(self) -> None:
        """Write no footer: without this there would be an attempt when the writer goes, to a stream that is closed."""
        self._writer.is_open = False


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

    def abandon(self) -> None:
        """There is nothing that would be written."""


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

    def abandon(self) -> None:
        """There is nothing that would be written."""


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
