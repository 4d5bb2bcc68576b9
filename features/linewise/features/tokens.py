"""Lines to tokens: one pass over the bytes, no loop over lines or tokens.

A token is a run of word characters, a run of operator characters, a run of one quote character, an escape
(backslash and what follows), a one-character literal such as ``'x'``, or a single bracket, comma or semicolon.
Each gets two 32-bit hashes: its *exact* hash, and its *abstract* hash, in which a word that is not of the shared
vocabulary (`words.txt`) is replaced by its shape, so that n-grams carry over to projects never seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from . import kernel
from .documents import WHITE_SPACE, Batch

UInt32Array = NDArray[np.uint32]
Int64Array = NDArray[np.int64]


class Kind(IntEnum):
    """The class of a byte, and of the token that begins with it."""

    SPACE = 0
    WORD = 1
    OPERATOR = 2
    SLASH_STAR = 3
    HASH = 4
    DOUBLE_QUOTE = 5
    SINGLE_QUOTE = 6
    BACKTICK = 7
    ESCAPE = 8
    CHARACTER = 9
    OPENER = 10
    CLOSER = 11
    SEPARATOR = 12


class _Shape(IntEnum):
    """The class of a word's first or second byte."""

    OTHER = 0
    LOWER = 1
    UPPER = 2
    DIGIT = 3
    UNDERSCORE = 4
    DOLLAR = 5
    NOT_ASCII = 6


BACKSLASH, SINGLE_QUOTE_BYTE = 0x5C, 0x27
_BREAKS_LINE = np.isin(np.arange(256), (0x0A, 0x0D))
_MULTIPLIERS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], np.uint64)
_NUMBER_HASH = np.uint32(0x4E554D21)
_CHARACTER_HASH = np.uint32(0x43484152)
"""The exact hash of every one-character literal: that it is one says all."""
VOCABULARY_BITS = 18


@dataclass(frozen=True, slots=True)
class Tokens:
    """All tokens of a batch, in order.

    Attributes:
        starts, ends: byte positions, int64 of shape (n_tokens,).
        kinds: uint8 of shape (n_tokens,), values of `Kind`.
        exact, abstract: hashes, uint32 of shape (n_tokens,).
        lines: the line of each token, int64 of shape (n_tokens,).
        first: the first token of each line, int64 of shape (n_lines + 1,); line i has tokens first[i]:first[i + 1].
    """

    starts: Int64Array
    ends: Int64Array
    kinds: NDArray[np.uint8]
    exact: UInt32Array
    abstract: UInt32Array
    lines: Int64Array
    first: Int64Array


def tokenize(batch: Batch) -> Tokens:
    """The tokens of every line of a batch."""
    compiled = kernel.load()
    return _tokenize(batch) if compiled is None else _tokenize_compiled(compiled, batch)


def _tokenize_compiled(compiled: kernel.Kernel, batch: Batch) -> Tokens:
    n_bytes, n_lines = len(batch.data) - 8, len(batch.lines)
    classes = np.empty(n_bytes, dtype=np.uint8)
    n_tokens = compiled.call("lw_classify_bytes", batch.data, n_bytes, class_table(), classes)
    tokens = Tokens(
        starts=np.empty(n_tokens, dtype=np.int64),
        ends=np.empty(n_tokens, dtype=np.int64),
        kinds=np.empty(n_tokens, dtype=np.uint8),
        exact=np.empty(n_tokens, dtype=np.uint32),
        abstract=np.empty(n_tokens, dtype=np.uint32),
        lines=np.empty(n_tokens, dtype=np.int64),
        first=np.empty(n_lines + 1, dtype=np.int64),
    )
    compiled.call(
        "lw_tokens",
        batch.data,
        n_bytes,
        classes,
        shape_table(),
        vocabulary_bitmap(),
        batch.lines.starts,
        n_lines,
        tokens.starts,
        tokens.ends,
        tokens.kinds,
        tokens.exact,
        tokens.abstract,
        tokens.lines,
        tokens.first,
    )
    return tokens


