"""How lines hang together: parents and siblings by indentation, enclosing and matching brackets.

Rows, not lines: every document has a *sentinel* row before its first line, and one more ends the batch, so that
"the line before the first" and "no parent" are ordinary rows. Rows hold whatever per-line values the networks gather;
a sentinel's are zero.

Blank lines, comment lines, preprocessor lines and the insides of multi-line comments and strings are *transparent*:
they have a parent, but are nobody's parent or sibling, because their indentation says little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import kernel
from .documents import Batch
from .languages import LANGUAGE_INDEX
from .lexis import State
from .states import States
from .tokens import Kind, Tokens

Rows = NDArray[np.int64]
MAX_DOUBLINGS = 5
"""Ancestors are followed for at most 2 ** 5 = 32 levels."""
_MAX_ROUNDS = 64
_HAS_DIRECTIVES = np.zeros(len(LANGUAGE_INDEX) + 1, dtype=bool)
_HAS_DIRECTIVES[[LANGUAGE_INDEX[name] for name in ("c", "cpp", "csharp", "swift")]] = True
N_BRACKETS = 4
"""None, round, square, curly: which bracket encloses a line's start."""


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
        sibling: the nearest opaque row above of the same indentation under the same parent.
        opener: for rows inside a multi-line comment or string, the row where it begins.
        enclosing: the row of the innermost bracket that is open at the row's start.
        enclosing_kind: uint8, 0 none, 1 round, 2 square, 3 curly.
        matching: for rows that begin with a closing bracket, the row of its opening one.
        depth: number of brackets open at the row's start, int64, clipped at 0 from below.
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
    sibling: Rows
    opener: Rows
    enclosing: Rows
    enclosing_kind: NDArray[np.uint8]
    matching: Rows
    depth: Rows


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
    if (compiled := kernel.load()) is not None:
        aside = np.zeros(n_rows, dtype=bool)
        aside[row_of_line] = _begins_aside(batch, tokens, states, languages)
        found = _relatives_compiled(compiled, is_sentinel, raw_indent, inside, aside)
        brackets = _brackets_compiled(compiled, batch, tokens, states, row_of_line, found[0], inside)
        return Structure(row_of_line, line_of_row, is_sentinel, *found, *brackets)
    index = np.arange(n_rows)
    sentinel = np.maximum.accumulate(np.where(is_sentinel, index, 0))
    blank = (raw_indent < 0) & ~is_sentinel
    transparent = blank | inside
    transparent[row_of_line] |= _begins_aside(batch, tokens, states, languages)

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

    nearest = _climb(previous_opaque, indent, strict=False)
    sibling = np.where((indent[nearest] == indent) & ~is_sentinel, nearest, sentinel)
    parent = _climb(previous_opaque, indent, strict=True)
    enclosing, enclosing_kind, matching, depth = _brackets(batch, tokens, states, row_of_line, sentinel, inside)
    return Structure(
        row_of_line,
        line_of_row,
        is_sentinel,
        sentinel,
        indent,
        transparent,
        previous_opaque,
        next_opaque,
        parent,
        sibling,
        opener,
        enclosing,
        enclosing_kind,
        matching,
        depth,
    )


def _relatives_compiled(
    compiled: kernel.Kernel,
    is_sentinel: NDArray[np.bool_],
    raw_indent: Rows,
    inside: NDArray[np.bool_],
    aside: NDArray[np.bool_],
) -> tuple[Rows, Rows, NDArray[np.bool_], Rows, Rows, Rows, Rows, Rows]:
    """The fields of `Structure` from `sentinel` to `opener`."""
    n_rows = len(is_sentinel)
    sentinel, indent, previous, following, parent, sibling, opener = np.empty((7, n_rows), dtype=np.int64)
    transparent = np.empty(n_rows, dtype=bool)
    found = (sentinel, indent, transparent, previous, following, parent, sibling, opener)
    compiled.call("lw_relatives", n_rows, is_sentinel, raw_indent, inside, aside, *found)
    return found


def _brackets_compiled(
    compiled: kernel.Kernel,
    batch: Batch,
    tokens: Tokens,
    states: States,
    row_of_line: Rows,
    sentinel: Rows,
    inside: NDArray[np.bool_],
) -> tuple[Rows, NDArray[np.uint8], Rows, Rows]:
    """As `_brackets`."""
    enclosing, matching, depth = sentinel.copy(), sentinel.copy(), np.zeros(len(sentinel), dtype=np.int64)
    kind = np.zeros(len(sentinel), dtype=np.uint8)
    compiled.call(
        "lw_brackets",
        batch.data,
        tokens.starts,
        tokens.kinds,
        states.of_token,
        tokens.first,
        batch.line_offsets,
        batch.n_documents,
        row_of_line,
        inside,
        enclosing,
        kind,
        matching,
        depth,
    )
    return enclosing, kind, matching, depth


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


