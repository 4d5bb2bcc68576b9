"""Labelling the rows of a Parquet piece, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from ..batch.tables import table_metadata
from .arrow import label_record_batch
from .columns import REASON, added_schema, check_schema
from .options import RowOptions
from .plan import Piece
from .receipts import RECEIPT_KEY, Counts, Job, receipt
from .rows import Columns, ManyClassifier
from .shards import InputError

_BATCH_BYTES = 8_000_000
_MAX_BATCH_ROWS = 4096
_ROW_GROUP_BYTES = 32_000_000
_READ_BUFFER_BYTES = 1 << 20


def label_parquet(piece: Piece, job: Job, classifier: ManyClassifier, stream: BinaryIO) -> Counts:
    """Write the piece's rows with the added columns, and its receipt in the footer.

    Raises:
        InputError: the shard cannot be read, or its columns do not suit.
        OSError: the stream cannot be written.
    """
    counts = Counts()
    batches = _read(piece, job.options)
    schema = next(batches).schema
    told = table_metadata("documents", job.model_digest, {})
    schema = pa.schema([*schema, *added_schema(job.options)], metadata={**(schema.metadata or {}), **told})
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        group: list[pa.RecordBatch] = []
        for batch in batches:
            labelled, columns = label_record_batch(batch, job.options, classifier)
            count_rows(columns, job.options, counts)
            group.append(labelled)
            if sum(one.nbytes for one in group) >= _ROW_GROUP_BYTES:
                writer.write_table(_together(group, schema))
                group = []
        if group:
            writer.write_table(_together(group, schema))
        writer.add_key_value_metadata({RECEIPT_KEY: receipt(piece, job, counts)})
    return counts


def _together(batches: Sequence[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """Batches as one table with the metadata of a schema, whose fields theirs are."""
    return pa.Table.from_batches(batches).replace_schema_metadata(schema.metadata)


def count_rows(columns: Columns, options: RowOptions, counts: Counts) -> None:
    """Add some rows' added columns to the counts."""
    reasons = columns[options.prefix + REASON]
    counts.rows += len(reasons)
    counts.lines += sum(columns[options.prefix + "lines"])
    counts.reasons.update(reason for reason in reasons if reason is not None)


def _read(piece: Piece, options: RowOptions) -> Iterator[pa.RecordBatch]:
    """The piece's rows in batches, after one empty batch that tells the schema."""
    try:
        # Without pre-buffering, which would hold whole columns of a row group in memory.
        with pq.ParquetFile(piece.path, buffer_size=_READ_BUFFER_BYTES, pre_buffer=False) as file:
            check_schema(file.schema_arrow, options)
            yield pa.RecordBatch.from_pylist([], schema=file.schema_arrow)
            mean_bytes = max(1, piece.weight // max(1, piece.rows or 1))
            yield from file.iter_batches(
                batch_size=max(1, min(_BATCH_BYTES // mean_bytes, _MAX_BATCH_ROWS)),
                row_groups=range(piece.start, piece.stop or 0),
                use_threads=False,
            )
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"cannot be read: {error}") from error
