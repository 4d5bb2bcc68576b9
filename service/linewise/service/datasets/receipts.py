"""What a finished piece says of itself, and whether a file found in the output folder is such a piece.

A Parquet file has its receipt in its footer. A JSON Lines file has none, so its receipt lies beside the data, in the
folder `RECORDS`. Either is believed only if the file has as many rows as it says, and if the piece, its source and the
job are still those that it names.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from ..output import replacing
from .options import RowOptions
from .plan import Piece
from .shards import Form

RECORDS = "_linewise"
"""The folder in the output that holds what is no data; readers of data sets pass over names with an underscore."""
ATTEMPTS = "attempts"
RECEIPT_KEY = b"linewise.receipt"


@dataclass(frozen=True, slots=True)
class Job:
    """What is the same for all pieces of a run.

    Attributes:
        output: the folder to write, absolute.
        options: how rows are labelled.
        model_digest: SHA-256 of the model that must label them.
    """

    output: str
    options: RowOptions
    model_digest: str

    def target(self, piece: Piece) -> Path:
        """The file that a piece goes to."""
        return Path(self.output, piece.name)

    def record(self, piece: Piece) -> Path:
        """The file that holds a JSON Lines piece's receipt."""
        return Path(self.output, RECORDS, piece.name + ".json")

    def attempts(self, piece: Piece) -> Path:
        """The file that is as long as the number of times that a piece was begun and not ended."""
        return Path(self.output, RECORDS, ATTEMPTS, piece.name)


@dataclass(slots=True)
class Counts:
    """What became of rows: all of them, the lines of those labelled, and why the others were not."""

    rows: int = 0
    lines: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def labelled(self) -> int:
        """The number of rows that have labels."""
        return self.rows - self.reasons.total()

    def as_json(self) -> dict[str, Any]:
        """The numbers as JSON has them."""
        return {"rows": self.rows, "lines": self.lines, "reasons": dict(self.reasons)}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Counts:
        """The numbers that `as_json` told."""
        return cls(told["rows"], told["lines"], Counter(told["reasons"]))

    def add(self, other: Counts) -> None:
        """Add others' numbers to these."""
        self.rows += other.rows
        self.lines += other.lines
        self.reasons.update(other.reasons)


def receipt(piece: Piece, job: Job, counts: Counts) -> bytes:
    """What the finished piece says of itself, as JSON."""
    told = {"piece": _identity(piece, job), "counts": counts.as_json()}
    return json.dumps(told, sort_keys=True).encode()


def _identity(piece: Piece, job: Job) -> str:
    """A digest of all that decides what the piece holds."""
    source = (piece.name, piece.start, piece.stop, piece.rows, piece.source_size, piece.source_mtime_ns)
    told = json.dumps([source, asdict(job.options), job.model_digest])
    return hashlib.sha256(told.encode()).hexdigest()


def finished(piece: Piece, job: Job) -> Counts | None:
    """The counts of a piece that is done already; None where its file is missing, or not what the piece asks for."""
    try:
        if piece.form == Form.PARQUET:
            with pq.ParquetFile(job.target(piece)) as file:
                rows, stored = file.metadata.num_rows, (file.metadata.metadata or {})[RECEIPT_KEY]
        else:
            stored = job.record(piece).read_bytes()
            rows = _count_rows(job.target(piece), piece.compression)
        told = json.loads(stored)
        counts = Counts.from_json(told["counts"])
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
        return None
    return counts if told["piece"] == _identity(piece, job) and counts.rows == rows else None


def _count_rows(path: Path, compression: str | None) -> int:
    with open_rows(path, compression) as stream:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))


@contextmanager
def open_rows(path: str | Path, compression: str | None) -> Iterator[BinaryIO]:
    """A JSON Lines file to read, decompressed."""
    if compression is None:
        with open(path, "rb", buffering=1 << 20) as stream:
            yield stream
        return
    with pa.OSFile(os.fspath(path)) as packed, pa.CompressedInputStream(packed, compression) as unpacked:
        yield io.BufferedReader(unpacked, 1 << 20)


@contextmanager
def new_file(target: Path) -> Iterator[BinaryIO]:
    """A file that appears whole or not at all, and stays: its content and its name are on disk when this ends."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as stream:
        yield stream
