"""Labelling rows that are an Arrow record batch."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from .columns import added_schema, is_text
from .options import RowOptions
from .rows import Columns, ManyClassifier, label_rows


def label_record_batch(
    batch: pa.RecordBatch, options: RowOptions, classifier: ManyClassifier
) -> tuple[pa.RecordBatch, Columns]:
    """The batch with the added columns behind its own, and the added ones as plain values."""
    columns = label_rows(
        values_of(batch.column(options.text_column)),
        _optional_values(batch, options.language_column),
        _optional_values(batch, options.filename_column),
        options,
        classifier,
    )
    added = arrays_of(columns, options)
    schema = pa.schema([*batch.schema, *added_schema(options)], metadata=batch.schema.metadata)
    return pa.RecordBatch.from_arrays([*batch.columns, *added], schema=schema), columns


def arrays_of(columns: Columns, options: RowOptions) -> list[pa.Array]:
    """The added columns as Arrow arrays, typed as `added_schema` says."""
    return [pa.array(columns[field.name], field.type) for field in added_schema(options)]


def values_of(column: pa.Array | pa.ChunkedArray) -> list[object]:
    """A column's values as Python ones: bytes for any kind of text, which spares decoding and encoding it."""
    if not is_text(column.type):
        values: list[object] = column.to_pylist()
        return values
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    texts: list[object] = column.cast(pa.large_binary()).to_pylist()
    return texts


def _optional_values(batch: pa.RecordBatch, name: str | None) -> Sequence[object] | None:
    return None if name is None else batch.column(name).to_pylist()
