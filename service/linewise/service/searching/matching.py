"""Which lines of a text match a pattern, and where in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from linewise.features.lines import end_of_lines, split_lines

PIECE_LINES = 1 << 14
"""So many lines of a text are told apart at a time: their places take a hundred bytes each."""


class PatternError(ValueError):
    """A pattern that is no regular expression; the message says why, and where."""


@dataclass(frozen=True, slots=True)
class Match:
    """One line that matches.

    Attributes:
        row: which line of the text it is, from 0.
        start: where it begins in the text, in bytes.
        content: its bytes without the line break.
        line_break: its line break; empty at the end of a text without one.
        spans: where in its bytes the pattern matches; none where lines that do not match were asked for.
    """

    row: int
    start: int
    content: bytes
    line_break: bytes
    spans: tuple[tuple[int, int], ...]


class Matcher:
    """Finds the lines that match a pattern."""

    def __init__(
        self,
        pattern: str,
        *,
        fixed: bool = False,
        ignore_case: bool = False,
        word: bool = False,
        invert: bool = False,
    ) -> None:
        """Compile a pattern.

        Args:
            pattern: a regular expression, as Python's `re` takes it.
            fixed: take it for the text itself.
            ignore_case: let upper and lower case be the same.
            word: match whole words only.
            invert: find the lines that do not match.

        Raises:
            PatternError: it is no regular expression.
        """
        source = re.escape(pattern) if fixed else pattern
        try:
            self._pattern = re.compile(source, re.IGNORECASE if ignore_case else 0)
            if word:
                self._pattern = re.compile(rf"(?<!\w)(?:{source})(?!\w)", self._pattern.flags)
        except (re.error, RecursionError, OverflowError) as error:
            raise PatternError(f"{pattern!r} is no regular expression: {error}") from error
        self._invert = invert

    def any(self, data: bytes) -> bool:
        """Whether some line of a text matches."""
        return next(self.find(data), None) is not None

    def find(self, data: bytes) -> Iterator[Match]:
        """The lines of a text that match, in order. Bytes that are no UTF-8 match no letter."""
        for row, (start, end, next_start) in enumerate(_places(data)):
            content = data[start:end]
            text = content.decode("utf-8", "surrogateescape")
            first = self._pattern.search(text)
            if (first is None) != self._invert:
                continue
            found = () if self._invert else tuple(_byte_spans(self._pattern, text))
            yield Match(row, start, content, data[end:next_start], found)


def _places(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Where each line begins and ends, and the next one begins: of a large text, of some lines at a time."""
    begin = 0
    while begin < len(data):
        end = end_of_lines(data, begin, PIECE_LINES)
        spans = split_lines(np.frombuffer(data, dtype=np.uint8)[begin:end])
        starts = (spans.starts + begin).tolist()
        yield from zip(starts, (spans.ends + begin).tolist(), [*starts[1:], end], strict=True)
        begin = end


def _byte_spans(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Where a pattern matches in the bytes of a line."""
    for match in pattern.finditer(text):
        if text.isascii():
            yield match.span()
        else:
            before = len(text[: match.start()].encode("utf-8", "surrogateescape"))
            yield before, before + len(match[0].encode("utf-8", "surrogateescape"))
