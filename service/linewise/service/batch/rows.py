"""The rows of both tables: arrays of all lines of some files, and what is known of each file.

Nothing here loops over lines: a batch of files is a handful of arrays, and a column of labels is one bit of the masks.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from linewise.features.documents import make_batch
from linewise.features.labels import N_LABELS, TAXONOMY_VERSION
from linewise.models import Prediction

from ..files import path_in_root
from ..reading import Skipped, Text
from .arrays import column, constant, flags, numbers, repeated
from .kinds import kinds_of
from .origin import Origin
from .spans import line_spans
from .summary import RATIO_COLUMN, SHARE_COLUMNS, Summary
from .tables import ORIGIN_FIELDS, SCORES, file_schema, line_schema

FILE_NAMES: tuple[str, ...] = (*(field.name for field in ORIGIN_FIELDS), "language", "language_score")
"""What rows of lines have of their file."""


class Status(StrEnum):
    """How a file ended; every file ends in exactly one way."""

    LABELLED = "labelled"
    SKIPPED = "skipped"
    FAILED = "failed"


class FileRow(NamedTuple):
    """One row of the table of files; `docs/batch.md` says what each column means.

    A tuple, for there is one for each file: it is made, and turned into columns, several times faster.
    """

    repo: str | None
    commit: str | None
    path: str
    blob: str | None
    path_bytes: bytes | None
    status: Status
    reason: str | None = None
    detail: str | None = None
    bytes: int | None = None
    encoding: str | None = None
    generated: bool | None = None
    vendored: bool | None = None
    minified: bool | None = None
    summary: Summary | None = None

    @classmethod
    def labelled(cls, text: Text, origin: Origin, summary: Summary) -> FileRow:
        """The row of a file that was labelled."""
        kinds = kinds_of(path_in_root(text.source), text.data, text.source.attributes)
        path, path_bytes = _names(text.source.name)
        return cls(
            origin.repo,
            origin.commit,
            path,
            _blob_of(text),
            path_bytes,
            Status.LABELLED,
            bytes=len(text.original),
            encoding=text.encoding,
            generated=kinds.generated,
            vendored=kinds.vendored,
            minified=kinds.minified,
            summary=summary,
        )

    @classmethod
    def unlabelled(cls, skip: Skipped, origin: Origin) -> FileRow:
        """The row of a file that was not labelled."""
        path, path_bytes = _names(skip.source.name)
        return cls(
            origin.repo,
            origin.commit,
            path,
            skip.source.blob.object_name if skip.source.blob else None,
            path_bytes,
            Status.FAILED if skip.is_failure else Status.SKIPPED,
            reason=skip.reason.value,
            detail=skip.detail or None,
        )


def _names(name: str) -> tuple[str, bytes | None]:
    """A file's path as text, and its bytes where they are no UTF-8."""
    if name.isascii():
        return name, None
    raw = os.fsencode(name)
    path = raw.decode("utf-8", "backslashreplace")
    return path, None if path.encode() == raw else raw


def _blob_of(text: Text) -> str:
    """The hash that git gives to what was read: SHA-1, or what a blob of a commit is named by."""
    if text.source.blob is not None:
        return text.source.blob.object_name
    data = text.original
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class LineBlock:
    """All lines of some labelled files.

    Attributes:
        counts: how many lines each has, int64 of shape (n_files,).
        masks, uncertain: labels as bit masks, uint32 of shape (n_lines,).
        starts, ends: where each line begins and ends in its file, in bytes, int64 of shape (n_lines,).
        scores: float16 of shape (n_lines, n_labels); None where they are not wanted.
        source: the lines' text without line breaks, uint8 of shape (n_bytes,); None where it is not wanted.
        source_lengths: the length of each line of it, int64 of shape (n_lines,).
    """

    counts: NDArray[np.int64]
    masks: NDArray[np.uint32]
    uncertain: NDArray[np.uint32]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    scores: NDArray[np.float16] | None
    source: NDArray[np.uint8] | None
    source_lengths: NDArray[np.int64] | None

    def __len__(self) -> int:
        return len(self.masks)

    @classmethod
    def of(
        cls,
        texts: Sequence[bytes],
        predictions: Sequence[Prediction],
        *,
        scores: bool,
        with_text: bool,
    ) -> LineBlock:
        """The lines of some files, with the texts that were labelled and what was said of them."""
        spans = line_spans(texts)
        source, lengths = _source(texts) if with_text else (None, None)
        return cls(
            spans.counts,
            np.concatenate([prediction.masks for prediction in predictions]),
            np.concatenate([prediction.uncertain_masks for prediction in predictions]),
            spans.starts,
            spans.ends,
            np.concatenate([p.probabilities for p in predictions]).astype(np.float16) if scores else None,
            source,
            lengths,
        )

    @classmethod
    def joined(cls, blocks: Sequence[LineBlock]) -> LineBlock:
        """Several blocks as one."""

        def together(name: str) -> Any:
            arrays = [getattr(block, name) for block in blocks]
            return None if arrays[0] is None else np.concatenate(arrays)

        return cls(*(together(name) for name in cls.__slots__))

    def extra_columns(self) -> list[pa.Array]:
        """The columns that are there on request: probabilities, text."""
        columns: list[pa.Array] = []
        if self.scores is not None:
            columns.append(pa.FixedSizeListArray.from_arrays(numbers(self.scores.reshape(-1)), type=SCORES))
        if self.source is not None and self.source_lengths is not None:
            offsets = np.concatenate(([0], np.cumsum(self.source_lengths))).astype(np.int32)
            columns.append(pa.StringArray.from_buffers(len(self), pa.py_buffer(offsets), pa.py_buffer(self.source)))
        return columns