def nearest_marked_ancestor(parent: Rows, marked: NDArray[np.bool_]) -> Rows:
    """The nearest ancestor that is marked, itself not included; where there is none, the topmost one."""
    pointer = parent
    for _ in range(_MAX_ROUNDS):
        onward = np.where(marked[pointer], pointer, pointer[pointer])
        if np.array_equal(onward, pointer):
            break
        pointer = onward
    return pointer


def _climb(start: Rows, indent: Rows, *, strict: bool) -> Rows:
    """The nearest row above whose indentation is smaller (`strict`) or not greater.

    All rows climb at once, each along what the others have found so far, so a chain of any length takes about the
    logarithm of its length in rounds.
    """
    pointer = start.copy()
    climbing = np.arange(len(start))
    for _ in range(_MAX_ROUNDS):
        above, own = indent[pointer[climbing]], indent[climbing]
        climbing = climbing[(above >= own) if strict else (above > own)]
        climbing = climbing[pointer[climbing] != climbing]
        if not len(climbing):
            break
        pointer[climbing] = pointer[pointer[climbing]]
    return pointer


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
    directive_language = _HAS_DIRECTIVES[languages][batch.document_of_line[occupied]]
    aside |= directive_language & (tokens.kinds[first] == Kind.HASH)
    result = np.zeros(len(batch.lines), dtype=bool)
    result[occupied] = aside
    return result


def _brackets(
    batch: Batch, tokens: Tokens, states: States, row_of_line: Rows, sentinel: Rows, inside: NDArray[np.bool_]
) -> tuple[Rows, NDArray[np.uint8], Rows, Rows]:
    """Match brackets and line starts by sorting them by nesting level."""
    n_lines = len(batch.lines)
    enclosing, matching = sentinel.copy(), sentinel.copy()
    enclosing_kind = np.zeros(len(sentinel), dtype=np.uint8)
    depth_of_row = np.zeros(len(sentinel), dtype=np.int64)
    usable = (states.of_token == State.CODE) & (tokens.kinds >= Kind.OPENER) & (tokens.kinds <= Kind.CLOSER)
    usable &= ~inside[row_of_line][tokens.lines]
    brackets = np.flatnonzero(usable)
    if not len(brackets):
        return enclosing, enclosing_kind, matching, depth_of_row
    opens = tokens.kinds[brackets] == Kind.OPENER
    running = np.concatenate(([0], np.cumsum(np.where(opens, 1, -1))))
    first_of_line = np.searchsorted(brackets, tokens.first[:-1])  # (n_lines,)
    document = batch.document_of_line[tokens.lines[brackets]]
    base = running[np.searchsorted(brackets, tokens.first[batch.line_offsets[:-1]])]  # (n_documents,)
    line_depth = running[first_of_line] - base[batch.document_of_line]

    # An opener stands at the level it opens, a closer at the level it closes, a line start at the level it is in.
    level = np.where(opens, running[1:], running[:-1]) - base[document]
    levels = np.concatenate((level, line_depth))
    documents = np.concatenate((document, batch.document_of_line))
    # Order within a level: bracket k at 2k + 1, the start of a line whose first bracket is k at 2k.
    places = np.concatenate((2 * np.arange(len(brackets)) + 1, 2 * first_of_line))
    is_opener = np.concatenate((opens, np.zeros(n_lines, dtype=bool)))
    order = np.lexsort((places, levels, documents))
    group_changes = (np.diff(levels[order], prepend=levels[order[:1]] - 1) != 0) | (
        np.diff(documents[order], prepend=-1) != 0
    )
    group_start = np.maximum.accumulate(np.where(group_changes, np.arange(len(order)), 0))
    last_opener = np.maximum.accumulate(np.where(is_opener[order], np.arange(len(order)), -1))
    found = (last_opener >= group_start) & ~is_opener[order] & (levels[order] > 0)
    opener_of = np.full(len(order), -1, dtype=np.int64)
    opener_of[order[found]] = order[last_opener[found]]

    of_line = opener_of[len(brackets) :]
    known = np.flatnonzero(of_line >= 0)
    opener_tokens = brackets[of_line[known]]
    enclosing[row_of_line[known]] = row_of_line[tokens.lines[opener_tokens]]
    character = batch.data[tokens.starts[opener_tokens]]
    kind = np.select([character == ord("("), character == ord("[")], [1, 2], 3)
    enclosing_kind[row_of_line[known]] = kind
    depth_of_row[row_of_line] = np.maximum(line_depth, 0)

    of_bracket = opener_of[: len(brackets)]
    leading = np.flatnonzero((tokens.first[tokens.lines[brackets]] == brackets) & (of_bracket >= 0))
    matching[row_of_line[tokens.lines[brackets[leading]]]] = row_of_line[tokens.lines[brackets[of_bracket[leading]]]]
    return enclosing, enclosing_kind, matching, depth_of_row