def _tokenize(batch: Batch) -> Tokens:
    data = batch.data[:-8]
    classes = _byte_classes(data)
    single = classes >= Kind.OPENER
    boundary = np.empty(len(data), dtype=bool)
    if len(data):
        boundary[0] = True
        np.not_equal(classes[1:], classes[:-1], out=boundary[1:])
        boundary |= single
        # An escape never runs over a line break, nor does any token: breaks are white space.
    positions = np.flatnonzero(boundary)
    kinds = classes[positions]
    following = np.append(positions[1:], len(data))
    visible = kinds != Kind.SPACE
    starts, ends, kinds = positions[visible], following[visible], kinds[visible]
    first = np.searchsorted(starts, batch.lines.starts)
    first = np.append(first, len(starts))
    lines = np.repeat(np.arange(len(batch.lines)), np.diff(first))
    exact = _hashes(batch.data, starts, ends, kinds)
    abstract = _abstract_hashes(batch.data, starts, ends, kinds, exact)
    return Tokens(starts, ends, kinds, exact, abstract, lines, first)


def word_hash(word: bytes) -> int:
    """The exact hash of one word, as `tokenize` gives it."""
    data = np.frombuffer(word + b"\n" * 8, dtype=np.uint8)
    ends = np.array([len(word)])
    return int(_hashes(data, np.zeros(1, np.int64), ends, np.array([Kind.WORD], np.uint8))[0])


@cache
def vocabulary_words() -> tuple[str, ...]:
    """The words that keep their identity in abstract hashes, most frequent first."""
    return tuple(files(__package__).joinpath("words.txt").read_text("utf-8").split())


@cache
def vocabulary_bitmap() -> NDArray[np.bool_]:
    """Which exact hashes, by their first `VOCABULARY_BITS` bits, are those of a word of the vocabulary."""
    bitmap = np.zeros(1 << VOCABULARY_BITS, dtype=bool)
    words = vocabulary_words()
    if not words:
        return bitmap
    encoded = [word.encode() for word in words]
    data = np.frombuffer(b"\n".join(encoded) + b"\n" * 8, dtype=np.uint8)
    lengths = np.array([len(word) for word in encoded], dtype=np.int64)
    starts = np.concatenate(([0], np.cumsum(lengths[:-1] + 1)))
    hashes = _hashes(data, starts, starts + lengths, np.full(len(words), Kind.WORD, np.uint8))
    bitmap[hashes >> np.uint32(32 - VOCABULARY_BITS)] = True
    return bitmap


@cache
def class_table() -> NDArray[np.uint8]:
    """The `Kind` of a token that begins with each byte, (256,)."""
    table = np.full(256, Kind.WORD, dtype=np.uint8)
    table[:0x80] = Kind.OPERATOR
    for byte in b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$":
        table[byte] = Kind.WORD
    for characters, kind in (
        (b"/*", Kind.SLASH_STAR),
        (b"#", Kind.HASH),
        (b'"', Kind.DOUBLE_QUOTE),
        (b"'", Kind.SINGLE_QUOTE),
        (b"`", Kind.BACKTICK),
        (b"\\", Kind.ESCAPE),
        (b"([{", Kind.OPENER),
        (b")]}", Kind.CLOSER),
        (b",;", Kind.SEPARATOR),
    ):
        table[list(characters)] = kind
    table[WHITE_SPACE] = Kind.SPACE
    return table


@cache
def shape_table() -> NDArray[np.uint8]:
    """The class of each byte within a word's shape, (256,)."""
    table = np.full(256, _Shape.OTHER, dtype=np.uint8)
    table[0x80:] = _Shape.NOT_ASCII
    table[0x61:0x7B] = _Shape.LOWER
    table[0x41:0x5B] = _Shape.UPPER
    table[0x30:0x3A] = _Shape.DIGIT
    table[ord("_")] = _Shape.UNDERSCORE
    table[ord("$")] = _Shape.DOLLAR
    return table


