"""Program text that the grammar keeps as loose tokens, as Rust's does the arguments of macros, parsed on its own.

A query captures each such tree, with its brackets, as ``@embedded``. All of a text are parsed at once, as
statements of a text that is blank elsewhere; each that comes out sound is labelled by the same query, in place
of the loose tokens. One that does not is tried as a block, then piece by piece; where its own tokens hint at a
construct that thus goes unseen, its lines are unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from tree_sitter import Node

from ..grammars import Dialect
from .captures import NO_SPANS, Captures, Spans, capture, sorted_spans
from .damage import damaged_nodes

_MAX_ROUNDS = 16
_METAVARIABLE = re.compile(rb"[$#](?=[A-Za-z_])")


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    as_block: bool = False
    """Its brackets are replaced by braces."""


@dataclass(slots=True)
class _Search:
    data: bytes
    plain: bytes
    """The text without what only macros know."""
    captures: Captures
    dialect: Dialect
    parse: Callable[[bytes], Node]
    telling: re.Pattern[bytes]
    layers: list[tuple[Spans, Captures]] = field(default_factory=list)
    """The sound pieces of each round, and what was captured in them; a later round's lie inside an earlier's."""
    opaque: list[_Piece] = field(default_factory=list)

    def run(self) -> None:
        pending = list(_outermost(_pieces(self.captures["embedded"])))
        for _ in range(_MAX_ROUNDS):
            if not pending:
                return
            pending = self._round(pending)
        self.opaque.extend(pending)

    def _round(self, pending: list[_Piece]) -> list[_Piece]:
        root = self._parsed(pending)
        sound, broken = self._divided(root, pending)
        if broken and sound:
            # What is broken may have spoilt its neighbours' trees, so these are parsed without it.
            root = self._parsed(sound)
            sound, spoilt = self._divided(root, sound)
            broken += spoilt
            if spoilt and sound:
                root = self._parsed(sound)
        following: list[_Piece] = []
        if sound:
            found = capture(root, self.dialect)
            self.layers.append((_spans(sound), found))
            following += _outermost(_pieces(found["embedded"]))
        for piece in broken:
            following += self._retried(piece)
        return following

    def _parsed(self, pieces: list[_Piece]) -> Node:
        source = bytearray(b" " * len(self.data) + b";")
        reached = 0
        for piece in pieces:
            source[piece.start : piece.end] = self.plain[piece.start : piece.end]
            if piece.as_block:
                source[piece.start], source[piece.end - 1] = b"{}"
            if piece.start > reached:
                source[piece.start - 1] = ord(";")
            reached = piece.end
        return self.parse(bytes(source))

    def _divided(self, root: Node, pieces: list[_Piece]) -> tuple[list[_Piece], list[_Piece]]:
        if not root.has_error:
            return pieces, []
        if root.is_error:
            return [], pieces
        damage = [(node.start_byte, node.end_byte) for node in damaged_nodes(root, self.dialect)]
        starts, ends = np.array(damage, dtype=np.int64).T
        sound: list[_Piece] = []
        broken: list[_Piece] = []
        for piece in pieces:
            touched = bool(((starts < piece.end) & (ends >= piece.start)).any())
            (broken if touched else sound).append(piece)
        return sound, broken

    def _retried(self, piece: _Piece) -> Iterable[_Piece]:
        if not piece.as_block and self.data[piece.start] != ord("{"):
            return [_Piece(piece.start, piece.end, as_block=True)]
        inside = list(_outermost(_within(self.captures["embedded"], piece)))
        own = bytearray(self.data[piece.start : piece.end])
        for name in ("comment", "string"):
            for literal in _within(self.captures[name], piece):
                _blank(own, literal, piece.start)
        for part in inside:
            _blank(own, part, piece.start)
        if self.telling.search(own):
            self.opaque.append(piece)
            return []
        return inside


def _plain(data: bytes, repetitions: Spans) -> bytes:
    """A text of the same length with names for metavariables, and of each `$( … ),*` only the inside."""
    plain = bytearray(_METAVARIABLE.sub(b"_", data))
    for repeated in _pieces(repetitions):
        opening = data.index(b"(", repeated.start, repeated.end) + 1
        closing = data.rindex(b")", opening, repeated.end)
        plain[repeated.start : opening] = b" " * (opening - repeated.start)
        plain[closing : repeated.end] = b" " * (repeated.end - closing)
    return bytes(plain)


def _pieces(spans: Spans) -> Iterable[_Piece]:
    return map(_Piece, spans.starts.tolist(), spans.ends.tolist())


def _within(spans: Spans, piece: _Piece) -> Iterable[_Piece]:
    first, last = np.searchsorted(spans.starts, (piece.start + 1, piece.end))
    return _pieces(Spans(spans.starts[first:last], spans.ends[first:last]))


def _outermost(pieces: Iterable[_Piece]) -> Iterable[_Piece]:
    reached = 0
    for piece in pieces:
        if piece.start >= reached:
            reached = piece.end
            yield piece


def _blank(text: bytearray, part: _Piece, origin: int) -> None:
    text[part.start - origin : part.end - origin] = b" " * (part.end - part.start)


def _spans(pieces: list[_Piece]) -> Spans:
    if not pieces:
        return NO_SPANS
    starts, ends = np.array([(piece.start, piece.end) for piece in pieces], dtype=np.int64).T
    return sorted_spans(starts, ends)


def unfolded(
    data: bytes,
    captures: Captures,
    dialect: Dialect,
    parse: Callable[[bytes], Node],
    telling: re.Pattern[bytes],
) -> tuple[Captures, tuple[tuple[int, int], ...]]:
    """See into the trees captured as ``@embedded``.

    Args:
        data: the text.
        captures: its captures.
        dialect: its dialect.
        parse: gives the root of a text's tree.
        telling: matches tokens of a construct: a tree that won't parse and has one is opaque.

    Returns:
        Captures that see into the embedded trees, and the byte ranges of those that stay opaque.
    """
    if not len(captures["embedded"]):
        return captures, ()
    search = _Search(data, _plain(data, captures["embedded.repeated"]), captures, dialect, parse, telling)
    search.run()
    merged: dict[str, list[Spans]] = {}
    inner = NO_SPANS
    whole = Spans(np.array([0], dtype=np.int64), np.array([len(data) + 1], dtype=np.int64))
    for outer, found in reversed([(whole, captures), *search.layers]):
        for name, spans in found.spans.items():
            kept = outer.contain(spans.starts) & ~inner.contain(spans.starts)
            merged.setdefault(name, []).append(spans.only(kept))
        inner = _joined([inner, outer])
    complete = captures.complete and all(found.complete for _, found in search.layers)
    spans_of = {name: _joined(parts) for name, parts in merged.items()}
    opaque = tuple((piece.start, piece.end) for piece in search.opaque)
    return Captures(spans_of, complete), opaque


def _joined(parts: list[Spans]) -> Spans:
    return sorted_spans(np.concatenate([part.starts for part in parts]), np.concatenate([part.ends for part in parts]))
