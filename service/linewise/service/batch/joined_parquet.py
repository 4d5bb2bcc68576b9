"""Parquet files of one schema as one file, whose row groups are copied as they are.

To encode a million rows anew takes a fifth of the time that it takes to label them. What lies in front of a footer can
be copied; the footer says where in the file each piece of a column begins, and so is written anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from .thrift import Struct, read_struct, write_struct

_MAGIC = b"PAR1"
_LENGTH_BYTES = 4
_CHUNK_BYTES = 1 << 20
# The numbers of fields in `parquet.thrift`: of a file's metadata, of a row group, of a chunk of a column, and of that
# chunk's metadata. Positions are counted from the beginning of the file.
_N_ROWS, _ROW_GROUPS = 3, 4
_COLUMNS, _GROUP_POSITION, _ORDINAL = 1, 5, 7
_CHUNK_POSITIONS, _CHUNK_METADATA = (2, 4, 6), 3
_PAGE_POSITIONS = (9, 10, 11, 14)


class JoinError(ValueError):
    """A file is no Parquet file; the message names it."""


def join_parquet(paths: Iterable[Path], stream: BinaryIO) -> None:
    """Write a Parquet file with the row groups of others, in order, and the metadata of the first.

    Args:
        paths: at least one file; all have one schema.
        stream: at its beginning.

    Raises:
        JoinError: one is no Parquet file.
        ThriftError: one has a footer that cannot be read.
        OSError: one cannot be read, or the stream not be written.
    """
    stream.write(_MAGIC)
    position = len(_MAGIC)
    whole: Struct = {}
    for path in paths:
        with path.open("rb") as source:
            end, footer = _footer(source, path)
            source.seek(len(_MAGIC))
            _copy(source, stream, end - len(_MAGIC))
        _shift(footer, position - len(_MAGIC))
        position += end - len(_MAGIC)
        if whole:
            _append(whole, footer)
        else:
            whole = footer
    for ordinal, group in enumerate(whole[_ROW_GROUPS][1][1]):
        if _ORDINAL in group:
            # It is a number of 16 bits, and may be left out.
            kind, _ = group.pop(_ORDINAL)
            if ordinal < 1 << 15:
                group[_ORDINAL] = kind, ordinal
    told = write_struct(whole)
    stream.write(told + len(told).to_bytes(_LENGTH_BYTES, "little") + _MAGIC)


def _footer(source: BinaryIO, path: Path) -> tuple[int, Struct]:
    """Where a file's footer begins, and what it says."""
    size = source.seek(0, os.SEEK_END)
    tail = _LENGTH_BYTES + len(_MAGIC)
    source.seek(max(0, size - tail))
    length, magic = int.from_bytes(source.read(_LENGTH_BYTES), "little"), source.read()
    begin = size - tail - length
    if magic != _MAGIC or begin < len(_MAGIC):
        raise JoinError(f"{os.fspath(path)} is no Parquet file")
    source.seek(begin)
    return begin, read_struct(source.read(length))


def _copy(source: BinaryIO, stream: BinaryIO, n_bytes: int) -> None:
    while n_bytes and (chunk := source.read(min(n_bytes, _CHUNK_BYTES))):
        stream.write(chunk)
        n_bytes -= len(chunk)


def _shift(footer: Struct, by: int) -> None:
    """Say of each piece that it lies so many bytes further on."""
    for group in footer[_ROW_GROUPS][1][1]:
        _shift_fields(group, (_GROUP_POSITION,), by)
        for chunk in group[_COLUMNS][1][1]:
            _shift_fields(chunk, _CHUNK_POSITIONS, by)
            _shift_fields(chunk[_CHUNK_METADATA][1], _PAGE_POSITIONS, by)


def _shift_fields(struct: Struct, numbers: Iterable[int], by: int) -> None:
    for number in numbers:
        # Zero, where it is deprecated to say more, means nowhere.
        if number in struct and struct[number][1]:
            kind, position = struct[number]
            struct[number] = kind, position + by


def _append(whole: Struct, footer: Struct) -> None:
    """Add the rows and row groups of a file to those before."""
    kind, n_rows = whole[_N_ROWS]
    whole[_N_ROWS] = kind, n_rows + footer[_N_ROWS][1]
    whole[_ROW_GROUPS][1][1].extend(footer[_ROW_GROUPS][1][1])
