"""The columns that labelling adds to a row: a status, the summary of its text, and on request its lines' labels."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa

from ..batch.tables import SUMMARY_FIELDS
from .options import RowOptions
from .shards import InputError

STATUS, REASON = "status", "reason"
LINE_LABELS, LINE_UNCERTAIN = "line_labels", "line_uncertain"
_STATUS_FIELDS = (pa.field(STATUS, pa.string()), pa.field(REASON, pa.string()))
_LINE_FIELDS = (pa.field(LINE_LABELS, pa.list_(pa.uint32())), pa.field(LINE_UNCERTAIN, pa.list_(pa.uint32())))
_TEXT_TYPES = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
    pa.types.is_fixed_size_binary,
)


class ColumnError(InputError):
    """Rows lack a column that is needed, or have one of a name that is to be added; the message names it."""


def added_schema(options: RowOptions) -> pa.Schema:
    """The names and types of the added columns, in order."""
    fields = [*_STATUS_FIELDS, *map(_without_dictionary, SUMMARY_FIELDS)]
    if options.with_lines:
        fields.extend(_LINE_FIELDS)
    return pa.schema([field.with_name(options.prefix + field.name) for field in fields])


def check_names(names: Collection[str], options: RowOptions) -> None:
    """Raise ColumnError unless rows of these columns can be labelled and the added columns are new to them."""
    for name in options.read_columns:
        if name not in names:
            raise ColumnError(f"there is no column {name!r}; there are {', '.join(sorted(names)) or 'none'}")
    doubled = [name for name in added_schema(options).names if name in names]
    if doubled:
        raise ColumnError(f"there is a column {doubled[0]!r} already; choose another prefix for those that are added")


def check_schema(schema: pa.Schema, options: RowOptions) -> None:
    """As `check_names`, and raise ColumnError too where no text can be in the text's column."""
    check_names(schema.names, options)
    kind = schema.field(options.text_column).type
    if not is_text(kind) and not pa.types.is_null(kind):
        raise ColumnError(f"the column {options.text_column!r} holds {kind}, no text")


def is_text(kind: pa.DataType) -> bool:
    """Whether values of an Arrow type are strings or bytes, stored plainly or by a dictionary."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return any(is_one(kind) for is_one in _TEXT_TYPES)


def _without_dictionary(field: pa.Field) -> pa.Field:
    # Each engine has its own notion of dictionaries that differ from batch to batch; Parquet makes its own anyway.
    return field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
