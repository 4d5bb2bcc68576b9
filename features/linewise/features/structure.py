"""How lines hang together: parents and siblings by indentation, enclosing and matching brackets.

Rows, not lines: every document has a *sentinel* row before its first line, and one more ends the batch, so that
"the line before the first" and "no parent" are ordinary rows. Rows hold whatever per-line values the networks gather;
a sentinel's are zero.

Blank lines, comment lines, preprocessor lines, the insides of multi-line comments and strings, and what stands in
round or square brackets but no further in than the line that opens them are *transparent*: they have a parent, but are
nobody's parent or sibling, because their indentation says little.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from . import kernel
from .brackets import ROUND, SQUARE, find_brackets
from .documents import Batch
from .languages import LANGUAGE_INDEX
from .lexis import State
from .states import States
from .tokens import Kind, Tokens, word_hash

Rows = NDArray[np.int64]
MAX_DOUBLINGS = 5
"""Ancestors are followed for at most 2 ** 5 = 32 levels."""
HAS_DIRECTIVES = np.zeros(len(LANGUAGE_INDEX) + 1, dtype=bool)
HAS_DIRECTIVES[[LANGUAGE_INDEX[name] for name in ("c", "cpp", "csharp", "swift")]] = True


@dataclass(frozen=True, slots=True)
class Structure:
    """Row indices; unless said otherwise int64 of shape (n_rows,), a document's sentinel where there is none.

    Attributes:
        row_of_line: (n_lines,).
        line_of_row: the line of each row, 0 for sentinels (see `is_sentinel`).
        is_sentinel: bool.
        sentinel: the sentinel of each row's document.
        indent: effective indentation, -1 for sentinels.
        transparent: bool.
        previous_opaque, next_opaque: the nearest rows that are not transparent.
        parent: the nearest opaque row above that is indented less.
        root: the outermost of a row's parents, the row itself where it has none.
        sibling: the nearest opaque row above of the same indentation under the same parent.
        next_lower: the nearest opaque row below that is indented less; the next sentinel where there is none.
        opener: for rows inside a multi-line comment or string, the row where it begins.
        enclosing, enclosing_kind, matching, depth, unopened: see `brackets.Brackets`.
    """

    row_of_line: Rows
    line_of_row: Rows
    is_sentinel: NDArray[np.bool_]
    sentinel: Rows
    indent: Rows
    transparent: NDArray[np.bool_]
    previous_opaque: Rows
    next_opaque: Rows
    parent: Rows
    root: Rows
    sibling: Rows
    next_lower: Rows
    opener: Rows
    enclosing: Rows
    enclosing_kind: NDArray[np.uint8]
    matching: Rows
    depth: Rows
    unopened: Rows


def build_structure(
    batch: Batch, tokens: Tokens, states: States, indents: NDArray[np.int32], languages: NDArray[np.intp]
) -> Structure:
    """Find every row's relatives.

    Args:
        batch: the texts.
        tokens: their tokens.
        states: their comment and string states.
        indents: each line's indentation, -1 where blank, (n_lines,).
        languages: the language index of each document, (n_documents,).
    """
    n_lines, n_documents = len(batch.lines), batch.n_documents
    n_rows = n_lines + n_documents + 1
    row_of_line = np.arange(n_lines) + batch.document_of_line + 1
    is_sentinel = np.ones(n_rows, dtype=bool)
    is_sentinel[row_of_line] = False
    line_of_row = np.zeros(n_rows, dtype=np.int64)
    line_of_row[row_of_line] = np.arange(n_lines)

    inside = np.zeros(n_rows, dtype=bool)
    inside[row_of_line] = states.at_start != State.CODE
    raw_indent = np.full(n_rows, -1, dtype=np.int64)
    raw_indent[row_of_line] = indents
    index = np.arange(n_rows)
    sentinel = np.maximum.accumulate(np.where(is_sentinel, index, 0))
    brackets = find_brackets(batch, tokens, states, row_of_line, sentinel, inside)
    aside = (brackets.enclosing_kind == ROUND) | (brackets.enclosing_kind == SQUARE)
    aside &= brackets.closes & (brackets.matching == sentinel) & (raw_indent <= raw_indent[brackets.enclosing])
    aside[row_of_line] |= _begins_aside(batch, tokens, states, languages)
    found = _find_relatives(is_sentinel, sentinel, raw_indent, inside, aside)
    return Structure(
        row_of_line,
        line_of_row,
        is_sentinel,
        sentinel,
        *found,
        brackets.enclosing,
        brackets.enclosing_kind,
        brackets.matching,
        brackets.depth,
        brackets.unopened,
    )


_Relatives = tuple[Rows, NDArray[np.bool_], Rows, Rows, Rows, Rows, Rows, Rows, Rows]
"""The fields of `Structure` from `indent` to `opener`."""


def _find_relatives(
    is_sentinel: NDArray[np.bool_],
    sentinel: Rows,
    raw_indent: Rows,
    inside: NDArray[np.bool_],
    aside: NDArray[np.bool_],
) -> _Relatives:
    """Relatives by indentation.

    Args:
        is_sentinel: (n_rows,).
        sentinel: the sentinel of each row's document.
        raw_indent: -1 for blank rows and sentinels.
        inside: whether a row begins inside a comment or string.
        aside: whether a row is transparent for another reason than that, or being blank.
    """
    n_rows = len(is_sentinel)
    if (compiled := kernel.load()) is not None:
        indent, previous, following, parent, root, sibling, next_lower, opener = np.empty((8, n_rows), dtype=np.int64)
        transparent = np.empty(n_rows, dtype=bool)
        found = (indent, transparent, previous, following, parent, root, sibling, next_lower, opener)
        compiled.call("lw_relatives", n_rows, is_sentinel, sentinel, raw_indent, inside, aside, *found)
        return found
    index = np.arange(n_rows)
    blank = (raw_indent < 0) & ~is_sentinel
    transparent = blank | inside | aside
    opaque = ~transparent
    last_opaque = np.maximum.accumulate(np.where(opaque, index, 0))
    previous_opaque = np.where(is_sentinel, index, np.append(0, last_opaque[:-1]))
    next_opaque = _next(opaque, n_rows)
    opener = np.where(inside, np.maximum.accumulate(np.where(inside, 0, index)), sentinel)

    indent = raw_indent.copy()
    following = next_opaque[blank]
    indent[blank] = np.where(is_sentinel[following], 0, raw_indent[following])
    opened_by_code = opaque[opener]
    indent[inside] = np.maximum(raw_indent[opener] + opened_by_code, 0)[inside]

    parent = _climb(previous_opaque, indent, is_sentinel)
    next_lower = _climb(next_opaque, indent, is_sentinel)
    return (
        indent,
        transparent,
        previous_opaque,
        next_opaque,
        parent,
        _root(parent, is_sentinel),
        _sibling(previous_opaque, parent, indent, is_sentinel, sentinel),
        next_lower,
        opener,
    )


def ancestor_maximum(values: NDArray[np.float32], parent: Rows) -> NDArray[np.float32]:
    """The greatest value among a row's nearest 32 ancestors, itself not included.

    Args:
        values: float32 of shape (n_rows, n_values).
        parent: a row above for each row, itself where there is none, (n_rows,).

    Returns:
        float32 of shape (n_rows, n_values).
    """
    if (compiled := kernel.load()) is not None:
        highest = np.empty(values.shape, dtype=np.float32)
        compiled.call("lw_ancestor_maximum", values, parent, *values.shape, highest)
        return highest
    highest = values[parent]
    jump = parent
    # After the rounds, pointers reach 1, 2, 4, 8 and 16 levels up.
    for doubling in range(MAX_DOUBLINGS):
        jump = jump[jump] if doubling else jump
        highest = np.maximum(highest, highest[jump])
    return highest


def continued(batch: Batch, tokens: Tokens, structure: Structure) -> Rows:
    """The header that each row continues, a sentinel where none; (n_rows,).

    A row that begins with ``{`` or ``where`` continues its sibling, one that begins with a closing bracket its opener's
    row, one that begins inside round brackets the row where these open.
    """
    continues = np.where(structure.enclosing_kind == ROUND, structure.enclosing, structure.matching)
    occupied = np.flatnonzero(tokens.first[1:] > tokens.first[:-1])
    first = tokens.first[occupied]
    goes_on = (batch.data[tokens.starts[first]] == ord("{")) | (tokens.exact[first] == _where())
    rows = structure.row_of_line[occupied[goes_on]]
    continues[rows] = structure.sibling[rows]
    return continues


@cache
def _where() -> np.uint32:
    return np.uint32(word_hash(b"where"))


def nearest_marked_ancestor(parent: Rows, marked: NDArray[np.bool_]) -> Rows:
    """The nearest ancestor that is marked, itself not included; where there is none, the topmost one."""
    pointer = parent
    while True:
        onward = np.where(marked[pointer], pointer, pointer[pointer])
        if np.array_equal(onward, pointer):
            return pointer
        pointer = onward


def _climb(start: Rows, indent: Rows, is_sentinel: NDArray[np.bool_]) -> Rows:
    """The nearest row in the direction of `start` that is indented less; a sentinel's is itself.

    All rows climb at once, each along what the others have found so far, so a chain of rows of one indentation takes
    about the logarithm of its length in rounds.
    """
    pointer = np.where(is_sentinel, np.arange(len(start)), start)
    climbing = np.flatnonzero(~is_sentinel)
    while len(climbing):
        climbing = climbing[indent[pointer[climbing]] >= indent[climbing]]
        pointer[climbing] = pointer[pointer[climbing]]
    return pointer


def _root(parent: Rows, is_sentinel: NDArray[np.bool_]) -> Rows:
    pointer = np.where(is_sentinel[parent], np.arange(len(parent)), parent)
    while True:
        onward = pointer[pointer]
        if np.array_equal(onward, pointer):
            return pointer
        pointer = onward


def _sibling(previous_opaque: Rows, parent: Rows, indent: Rows, is_sentinel: NDArray[np.bool_], sentinel: Rows) -> Rows:
    """The nearest row above that is indented no more, if it is indented as much; else the sentinel."""
    nearest = previous_opaque.copy()
    climbing = np.flatnonzero(~is_sentinel)
    while len(climbing):
        climbing = climbing[indent[nearest[climbing]] > indent[climbing]]
        nearest[climbing] = parent[nearest[climbing]]
    return np.where((indent[nearest] == indent) & ~is_sentinel, nearest, sentinel)


def _next(opaque: NDArray[np.bool_], n_rows: int) -> Rows:
    index = np.where(opaque, np.arange(n_rows), n_rows - 1)
    upcoming = np.minimum.accumulate(index[::-1])[::-1]
    return np.append(upcoming[1:], n_rows - 1)


def _begins_aside(batch: Batch, tokens: Tokens, states: States, languages: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether each line begins with a comment or a preprocessor directive; bool of shape (n_lines,)."""
    occupied = np.flatnonzero(tokens.first[1:] > tokens.first[:-1])
    first = tokens.first[occupied]
    state = states.of_token[first]
    aside = (state == State.LINE_COMMENT) | (state == State.BLOCK_COMMENT)
    directive_language = HAS_DIRECTIVES[languages][batch.document_of_line[occupied]]
    aside |= directive_language & (tokens.kinds[first] == Kind.HASH)
    result = np.zeros(len(batch.lines), dtype=bool)
    result[occupied] = aside
    return result
