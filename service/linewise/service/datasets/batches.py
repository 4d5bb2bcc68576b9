"""Labelling a batch of rows of whatever kind the engine at hand has: Arrow, pandas, numpy or lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .arrow import label_record_batch
from .columns import added_schema, check_names
from .options import RowOptions
from .rows import Columns, label_rows, process_classifier

if TYPE_CHECKING:
    import pandas as pd


class BatchTypeError(TypeError):
    """A batch is of none of the kinds that can be labelled; the message names its type."""


def label_any(batch: object, options: RowOptions) -> object:
    """The batch with the added columns, of the kind that it has: see `linewise.service.batch.label_batch`."""
    if isinstance(batch, pa.RecordBatch):
        return _label_record_batch(batch, options)
    if isinstance(batch, pa.Table):
        return _label_table(batch, options)
    if isinstance(batch, Mapping):
        return _label_mapping(batch, options)
    if _is_data_frame(batch):
        return _label_data_frame(cast("pd.DataFrame", batch), options)
    kind = f"{type(batch).__module__}.{type(batch).__qualname__}"
    raise BatchTypeError(f"a batch is a pyarrow table, a pandas data frame or a mapping of columns, not a {kind}")


def _label_record_batch(batch: pa.RecordBatch, options: RowOptions) -> pa.RecordBatch:
    check_names(batch.schema.names, options)
    labelled, _ = label_record_batch(batch, options, process_classifier())
    return labelled


def _label_table(table: pa.Table, options: RowOptions) -> pa.Table:
    check_names(table.schema.names, options)
    schema = pa.schema([*table.schema, *added_schema(options)], metadata=table.schema.metadata)
    # In one chunk where that is possible, for a batch of a few rows costs as much as one of a thousand.
    batches = table.combine_chunks().to_batches()
    return pa.Table.from_batches([_label_record_batch(batch, options) for batch in batches], schema)


def _label_mapping(batch: Mapping[str, Any], options: RowOptions) -> dict[str, Any]:
    columns = _label_columns(batch, options)
    if isinstance(batch[options.text_column], np.ndarray):
        return {**batch, **_as_numpy(columns, options)}
    # Plain values, for whoever writes lists may write them as JSON.
    return {**batch, **{name: [_plain(value) for value in values] for name, values in columns.items()}}


def _label_data_frame(frame: pd.DataFrame, options: RowOptions) -> pd.DataFrame:
    check_names(frame.columns, options)
    read = {name: frame[name].tolist() for name in options.read_columns}
    return frame.assign(**_as_numpy(_label_columns(read, options), options))


def _label_columns(batch: Mapping[str, Any], options: RowOptions) -> Columns:
    check_names(batch.keys(), options)
    language, filename = options.language_column, options.filename_column
    return label_rows(
        batch[options.text_column],
        None if language is None else batch[language],
        None if filename is None else batch[filename],
        options,
        process_classifier(),
    )


def _as_numpy(columns: Columns, options: RowOptions) -> dict[str, NDArray[Any]]:
    """The added columns as arrays: numbers with NaN where there is none, else objects with None."""
    arrays: dict[str, NDArray[Any]] = {}
    for field in added_schema(options):
        values = columns[field.name]
        if pa.types.is_primitive(field.type):
            arrays[field.name] = np.array(values, dtype=field.type.to_pandas_dtype())
            continue
        # Filled one by one, since numpy would make a table of arrays that happen to be of one length.
        objects = np.empty(len(values), dtype=object)
        for row, value in enumerate(values):
            objects[row] = value
        arrays[field.name] = objects
    return arrays


def _plain(value: object) -> object:
    return value.tolist() if isinstance(value, np.ndarray) else value


def _is_data_frame(value: object) -> bool:
    # Without importing pandas, which need not be installed.
    return any(
        kind.__module__.split(".")[0] == "pandas" and kind.__name__ == "DataFrame" for kind in type(value).__mro__
    )
