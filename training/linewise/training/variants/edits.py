"""Edits of single places: comments, strings, loops, expressions."""

from __future__ import annotations

import random
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from linewise.features.labels import mask_of
from linewise.features.lines import LineSpans
from linewise.training.corpus.shards import LabelledFile
from linewise.training.oracle.captures import Captures, Spans

from .contents import Contents
from .syntax import Syntax

_CODE, _SILENT = mask_of(["code"]), mask_of(["comment", "documentation", "text", "preprocessor", "blank"])
_PATHS = mask_of(["import", "preprocessor"])
_LOOP_WORD = re.compile(rb"(?:for|foreach|while|do|loop|repeat)\b")
_JUMP = re.compile(rb"(?:break|continue)(?=\s*(?:;|$|\}))")
_INTERPOLATED = re.compile(rb"(\$\{|#\{|\\\(|\{)\s*([A-Za-z_][\w.]*)\s*(\}|\))")
_RETURNED = re.compile(rb"(\s*return\s+|[^\"'`#/]*?[^=!<>+*/|&%:?-]=\s+)([^;{}\"'`#/?=]+)(;?)\s*")
_TYPED_LINE = re.compile(rb"\s*(?:type|typedef|using|alias|import|export|#|@|for|while|if|else)\b")
_LABELS = ("outer", "loop", "next", "search", "scan", "retry", "rows", "main", "again", "top", "each", "walk", "read")


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """The bytes begin:end of a text are to be replaced."""

    begin: int
    end: int
    replacement: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """A text, what is known of it, and what it may be filled with."""

    file: LabelledFile
    lines: LineSpans
    captures: Captures
    syntax: Syntax
    contents: Contents
    rng: random.Random

    def line(self, index: int) -> bytes:
        """A line without its break."""
        return self.file.data[int(self.lines.starts[index]) : int(self.lines.ends[index])]

    def ends_in_code(self, index: int) -> bool:
        """Whether a line ends in code that a comment may follow."""
        line = self.line(index)
        mask = int(self.file.masks[index])
        if (
            not mask & _CODE
            or mask & _SILENT
            or line.endswith((b"\\", b"?>", b"__END__"))
            or not self.file.known[index]
        ):
            return False
        start, end = int(self.lines.starts[index]), int(self.lines.ends[index])
        strings = self.captures["string"]
        # The name that ends a heredoc stands alone on its line.
        if line[-1:].isalnum() and bool(np.any((strings.ends == end) & (strings.starts < start))):
            return False
        return not any(_straddles(self.captures[name], end) for name in ("string", "comment", "docstring", "text"))


def apply_edits(data: bytes, edits: list[Edit]) -> bytes:
    """The text with all edits made; of edits that overlap the first counts."""
    parts, position = [], 0
    for edit in sorted(edits):
        if edit.begin < position:
            continue
        parts += [data[position : edit.begin], edit.replacement]
        position = edit.end
    return b"".join((*parts, data[position:]))


def comments_behind(place: Place, share: float) -> Iterator[Edit]:
    """Comments behind code, and some within it."""
    inline = place.syntax.inline
    for index in _drawn(place, len(place.lines), share):
        if not place.ends_in_code(index):
            continue
        end = int(place.lines.ends[index])
        gap = place.rng.choice((" ", "  ", "  ", "\t", "   "))
        text = f"{place.syntax.marker} {place.contents.comment()}"
        if inline and place.rng.random() < 0.25:
            text = f"{inline[0]} {place.contents.inside_block(inline[1])} {inline[1]}"
        yield Edit(end, end, (gap + text).encode())


def comments_within(place: Place, share: float) -> Iterator[Edit]:
    """What comments of one line say."""
    marker = place.syntax.marker.encode()
    for begin, end in _spans(place.captures["comment"]):
        held = place.file.data[begin:end]
        plain = held.startswith(marker) and b"\n" not in held and held[len(marker) : len(marker) + 1] in (b" ", b"\t")
        if plain and place.rng.random() < share:
            yield Edit(begin + len(marker), end, b" " + place.contents.comment().encode())


