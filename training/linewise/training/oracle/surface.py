"""The surface labels: what kind of characters stand on each line.

Every byte is painted with one bit of what it is, code unless something says otherwise; a line's surface is
the union of its visible bytes' bits, looked up in a table of all 128 unions.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import mask_of
from linewise.features.lines import LineSpans

from .captures import Captures, Spans

_CODE, _BRACKET, _COMMENT, _DOCUMENTATION, _STRING, _DOCSTRING, _TEXT = (1 << bit for bit in range(7))
_PROGRAM = _CODE | _BRACKET | _STRING
_UNPAINTED = 0
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_VISIBLE = np.ones(256, dtype=np.bool_)
_VISIBLE[list(b" \t\v\f\r\n")] = False
_CODE_BYTES = np.full(256, _CODE, dtype=np.uint8)
_CODE_BYTES[list(b"()[]{}<>,;:")] = _BRACKET
_CODE_BYTES[~_VISIBLE] = 0


def _surface_of(bits: int) -> int:
    if not bits:
        return mask_of(["blank"])
    names = []
    if bits & _PROGRAM:
        names.append("code")
    if bits & (_COMMENT | _DOCUMENTATION):
        names.append("comment")
    if bits & (_DOCUMENTATION | _DOCSTRING):
        names.append("documentation")
    if bits & _STRING:
        names.append("string")
    if bits & _PROGRAM == _BRACKET and not bits & _DOCSTRING:
        names.append("delimiter")
    if bits == _TEXT:
        names.append("text")
    return mask_of(names)


_SURFACES = np.array([_surface_of(bits) for bits in range(128)], dtype=np.uint32)


class Surface:
    """The painted bytes of one text.

    Attributes:
        masks: uint32 of shape (n_lines,): the surface labels of each line.
        code_positions: int64, ascending: the positions of visible bytes outside comments and documentation.
    """

    def __init__(self, data: bytes, lines: LineSpans, captures: Captures, documentation: re.Pattern[bytes] | None):
        """Paint a text; ``documentation`` matches the beginning of a comment that is documentation."""
        array = np.frombuffer(data, dtype=np.uint8)
        self._visible = _VISIBLE[array]
        if data.startswith(_BYTE_ORDER_MARK):
            self._visible[: len(_BYTE_ORDER_MARK)] = False
        paint = _painted(data, lines, captures, documentation)
        bits = np.where(paint == _UNPAINTED, _CODE_BYTES[array], paint)
        bits[~self._visible] = 0
        self._bits = bits
        by_line = np.bitwise_or.reduceat(bits, lines.starts) if len(lines) else bits[:0]
        self.masks: NDArray[np.uint32] = _SURFACES[by_line]
        self.code_positions = np.flatnonzero((bits & (_PROGRAM | _TEXT)) != 0)
        self._visible_positions: NDArray[np.int64] | None = None
        self._by_line = by_line
        self._lines = lines
        self._paint = paint

    def last_visible(self, ends: NDArray[np.int64]) -> NDArray[np.int64]:
        """The last visible byte before each end: nodes may run on into white space that is none of theirs."""
        if self._visible_positions is None:
            self._visible_positions = np.flatnonzero(self._visible)
        if not len(self._visible_positions):
            return ends - 1
        at = np.searchsorted(self._visible_positions, ends, side="left") - 1
        return self._visible_positions[np.maximum(at, 0)]

    def string_interiors(self) -> NDArray[np.bool_]:
        """Lines that begin inside a string of an earlier line and hold nothing else: shape (n_lines,)."""
        # A line break inside a string is painted with it, one between two strings is not.
        starts = self._lines.starts
        within = np.zeros(len(starts), dtype=np.bool_)
        within[1:] = (self._paint[starts[1:] - 1] == _STRING) & (self._paint[starts[1:]] == _STRING)
        within &= self._by_line == _STRING
        return within


def _painted(
    data: bytes, lines: LineSpans, captures: Captures, documentation: re.Pattern[bytes] | None
) -> NDArray[np.uint8]:
    """Each byte's bit, ``_UNPAINTED`` where it is plain code: uint8 of shape (n_bytes,)."""
    paint = np.zeros(len(data), dtype=np.uint8)
    strokes: list[tuple[int, int, int]] = []  # (start, -end, bit): the inner stroke comes after the outer

    def add(spans: Spans, bit: int) -> None:
        strokes.extend((s, -e, bit) for s, e in zip(spans.starts.tolist(), spans.ends.tolist(), strict=True))

    add(captures["code"], _UNPAINTED)
    add(captures["word"], _CODE)
    add(captures["block_word"], _BRACKET)
    add(captures["documentation"], _DOCUMENTATION)
    add(captures["string"], _STRING)
    add(captures["docstring"], _DOCSTRING)
    add(captures["text"], _TEXT)
    comments = captures["comment"]
    for start, end in zip(comments.starts.tolist(), comments.ends.tolist(), strict=True):
        documents = documentation is not None and documentation.match(data, start, end) is not None
        strokes.append((start, -end, _DOCUMENTATION if documents else _COMMENT))
    strokes.sort()
    for start, minus_end, bit in strokes:
        paint[start:-minus_end] = bit
    # An interpreter line is a comment to every language; `#![…]` is an attribute of Rust.
    at = len(_BYTE_ORDER_MARK) if data.startswith(_BYTE_ORDER_MARK) else 0
    if data.startswith(b"#!", at) and not data.startswith(b"#![", at):
        paint[at : lines.ends[0]] = _COMMENT
    return paint
