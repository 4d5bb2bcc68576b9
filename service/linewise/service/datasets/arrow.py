"""Labelling rows that are an Arrow record batch."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ..batch.arrays import column
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
    return [column(columns[field.name], field.type) for field in added_schema(options)]


def values_of(texts: pa.Array) -> list[object]:
    """A column's values as Python ones: bytes for any kind of text, which spares decoding and encoding it."""
    if not is_text(texts.type):
        values: list[object] = texts.to_pylist()
        return values
    kind = texts.type
    if pa.types.is_dictionary(kind):
        texts, kind = texts.cast(kind.value_type), kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        # The same bytes by another name; a cast would import much that is not needed here.
        texts = texts.view(pa.binary() if pa.types.is_string(kind) else pa.large_binary())
    elif not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        texts = texts.cast(pa.large_binary())
    as_bytes: list[object] = texts.to_pylist()
    return as_bytes


def _optional_values(batch: pa.RecordBatch, name: str | None) -> Sequence[object] | None:
    return None if name is None else batch.column(name).to_pylist()
