"""What a whole text amounts to: its labels as numbers that filters of datasets can use."""

from __future__ import annotations

from collections.abc import Iterable
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

_CODE = mask_of(["code"])
_COMMENT = mask_of(["comment", "documentation"])


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

    def as_row(self) -> dict[str, str | float | int | None]:
        """The summary by `SUMMARY_COLUMNS`."""
        shares = self.shares if self.shares is not None else (None,) * N_LABELS
        values = (self.language, self.language_score, self.lines, *shares, self.comment_to_code_ratio)
        return dict(zip(SUMMARY_COLUMNS, values, strict=True))


def summarize(prediction: Prediction) -> Summary:
    """The summary of one text."""
    masks = prediction.masks
    lines = len(masks)
    code = int(np.count_nonzero(masks & _CODE))
    commented = int(np.count_nonzero(masks & _COMMENT))
    return Summary(
        prediction.language,
        prediction.language_score,
        lines,
        tuple((label_counts(masks) / lines).tolist()) if lines else None,
        commented / code if code else None,
    )


def summaries(predictions: Iterable[Prediction]) -> dict[str, list[str | float | int | None]]:
    """The summaries of many texts as columns, `SUMMARY_COLUMNS`, each with one value for each text."""
    rows = [summarize(prediction).as_row() for prediction in predictions]
    return {name: [row[name] for row in rows] for name in SUMMARY_COLUMNS}


def label_counts(masks: NDArray[np.uint32]) -> NDArray[np.int64]:
    """How many lines have each label: int64 of shape (n_labels,), from masks of shape (n_lines,)."""
    counts: NDArray[np.int64] = label_bits(masks).sum(axis=0, dtype=np.int64)
    return counts


def label_bits(masks: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Each line's labels as ones and zeros: uint8 of shape (n_lines, n_labels)."""
    little = np.ascontiguousarray(masks, dtype="<u4")
    return np.unpackbits(little.view(np.uint8).reshape(-1, 4), axis=1, count=N_LABELS, bitorder="little")