def _byte_classes(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The class of every byte, escapes and one-character literals marked; uint8 of shape (n_bytes,)."""
    classes: NDArray[np.uint8] = class_table()[data]
    backslashes = np.flatnonzero(data == BACKSLASH)
    if len(backslashes):
        # In a run of backslashes every second one is escaped itself; the last of an odd run escapes what follows.
        breaks = np.diff(backslashes, prepend=-2) != 1
        run_starts = np.maximum.accumulate(np.where(breaks, backslashes, 0))
        escaping = backslashes[(backslashes - run_starts) % 2 == 0]
        escaped = escaping + 1
        escaped = escaped[escaped < len(data)]
        escaped = escaped[~WHITE_SPACE[data[escaped]]]
        classes[escaped] = Kind.ESCAPE
    quotes = np.flatnonzero(classes == Kind.SINGLE_QUOTE)
    if len(quotes):
        _mark_character_literals(data, classes, quotes)
    return classes


def _mark_character_literals(data: NDArray[np.uint8], classes: NDArray[np.uint8], quotes: Int64Array) -> None:
    r"""Mark ``'x'`` and ``'\n'`` as one token each, on one line, so that a quote inside them is none."""
    padded = np.concatenate((classes, np.zeros(4, np.uint8)))
    raw = np.concatenate((data, np.full(4, 0x0A, np.uint8)))
    plain = (raw[quotes + 2] == SINGLE_QUOTE_BYTE) & (raw[quotes + 1] != BACKSLASH)
    plain &= ~_BREAKS_LINE[raw[quotes + 1]] & (raw[quotes + 1] != SINGLE_QUOTE_BYTE)
    escaped = (raw[quotes + 1] == BACKSLASH) & (padded[quotes + 3] == Kind.SINGLE_QUOTE)
    escaped &= ~_BREAKS_LINE[raw[quotes + 2]]
    candidates = quotes[plain]
    if len(candidates):
        # In `'a','b'` the text `','` matches too: of candidates two bytes apart only every second one is a literal.
        chained = np.diff(candidates, prepend=-9) == 2
        chain_starts = np.maximum.accumulate(np.where(~chained, candidates, 0))
        candidates = candidates[(candidates - chain_starts) // 2 % 2 == 0]
        for offset in range(3):
            classes[candidates + offset] = Kind.CHARACTER
    for offset in range(4):
        classes[quotes[escaped] + offset] = Kind.CHARACTER


@cache
def _length_masks() -> NDArray[np.uint64]:
    return np.array([(1 << 8 * length) - 1 for length in range(9)], dtype=np.uint64)


def _hashes(data: NDArray[np.uint8], starts: Int64Array, ends: Int64Array, kinds: NDArray[np.uint8]) -> UInt32Array:
    """The exact hash of each token, from at most its first 16 and its last 8 bytes, and from its length.

    Operator runs count by their first three bytes alone: a comment ruler is one token whatever its length.
    """
    eights = np.ndarray(shape=(len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))
    masks = _length_masks()
    lengths = ends - starts
    runs = (kinds == Kind.OPERATOR) | (kinds == Kind.SLASH_STAR) | (kinds == Kind.HASH)
    lengths = np.where(runs, np.minimum(lengths, 3), lengths)
    mixed = (eights[starts] & masks[np.minimum(lengths, 8)]) * _MULTIPLIERS[0]
    long = np.flatnonzero(lengths > 8)
    if len(long):
        from_start, length = starts[long], lengths[long]
        middle = eights[from_start + 8] & masks[np.minimum(length - 8, 8)]
        tail = eights[from_start + length - 8]
        mixed[long] ^= (middle * _MULTIPLIERS[1]) ^ (tail * _MULTIPLIERS[2])
    mixed ^= lengths.astype(np.uint64)
    mixed ^= mixed >> np.uint64(29)
    mixed *= _MULTIPLIERS[3]
    upper_half: UInt32Array = (mixed >> np.uint64(32)).astype(np.uint32)
    upper_half[kinds == Kind.CHARACTER] = _CHARACTER_HASH
    return upper_half


def _abstract_hashes(
    data: NDArray[np.uint8],
    starts: Int64Array,
    ends: Int64Array,
    kinds: NDArray[np.uint8],
    exact: UInt32Array,
) -> UInt32Array:
    """As `exact`, but numbers are one token, and words outside the vocabulary are their shape."""
    shapes = shape_table()
    words = np.flatnonzero((kinds == Kind.WORD) | (kinds == Kind.CHARACTER) | (kinds == Kind.ESCAPE))
    known = vocabulary_bitmap()[exact[words] >> np.uint32(32 - VOCABULARY_BITS)]
    unknown = words[~known]
    begin = starts[unknown]
    first, second = shapes[data[begin]], shapes[data[begin + 1]]
    length = np.minimum(ends[unknown] - begin, 3)
    second = np.where(length == 1, 0, second)
    shape = ((first.astype(np.uint32) * 8 + second) * 4 + length.astype(np.uint32)) * 16 + kinds[unknown]
    abstract = exact.copy()
    abstract[unknown] = np.where(first == _Shape.DIGIT, _NUMBER_HASH, (shape + 1) * np.uint32(0x9E3779B1))
    return abstract
