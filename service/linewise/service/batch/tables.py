"""The tables that batch labelling writes: one row for each line, one row for each file.

A table's metadata says which schema it has. To add a column that readers can pass over, raise the second part of
`SCHEMA_VERSION`; to change or remove one, the first. `docs/batch.md` describes every column, and a test holds it to
this module.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import pyarrow as pa

from linewise.features.labels import LABEL_NAMES, N_LABELS, TAXONOMY_VERSION

from .summary import RATIO_COLUMN, SHARE_COLUMNS

SCHEMA_VERSION = "1.0"
METADATA_PREFIX = "linewise."

NAME = pa.dictionary(pa.int32(), pa.string())
"""Values that are repeated for many rows: each is stored once."""
SCORES = pa.list_(pa.float16(), N_LABELS)
"""The probability of every label, in the order of the taxonomy."""
LABEL_FIELDS: tuple[pa.Field, ...] = tuple(pa.field(name, pa.bool_(), nullable=False) for name in LABEL_NAMES)
SUMMARY_FIELDS: tuple[pa.Field, ...] = (
    pa.field("language", NAME),
    pa.field("language_score", pa.float32()),
    pa.field("lines", pa.int64()),
    *(pa.field(name, pa.float32()) for name in SHARE_COLUMNS),
    pa.field(RATIO_COLUMN, pa.float32()),
)
"""The types of `summary.SUMMARY_COLUMNS`."""
ORIGIN_FIELDS: tuple[pa.Field, ...] = (
    pa.field("repo", NAME),
    pa.field("commit", NAME),
    pa.field("path", NAME, nullable=False),
    pa.field("blob", NAME),
)
MODEL_FIELDS: tuple[pa.Field, ...] = (
    pa.field("model_digest", NAME, nullable=False),
    pa.field("taxonomy_version", NAME, nullable=False),
)


def line_schema(*, scores: bool = False, with_text: bool = False) -> pa.Schema:
    """The schema of the table that has one row for each line.

    Args:
        scores: with the probability of every label.
        with_text: with the lines' source text.
    """
    fields = [
        *ORIGIN_FIELDS,
        pa.field("line", pa.int32(), nullable=False),
        pa.field("byte_start", pa.int64(), nullable=False),
        pa.field("byte_end", pa.int64(), nullable=False),
        pa.field("language", NAME),
        pa.field("language_score", pa.float32(), nullable=False),
        *LABEL_FIELDS,
        pa.field("uncertain", pa.uint32(), nullable=False),
    ]
    if scores:
        fields.append(pa.field("scores", SCORES, nullable=False))
    if with_text:
        fields.append(pa.field("source", pa.string(), nullable=False))
    return pa.schema([*fields, *MODEL_FIELDS])


def file_schema() -> pa.Schema:
    """The schema of the table that has one row for each file, those included that were not labelled."""
    return pa.schema(
        [
            *ORIGIN_FIELDS,
            pa.field("path_bytes", pa.binary()),
            pa.field("status", NAME, nullable=False),
            pa.field("reason", NAME),
            pa.field("detail", pa.string()),
            pa.field("bytes", pa.int64()),
            pa.field("encoding", NAME),
            pa.field("generated", pa.bool_()),
            pa.field("vendored", pa.bool_()),
            pa.field("minified", pa.bool_()),
            *SUMMARY_FIELDS,
            *MODEL_FIELDS,
        ]
    )


def table_metadata(table: str, model_digest: str, options: Mapping[str, object]) -> dict[bytes, bytes]:
    """What a file says of itself, as the metadata of its schema.

    Args:
        table: what its rows are, such as ``lines`` or ``files``.
        model_digest: SHA-256 of the model that labelled.
        options: those of the command, as can be written in JSON.
    """
    told = {
        "schema_version": SCHEMA_VERSION,
        "table": table,
        "model_digest": model_digest,
        "taxonomy_version": TAXONOMY_VERSION,
        "labels": json.dumps(LABEL_NAMES),
        "options": json.dumps(options, sort_keys=True),
    }
    return {(METADATA_PREFIX + key).encode(): value.encode() for key, value in told.items()}
