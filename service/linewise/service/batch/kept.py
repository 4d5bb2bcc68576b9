"""Parts as they are kept until one Parquet file is made of them: in Arrow's file format, quick to write and to read.

Of each line there is what labelling says of it, in few columns; what is the same for all lines of a file is in the
part's table of files alone. Where a line begins is told by how far that is from the end of the line before, the
last one of another file perhaps: such numbers are small and compress well. No text has 2 GiB, so 32 bits suffice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from linewise.features.labels import N_LABELS

from .arrays import bytes_of, numbers, values_of
from .rows import LineBlock
from .tables import SCORES


def kept_schema(*, scores: bool, with_text: bool) -> pa.Schema:
    """The schema of a part's lines, with the probabilities of the labels or the lines' text where they are wanted."""
    fields = [
        ("masks", pa.uint32()),
        ("uncertain", pa.uint32()),
        ("gaps", pa.int32()),
        ("lengths", pa.int32()),
        *([("scores", SCORES)] if scores else []),
        *([("source", pa.string())] if with_text else []),
    ]
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in fields])


class ArrowWriter:
    """Writes record batches to a stream."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema, metadata: Mapping[bytes, bytes] | None = None) -> None:
        options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
        self._writer = pa.ipc.new_file(stream, schema.with_metadata(dict(metadata or {})), options=options)

    def write(self, rows: pa.RecordBatch | pa.Table) -> None:
        """Write some rows."""
        self._writer.write(rows)

    def close(self) -> None:
        """Write the footer."""
        self._writer.close()


def batch_of(block: LineBlock) -> pa.RecordBatch:
    """Lines as a part keeps them."""
    gaps = block.starts - np.concatenate((np.zeros(1, dtype=np.int64), block.ends))[:-1]
    bounds = [numbers(each.astype(np.int32)) for each in (gaps, block.ends - block.starts)]
    columns = [numbers(block.masks), numbers(block.uncertain), *bounds, *block.extra_columns()]
    schema = kept_schema(scores=block.scores is not None, with_text=block.source is not None)
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def blocks_of(path: Path, counts: NDArray[np.int64]) -> Iterator[tuple[LineBlock, slice]]:
    """The lines that a part keeps, and for each block which of its files they are of.

    Args:
        path: of the lines.
        counts: how many lines each file of the part has, int64 of shape (n_files,).

    Raises:
        OSError: they cannot be read.
    """
    ends = np.cumsum(counts)
    n_files = n_lines = 0
    for batch in _batches(path):
        n_lines += len(batch)
        # A batch has all lines of its files.
        files = slice(n_files, int(np.searchsorted(ends, n_lines)) + 1)
        yield _block(batch, counts[files]), files
        n_files = files.stop


def n_kept(path: Path) -> int:
    """How many lines a part keeps; raises OSError or ArrowException where it is not whole."""
    return sum(map(len, _batches(path)))


def kept_table(path: Path) -> pa.Table:
    """A part's table of files; raises OSError or ArrowException where it is not whole."""
    with pa.OSFile(str(path)) as stream, pa.ipc.open_file(stream) as file:
        return file.read_all()


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.OSFile(str(path)) as stream, pa.ipc.open_file(stream) as file:
        for index in range(file.num_record_batches):
            yield file.get_batch(index)


def _block(batch: pa.RecordBatch, counts: NDArray[np.int64]) -> LineBlock:
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    lengths = values_of(columns["lengths"], np.int32)
    ends = np.cumsum(values_of(columns["gaps"], np.int32) + lengths, dtype=np.int64)
    scores = values_of(columns["scores"], np.float16).reshape(-1, N_LABELS) if "scores" in columns else None
    source, source_lengths = bytes_of(columns["source"]) if "source" in columns else (None, None)
    return LineBlock(
        counts,
        values_of(columns["masks"], np.uint32),
        values_of(columns["uncertain"], np.uint32),
        ends - lengths,
        ends,
        scores,
        source,
        source_lengths,
    )
