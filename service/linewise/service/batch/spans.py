"""Where the lines of labelled texts are, each in its own text."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linewise.features import kernel
from linewise.features.documents import BYTE_ORDER_MARK, make_batch


@dataclass(frozen=True, slots=True)
class Spans:
    """The lines of some texts.

    Attributes:
        counts: how many lines each text has, int64 of shape (n_texts,).
        starts, ends: where each line begins and ends in its text, its line break not included, in bytes, those of a
            byte-order mark counted; int64 of shape (n_lines,).
    """

    counts: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def line_spans(texts: Sequence[bytes]) -> Spans:
    """The lines that labelling sees in some texts."""
    if (library := kernel.load()) is None:
        return _by_numpy(texts)
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    pointers = (ctypes.c_char_p * len(texts))(*texts)
    addresses = ctypes.addressof(pointers) if texts else None
    offsets = np.empty(len(texts) + 1, dtype=np.int64)
    n_lines = library.call("lw_line_offsets", addresses, lengths, len(texts), offsets)
    starts, ends = np.empty((2, n_lines), dtype=np.int64)
    library.call("lw_line_spans", addresses, lengths, len(texts), starts, ends)
    return Spans(np.diff(offsets), starts, ends)


def _by_numpy(texts: Sequence[bytes]) -> Spans:
    batch = make_batch(texts)
    counts = np.diff(batch.line_offsets)
    has_mark = np.array([text.startswith(BYTE_ORDER_MARK) for text in texts], dtype=bool)
    first = np.concatenate((batch.lines.starts, np.zeros(1, dtype=np.int64)))[batch.line_offsets[:-1]]
    # The batch has every text without its byte-order mark; positions are those in the file.
    shift = np.repeat(np.where(has_mark, len(BYTE_ORDER_MARK), 0) - first, counts)
    return Spans(counts, batch.lines.starts + shift, batch.lines.ends + shift)