def strings(place: Place, share: float) -> Iterator[Edit]:
    """What strings of one line hold."""
    syntax = place.syntax
    for begin, end in _spans(place.captures["string"]):
        if place.rng.random() >= share:
            continue
        if int(place.file.masks[bisect_right(place.lines.starts, begin) - 1]) & _PATHS:
            continue
        held = place.file.data[begin:end]
        quote = held[-1:].decode("latin-1")
        opening = held.find(held[-1:])
        prefix = held[:opening].decode("latin-1")
        body = held[opening + 1 : -1]
        if quote not in syntax.quotes or opening > 1 or end - begin < 3 or re.search(rb"[\\\n\"'`${}]", body):
            continue
        if not body or body[:1] in b"#@" or (re.fullmatch(rb"[\w./-]+", body) and place.rng.random() < 0.5):
            continue
        may_call = bool(syntax.call_in_string) and quote == ("`" if syntax.string_prefix == "`" else '"')
        may_call = may_call and (syntax.string_prefix in ("", "`") or prefix == syntax.string_prefix)
        content = place.contents.string(quote, syntax, may_call)
        yield Edit(begin + opening + 1, end - 1, content.encode())


def labels(place: Place, share: float) -> Iterator[Edit]:
    """Labels before loops, and jumps to them."""
    if not place.syntax.label:
        return
    for begin in sorted({begin for begin, _ in _spans(place.captures["loop"])}):
        index = bisect_right(place.lines.starts, begin) - 1
        indentation = place.file.data[int(place.lines.starts[index]) : begin]
        if indentation.strip() or not _LOOP_WORD.match(place.file.data, begin) or place.rng.random() >= share:
            continue
        text = place.syntax.label.format(place.rng.choice(_LABELS), indentation.decode("latin-1"))
        yield Edit(begin, begin, text.encode())
    for begin, end in _spans(place.captures["jump"]):
        match = _JUMP.match(place.file.data, begin, min(end + 8, len(place.file.data)))
        if match and place.rng.random() < share / 2:
            yield Edit(match.end(), match.end(), place.syntax.jump.format(place.rng.choice(_LABELS)).encode())


def calls_in_strings(place: Place, share: float) -> Iterator[Edit]:
    """Calls where strings show a name."""
    for begin, end in _spans(place.captures["code"]):
        match = _INTERPOLATED.fullmatch(place.file.data, begin, end)
        if match and place.rng.random() < share:
            called = f"{place.contents.name()}(".encode() + match[2] + b")"
            yield Edit(match.start(2), match.end(2), called)


def ternaries(place: Place, share: float) -> Iterator[Edit]:
    """One of two where a value is returned or bound."""
    if not place.syntax.ternary:
        return
    for index in _drawn(place, len(place.lines), share):
        line = place.line(index)
        match = _RETURNED.fullmatch(line)
        if not match or not place.ends_in_code(index) or _TYPED_LINE.match(line):
            continue
        if match[3].decode() != place.syntax.statement_end or not _is_closed(match[2]):
            continue
        if match[2].rstrip().endswith((b",", b"(", b"[", b"\\", b"=>", b"->")):
            continue
        start = int(place.lines.starts[index])
        chosen = place.syntax.ternary.format(match[2].decode("utf-8", "replace").strip(), place.contents.name())
        yield Edit(start + match.start(2), start + match.end(2), chosen.encode())


def _is_closed(expression: bytes) -> bool:
    return all(expression.count(one) == expression.count(other) for one, other in ((b"(", b")"), (b"[", b"]")))


def _drawn(place: Place, count: int, share: float) -> list[int]:
    return sorted(place.rng.sample(range(count), min(count, round(count * share + place.rng.random()))))


def _spans(spans: Spans) -> Iterator[tuple[int, int]]:
    return zip(spans.starts.tolist(), spans.ends.tolist(), strict=True)


def _straddles(spans: Spans, position: int) -> bool:
    """Whether a position lies within some span."""
    return bool(np.any((spans.starts < position) & (spans.ends > position)))
