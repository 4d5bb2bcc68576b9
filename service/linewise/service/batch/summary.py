"""What a whole text amounts to: its labels as numbers that filters of datasets can use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linewise.features import kernel
from linewise.features.labels import LABEL_NAMES, N_LABELS, mask_of
from linewise.models import Prediction

SHARE_PREFIX = "frac_lines_"
SHARE_COLUMNS: tuple[str, ...] = tuple(SHARE_PREFIX + name for name in LABEL_NAMES)
RATIO_COLUMN = "comment_to_code_ratio"
SUMMARY_COLUMNS: tuple[str, ...] = ("language", "language_score", "lines", *SHARE_COLUMNS, RATIO_COLUMN)
"""The columns of a summary, in order; `tables.SUMMARY_FIELDS` has their types."""

_NOTHING = (None,) * len(SUMMARY_COLUMNS)
_CODE = LABEL_NAMES.index("code")
_COMMENT = mask_of(["comment", "documentation"])
_COMMENTED_MARK = 1 << N_LABELS
_HELD_LINES, _HELD_TEXTS = 1 << 14, 256
_MASK_BYTES = 4
_BYTE_VALUES = 256
_BITS_OF_VALUE = np.arange(_BYTE_VALUES)[:, None] >> np.arange(8) & 1
"""The bits of each value of a byte, of shape (256, 8)."""


class Summary(NamedTuple):
    """One text in numbers; a tuple, for there is one for each file.

    Attributes:
        language: its language, None where it seems to be none of those known.
        language_score: the probability of that answer.
        lines: how many lines it has.
        shares: the share of its lines that has each label, float64 of shape (n_labels,); None for a text without lines.
        comment_to_code_ratio: lines with a comment or documentation on them for each line with code on it; a line with
            both counts on both sides. None where no line has code.
    """

    language: str | None
    language_score: float
    lines: int
    shares: NDArray[np.float64] | None
    comment_to_code_ratio: float | None

    @property
    def values(self) -> tuple[str | float | int | None, ...]:
        """The values of `SUMMARY_COLUMNS`, in order."""
        shares = self.shares.tolist() if self.shares is not None else (None,) * N_LABELS
        return (self.language, self.language_score, self.lines, *shares, self.comment_to_code_ratio)

    def as_row(self) -> dict[str, str | float | int | None]:
        """The summary by `SUMMARY_COLUMNS`."""
        return dict(zip(SUMMARY_COLUMNS, self.values, strict=True))


def summarize(prediction: Prediction) -> Summary:
    """The summary of one text."""
    return summarize_many([prediction])[0]


def summarize_many(predictions: Sequence[Prediction]) -> list[Summary]:
    """The summary of each text, which costs less than one by one."""
    if not predictions:
        return []
    lengths = np.array([len(prediction) for prediction in predictions], dtype=np.int64)
    masks = np.concatenate([prediction.masks for prediction in predictions])
    # The first bit that is no label's tells which lines have a comment or documentation on them.
    counts = _count_bits(np.where(masks & _COMMENT, masks | _COMMENTED_MARK, masks), lengths)
    shares = counts[:, :N_LABELS] / np.maximum(lengths, 1)[:, None]
    ratios = (counts[:, N_LABELS] / np.maximum(counts[:, _CODE], 1)).tolist()
    return [
        Summary(
            prediction.language,
            prediction.language_score,
            length,
            share if length else None,
            ratio if n_code else None,
        )
        for prediction, length, share, ratio, n_code in zip(
            predictions, lengths.tolist(), shares, ratios, counts[:, _CODE].tolist(), strict=True
        )
    ]


def summarize_stream(predictions: Iterable[Prediction]) -> Iterator[Summary]:
    """The same of any number of texts, one after the other, with some thousand lines of them in memory."""
    held: list[Prediction] = []
    n_lines = 0
    for prediction in predictions:
        held.append(prediction)
        n_lines += len(prediction)
        if n_lines >= _HELD_LINES or len(held) >= _HELD_TEXTS:
            yield from summarize_many(held)
            held, n_lines = [], 0
    yield from summarize_many(held)


def _count_bits(masks: NDArray[np.uint32], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """How often each bit is set in each of consecutive runs of masks: int64 of shape (n_runs, 32)."""
    if (library := kernel.load()) is None:
        return _count_by_numpy(masks, lengths)
    counts = np.empty((len(lengths), 32), dtype=np.int64)
    library.call("lw_count_bits", masks, lengths, len(lengths), counts)
    return counts


def _count_by_numpy(masks: NDArray[np.uint32], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The values of a byte are counted before their bits are, which takes one step for eight bits of a line."""
    columns = np.ascontiguousarray(masks, dtype="<u4").view(np.uint8).reshape(-1, _MASK_BYTES)
    runs = np.repeat(np.arange(len(lengths)) * _BYTE_VALUES, lengths)
    n_values = len(lengths) * _BYTE_VALUES
    values = [np.bincount(runs + columns[:, byte], minlength=n_values) for byte in range(_MASK_BYTES)]
    return np.concatenate([each.reshape(-1, _BYTE_VALUES) @ _BITS_OF_VALUE for each in values], axis=1)


def columns_of(summaries: Iterable[Summary | None]) -> dict[str, list[str | float | int | None]]:
    """Summaries as columns, `SUMMARY_COLUMNS`, each with one value for each summary; None where there is no summary."""
    rows = [_NOTHING if summary is None else summary.values for summary in summaries]
    columns = [list(values) for values in zip(*rows, strict=True)] or [[] for _ in SUMMARY_COLUMNS]
    return dict(zip(SUMMARY_COLUMNS, columns, strict=True))
