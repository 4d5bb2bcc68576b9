"""Many texts as one byte array: the unit on which every later step works.

Each text keeps its lines: a text that lacks a final line break gets one, so that neighbours never run together,
and a byte-order mark is dropped. All steps after this one are array operations over the whole batch, and each of
them is independent per text, so a text's answer never depends on its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .lines import LineSpans, split_lines

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
PADDING = b"\n" * 8
"""Follows the last text, so that eight bytes can be read from any position."""

WHITE_SPACE = np.zeros(256, dtype=bool)
WHITE_SPACE[[0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D]] = True


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts laid end to end.

    Attributes:
        data: all bytes, uint8 of shape (n_bytes + 8,), the last eight being padding.
        lines: the spans of all lines, n_lines of them.
        document_of_line: int32 of shape (n_lines,).
        line_offsets: int64 of shape (n_documents + 1,); document d has lines line_offsets[d]:line_offsets[d + 1].
    """

    data: NDArray[np.uint8]
    lines: LineSpans
    document_of_line: NDArray[np.int32]
    line_offsets: NDArray[np.int64]

    @property
    def n_documents(self) -> int:
        """How many texts the batch holds, those without a line included."""
        return len(self.line_offsets) - 1


def make_batch(texts: Sequence[bytes]) -> Batch:
    """Lay texts end to end; n_lines is the sum of the line counts that `split_lines` gives for each alone."""
    parts: list[bytes] = []
    sizes: list[int] = []
    for original in texts:
        text = original[3:] if original.startswith(BYTE_ORDER_MARK) else original
        terminated = text if not text or text.endswith(b"\n") else text + b"\n"
        if not terminated and original:
            terminated = b"\n"  # a byte-order mark alone: one line, and a blank one
        parts.append(terminated)
        sizes.append(len(terminated))
    parts.append(PADDING)
    data = np.frombuffer(bytearray().join(parts), dtype=np.uint8)
    lines = split_lines(data[: len(data) - len(PADDING)])
    byte_offsets = np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))
    line_offsets = np.searchsorted(lines.starts, byte_offsets)
    counts = np.diff(line_offsets)
    document_of_line = np.repeat(np.arange(len(texts), dtype=np.int32), counts)
    return Batch(data, lines, document_of_line, line_offsets.astype(np.int64))
