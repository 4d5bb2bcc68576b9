"""Labelling the rows of a JSON Lines piece. A row's own text is kept byte for byte; the added keys follow it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from .columns import REASON, STATUS, ColumnError
from .options import RowOptions
from .parquet import count_rows
from .plan import Piece
from .receipts import Counts, Job, open_rows
from .rows import Columns, ManyClassifier, Reason, label_rows
from .shards import InputError

MAX_ROW_BYTES = 1 << 28
"""A longer row is replaced by one that only says so."""
_BATCH_BYTES = 8_000_000
_MAX_BATCH_ROWS = 4096
_DIGITS = 6


def label_json_lines(piece: Piece, job: Job, classifier: ManyClassifier, stream: BinaryIO) -> Counts:
    """Write the piece's rows with the added keys.

    Raises:
        InputError: the shard cannot be read, or a row has a key already that is to be added.
        OSError: the stream cannot be written.
    """
    if piece.compression is not None:
        with pa.CompressedOutputStream(_KeptOpen(stream), piece.compression) as packed:
            return _label(piece, job.options, classifier, packed)
    return _label(piece, job.options, classifier, stream)


class _KeptOpen(io.RawIOBase):
    """A stream that does not close the one that it writes to, as compression would: that is still to be synced."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def writable(self) -> bool:
        """It is there to be written."""
        return True

    def write(self, data: Any) -> int:
        """Hand the data on."""
        return self._stream.write(data)


def _label(piece: Piece, options: RowOptions, classifier: ManyClassifier, stream: Any) -> Counts:
    counts = Counts()
    for rows in _batches(piece):
        parsed = [_parse(row) for row in rows]
        columns = label_rows(
            [_text(value, options.text_column) for value in parsed],
            _values(parsed, options.language_column),
            _values(parsed, options.filename_column),
            options,
            classifier,
        )
        _check_keys(parsed, columns)
        stream.write(b"".join(_extended(rows, parsed, columns, options)))
        count_rows(columns, options, counts)
    return counts


def _batches(piece: Piece) -> Iterator[list[bytes]]:
    """The piece's rows, without blank ones, some megabytes at a time; an overlong row is the empty string."""
    batch: list[bytes] = []
    size = 0
    for row in _rows(piece):
        batch.append(row)
        size += len(row)
        if size >= _BATCH_BYTES or len(batch) >= _MAX_BATCH_ROWS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _rows(piece: Piece) -> Iterator[bytes]:
    """The rows that begin inside the piece's range of bytes."""
    try:
        with open_rows(piece.path, piece.compression) as stream:
            place = piece.start
            if piece.start:
                # A row that began before is the previous piece's; one begins here if a line break is just before.
                stream.seek(piece.start - 1)
                place += _skip_row(stream) - 1
            while piece.stop is None or place < piece.stop:
                row = stream.readline(MAX_ROW_BYTES)
                if not row:
                    return
                place += len(row)
                if len(row) == MAX_ROW_BYTES and not row.endswith(b"\n"):
                    place += _skip_row(stream)
                    yield b""
                elif row := row.strip():
                    yield row
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"cannot be read: {error}") from error


def _skip_row(stream: BinaryIO) -> int:
    """Read up to the next line break; returns the number of bytes."""
    skipped = 0
    while part := stream.readline(1 << 20):
        skipped += len(part)
        if part.endswith(b"\n"):
            break
    return skipped


def _parse(row: bytes) -> dict[str, Any] | Reason:
    if not row:
        return Reason.TOO_LARGE
    try:
        value = json.loads(row)
    except (ValueError, RecursionError):
        return Reason.NOT_JSON
    return value if isinstance(value, dict) else Reason.NOT_JSON


def _text(value: dict[str, Any] | Reason, column: str) -> object:
    return value if isinstance(value, Reason) else value.get(column, Reason.NO_COLUMN)


def _values(parsed: list[dict[str, Any] | Reason], column: str | None) -> list[object] | None:
    if column is None:
        return None
    return [None if isinstance(value, Reason) else value.get(column) for value in parsed]


def _check_keys(parsed: list[dict[str, Any] | Reason], columns: Columns) -> None:
    for value in parsed:
        if not isinstance(value, Reason) and not columns.keys().isdisjoint(value):
            doubled = next(name for name in columns if name in value)
            raise ColumnError(f"a row has the key {doubled!r} already; choose another prefix for those that are added")


def _extended(
    rows: list[bytes], parsed: list[dict[str, Any] | Reason], columns: Columns, options: RowOptions
) -> Iterator[bytes]:
    """Each row with the added keys; what is no JSON object is replaced by its status and reason alone."""
    names = list(columns)
    for row, value, values in zip(rows, parsed, zip(*columns.values(), strict=True), strict=True):
        added = dict(zip(names, map(_plain, values), strict=True))
        if isinstance(value, Reason):
            told = {name: added[name] for name in (options.prefix + STATUS, options.prefix + REASON)}
            yield json.dumps(told).encode() + b"\n"
            continue
        comma = b", " if value else b""
        yield row[:-1] + comma + json.dumps(added).encode()[1:] + b"\n"


def _plain(value: Any) -> Any:
    """A value as JSON has it, probabilities and shares with as many digits as mean anything."""
    if isinstance(value, float):
        return round(value, _DIGITS)
    return value.tolist() if isinstance(value, np.ndarray) else value
