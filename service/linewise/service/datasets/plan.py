"""How a data set is cut into pieces of work: one output file each, labelled whole or not at all.

The cut depends on the shards and on one size alone, neither on the machine nor on how many work, so whoever resumes,
and whichever engine runs, finds the same pieces with the same names.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq

from .columns import check_schema
from .options import RowOptions
from .shards import Form, InputError, Shard

DEFAULT_PIECE_BYTES = 128_000_000
"""Some ten seconds of one core: little is lost with a worker, and the fixed costs do not show."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of rows of one shard and the file that they go to. Flat, so that it can be a row of a table.

    Attributes:
        path: the shard.
        name: the output file, relative to the output folder.
        form: the `Form` of both, by value.
        compression: the codec around both, None for Parquet and bare JSON Lines.
        start: its first row group (Parquet), or the byte from which on rows begin (JSON Lines).
        stop: the end of that range, exclusive; None for a compressed shard, which is read to its end.
        rows: how many rows it has, None where only reading tells.
        source_size: the shard's size in bytes when the pieces were cut.
        source_mtime_ns: when the shard had last been written then.
        weight: its share of the work: bytes, uncompressed where that is known.
    """

    path: str
    name: str
    form: str
    compression: str | None
    start: int
    stop: int | None
    rows: int | None
    source_size: int
    source_mtime_ns: int
    weight: int


@dataclass(frozen=True, slots=True)
class BadShard:
    """A shard that cannot be labelled, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All the pieces of a data set, in the order of its rows, and the shards that have none."""

    pieces: tuple[Piece, ...]
    bad_shards: tuple[BadShard, ...]


def make_plan(shards: Iterable[Shard], options: RowOptions, piece_bytes: int = DEFAULT_PIECE_BYTES) -> Plan:
    """Cut shards into pieces of about so many bytes; a smaller shard is one piece and keeps its name.

    Reads the footers of Parquet files, nothing else. Row groups are never cut, nor compressed JSON Lines.
    """
    pieces: list[Piece] = []
    bad: list[BadShard] = []
    for shard in shards:
        try:
            pieces.extend(_cut(shard, options, piece_bytes))
        except (InputError, pa.ArrowException, OSError) as error:
            bad.append(BadShard(shard.name, str(error)))
    return Plan(tuple(pieces), tuple(bad))


def _cut(shard: Shard, options: RowOptions, piece_bytes: int) -> list[Piece]:
    if shard.form is Form.PARQUET:
        ranges = list(_row_group_ranges(shard, options, piece_bytes))
    elif shard.compression is not None:
        ranges = [_Range(0, None, None, shard.size)]
    else:
        count = max(1, round(shard.size / piece_bytes))
        edges = [shard.size * index // count for index in range(count + 1)]
        ranges = [_Range(start, stop, None, stop - start) for start, stop in pairwise(edges)]
    return [
        Piece(
            path=shard.path,
            name=_numbered(shard.name, index, len(ranges)),
            form=shard.form.value,
            compression=shard.compression,
            start=one.start,
            stop=one.stop,
            rows=one.rows,
            source_size=shard.size,
            source_mtime_ns=shard.mtime_ns,
            weight=one.weight,
        )
        for index, one in enumerate(ranges)
    ]


@dataclass(frozen=True, slots=True)
class _Range:
    start: int
    stop: int | None
    rows: int | None
    weight: int


def _row_group_ranges(shard: Shard, options: RowOptions, piece_bytes: int) -> Iterator[_Range]:
    with pq.ParquetFile(shard.path) as file:
        check_schema(file.schema_arrow, options)
        groups = [file.metadata.row_group(index) for index in range(file.metadata.num_row_groups)]
    start = rows = weight = 0
    for index, group in enumerate(groups):
        if weight and weight + group.total_byte_size > piece_bytes:
            yield _Range(start, index, rows, weight)
            start, rows, weight = index, 0, 0
        rows += group.num_rows
        weight += group.total_byte_size
    # Also where there is no row group: a shard without rows is a shard without rows in the output too.
    yield _Range(start, len(groups), rows, weight)


def _numbered(name: str, index: int, count: int) -> str:
    """``code.parquet`` for the only piece of a shard, ``code-00002-of-00007.parquet`` for the third of seven."""
    if count == 1:
        return name
    folder, file_name = os.path.split(name)
    stem, dot, suffixes = file_name.partition(".")
    return os.path.join(folder, f"{stem}-{index:05}-of-{count:05}{dot}{suffixes}")