def line_table(files: Mapping[str, Sequence[Any]], block: LineBlock, model_digest: str) -> pa.Table:
    """Lines as a table of `tables.line_schema`.

    Args:
        files: the values of `FILE_NAMES` for each file of the block.
        block: the lines.
        model_digest: SHA-256 of the model that labelled them.
    """
    n_lines = len(block)
    scores = np.array([score or 0 for score in files["language_score"]], dtype=np.float32)
    columns: list[pa.Array] = [
        *(repeated(files[field.name], block.counts) for field in ORIGIN_FIELDS),
        numbers(_numbers(block.counts)),
        numbers(block.starts),
        numbers(block.ends),
        repeated(files["language"], block.counts),
        numbers(np.repeat(scores, block.counts)),
        *flags(block.masks, N_LABELS),
        numbers(block.uncertain),
        *block.extra_columns(),
        constant(model_digest, n_lines),
        constant(TAXONOMY_VERSION, n_lines),
    ]
    schema = line_schema(scores=block.scores is not None, with_text=block.source is not None)
    return pa.Table.from_arrays(columns, schema=schema)


def file_values(rows: Sequence[FileRow]) -> dict[str, list[Any]]:
    """The values of `FILE_NAMES` for each file."""
    values: dict[str, list[Any]] = {field.name: list(map(attrgetter(field.name), rows)) for field in ORIGIN_FIELDS}
    values["language"] = [row.summary.language if row.summary else None for row in rows]
    values["language_score"] = [row.summary.language_score if row.summary else None for row in rows]
    return values


def _numbers(counts: NDArray[np.int64]) -> NDArray[np.int32]:
    """The line numbers of each file after those of the one before: counts 2, 3 give 1, 2, 1, 2, 3."""
    firsts = np.cumsum(counts) - counts
    return (np.arange(1, counts.sum() + 1) - np.repeat(firsts, counts)).astype(np.int32)


def _source(texts: Sequence[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The lines' bytes without line breaks, and the length of each; stray bytes become replacement characters."""
    batch = make_batch([text if text.isascii() else text.decode("utf-8", "replace").encode() for text in texts])
    starts, ends = batch.lines.starts, batch.lines.ends
    kept = np.ones(len(batch.data), dtype=bool)
    kept[ends] = False
    kept[np.concatenate((starts[1:], ends[-1:] + 1)) - 1] = False
    kept[ends[-1] + 1 if len(ends) else 0 :] = False
    return batch.data[kept], ends - starts


def file_table(rows: Sequence[FileRow], model_digest: str) -> pa.Table:
    """Rows of files as a table of `tables.file_schema`."""
    schema = file_schema()
    summaries = [row.summary for row in rows]
    of_rows = zip(*rows, strict=True) if rows else [()] * len(FileRow._fields)
    values: dict[str, Sequence[Any]] = {
        name: each for name, each in zip(FileRow._fields, of_rows, strict=True) if name in schema.names
    }
    values |= file_values(rows)
    values["lines"] = [said.lines if said else None for said in summaries]
    values[RATIO_COLUMN] = [said.comment_to_code_ratio if said else None for said in summaries]
    columns = {name: column(values[name], schema.field(name).type) for name in values}
    columns |= dict(zip(SHARE_COLUMNS, _shares(summaries), strict=True))
    columns |= {"model_digest": constant(model_digest, len(rows))}
    columns |= {"taxonomy_version": constant(TAXONOMY_VERSION, len(rows))}
    return pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)


def _shares(summaries: Sequence[Summary | None]) -> list[pa.Array]:
    """A column for each label: the share of each file's lines that has it, null where there is none."""
    known = [said.shares if said else None for said in summaries]
    missing = np.array([shares is None for shares in known], dtype=bool)
    nothing = np.zeros(N_LABELS)
    table = np.concatenate([nothing, *(nothing if shares is None else shares for shares in known)])[N_LABELS:]
    return [numbers(shares, missing) for shares in table.astype(np.float32).reshape(-1, N_LABELS).T]
