"""What a whole text amounts to: its labels as numbers that filters of datasets can use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


@dataclass(frozen=True, slots=True)
class Summary:
    """One text in numbers.

    Attributes:
        language: its language, None where it seems to be none of those known.
        language_score: the probability of that answer.
        lines: how many lines it has.
        shares: the share of its lines that has each label, in the order of the taxonomy; None for a text without lines.
        comment_to_code_ratio: lines with a comment or documentation on them for each line with code on it; a line with
            both counts on both sides. None where no line has code.
    """

    language: str | None
    language_score: float
    lines: int
    shares: tuple[float, ...] | None
    comment_to_code_ratio: float | None

    @property
    def values(self) -> tuple[str | float | int | None, ...]:
        """The values of `SUMMARY_COLUMNS`, in order."""
        shares = self.shares if self.shares is not None else (None,) * N_LABELS
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
    lengths = np.array([len(prediction) for prediction in predictions])
    masks = np.concatenate([prediction.masks for prediction in predictions])
    # The first bit that is no label's tells which lines have a comment or documentation on them.
    marked = np.where(masks & _COMMENT, masks | _COMMENTED_MARK, masks)
    counts = np.zeros((len(predictions), N_LABELS + 1), dtype=np.int64)
    if len(masks):
        starts = (np.cumsum(lengths) - lengths)[lengths > 0]
        counts[lengths > 0] = np.add.reduceat(_bits(marked, N_LABELS + 1), starts, axis=0, dtype=np.int64)
    shares = (counts[:, :N_LABELS] / np.maximum(lengths, 1)[:, None]).tolist()
    ratios = (counts[:, N_LABELS] / np.maximum(counts[:, _CODE], 1)).tolist()
    return [
        Summary(
            prediction.language,
            prediction.language_score,
            length,
            tuple(share) if length else None,
            ratio if n_code else None,
        )
        for prediction, length, share, ratio, n_code in zip(
            predictions, lengths.tolist(), shares, ratios, counts[:, _CODE].tolist(), strict=True
        )
    ]


def columns_of(summaries: Iterable[Summary | None]) -> dict[str, list[str | float | int | None]]:
    """Summaries as columns, `SUMMARY_COLUMNS`, each with one value for each summary; None where there is no summary."""
    rows = [_NOTHING if summary is None else summary.values for summary in summaries]
    columns = [list(values) for values in zip(*rows, strict=True)] or [[] for _ in SUMMARY_COLUMNS]
    return dict(zip(SUMMARY_COLUMNS, columns, strict=True))


def label_bits(masks: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Each line's labels as ones and zeros: uint8 of shape (n_lines, n_labels)."""
    return _bits(masks, N_LABELS)


def _bits(masks: NDArray[np.uint32], n_bits: int) -> NDArray[np.uint8]:
    little = np.ascontiguousarray(masks, dtype="<u4")
    return np.unpackbits(little.view(np.uint8).reshape(-1, 4), axis=1, count=n_bits, bitorder="little")
