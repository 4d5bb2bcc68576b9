r"""Text to lines: the one definition of where a line ends, shared by every face.

A line ends at ``\n``, ``\r\n`` or ``\r`` and at nothing else: ``str.splitlines`` also splits at form feed,
``\x1c`` and U+2028 and so disagrees with every editor and diff tool. A text that ends with a line break has no
further line after it; the empty text has no line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LINE_FEED = 0x0A
CARRIAGE_RETURN = 0x0D
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class LineSpans:
    """Where each line of a text begins and ends, in bytes.

    ``starts`` and ``ends`` are int64 of shape (n_lines,); a line's content is ``data[start:end]``, its line break
    not included.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)


def encode(text: str | bytes) -> bytes:
    """The bytes of a text: UTF-8, lone surrogates kept as three bytes so that no text is refused here."""
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


def split_lines(data: bytes | NDArray[np.uint8]) -> LineSpans:
    """The lines of a byte string.

    Args:
        data: the text's bytes, as bytes or as a uint8 array of shape (n_bytes,).

    Returns:
        The spans of its lines, in order.
    """
    array = np.frombuffer(data, dtype=np.uint8) if isinstance(data, bytes) else data
    if len(array) == 0:
        empty = np.empty(0, dtype=np.int64)
        return LineSpans(empty, empty)
    feeds = array == LINE_FEED
    returns = array == CARRIAGE_RETURN
    if not returns.any():
        breaks = np.flatnonzero(feeds)
        ends = breaks
    else:
        # The `\r` of a `\r\n` ends no line of its own; the line's content ends before it.
        paired = returns.copy()
        paired[:-1] &= feeds[1:]
        paired[-1] = False
        breaks = np.flatnonzero(feeds | (returns & ~paired))
        after_return = paired[breaks - 1] & feeds[breaks] & (breaks > 0)
        ends = breaks - after_return
    starts = np.concatenate((np.zeros(1, dtype=np.int64), breaks + 1))
    ends = np.concatenate((ends, np.array([len(array)], dtype=np.int64)))
    if starts[-1] == len(array):
        starts, ends = starts[:-1], ends[:-1]
    return LineSpans(starts, ends)


def end_of_lines(data: bytes, begin: int, n_lines: int) -> int:
    """Where so many of a text's lines end, their line breaks included, with little of it looked at at a time.

    Args:
        data: the text's bytes.
        begin: where the first of the lines begins.
        n_lines: how many; the text's end is that of its last line.
    """
    array = np.frombuffer(data, dtype=np.uint8)
    for start in range(begin, len(array) if n_lines else begin, _PIECE_BYTES):
        piece, behind = array[start : start + _PIECE_BYTES], array[start + 1 : start + _PIECE_BYTES + 1]
        breaks = piece == CARRIAGE_RETURN
        breaks[: len(behind)] &= behind != LINE_FEED
        breaks |= piece == LINE_FEED
        ends = np.flatnonzero(breaks)
        if len(ends) >= n_lines:
            return start + int(ends[n_lines - 1]) + 1
        n_lines -= len(ends)
    return len(array) if n_lines else begin
