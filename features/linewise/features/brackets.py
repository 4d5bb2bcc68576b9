"""Which bracket encloses each line's start, where it opened, and what closes that never opened.

Round, square and curly brackets are matched apart, so that one that is missing, or stands for something else (the
``)`` of a shell's ``case`` branch), misleads nothing but its own kind. A closing bracket that nothing opened changes no
level; an opening one counts for nothing once the curly brackets around it have closed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import kernel
from .documents import Batch
from .lexis import State
from .states import States
from .tokens import Kind, Tokens

Rows = NDArray[np.int64]
N_BRACKETS = 4
"""None, round, square, curly: which bracket encloses a line's start."""
ROUND, SQUARE, CURLY = 1, 2, 3
_KIND_OF_BYTE = np.zeros(256, dtype=np.uint8)
for _kind, _bytes in ((ROUND, b"()"), (SQUARE, b"[]"), (CURLY, b"{}")):
    _KIND_OF_BYTE[list(_bytes)] = _kind


@dataclass(frozen=True, slots=True)
class Brackets:
    """What encloses each row; int64 of shape (n_rows,) unless said otherwise, the document's sentinel where none.

    Attributes:
        enclosing: the row of the innermost bracket that is open at the row's start.
        enclosing_kind: uint8, 0 none, 1 round, 2 square, 3 curly.
        closes: whether that bracket is closed further down, bool.
        matching: for rows that begin with a closing bracket, the row of its opening one.
        depth: number of brackets open at the row's start.
        unopened: number of curly brackets that close at the row or below, and that nothing opened.
    """

    enclosing: Rows
    enclosing_kind: NDArray[np.uint8]
    closes: NDArray[np.bool_]
    matching: Rows
    depth: Rows
    unopened: Rows


@dataclass(frozen=True, slots=True)
class _OneKind:
    """The brackets of one kind.

    Attributes:
        partner: for each closing one, the index of its opening one among them, -1 where there is none and for openers.
        level: how many are open after each.
        of_line: the one that is innermost at each line's start, -1 where none, (n_lines,).
        line_level: how many are open at each line's start, (n_lines,).
        unopened: how many close at each line or below that nothing opened, (n_lines,).
    """

    partner: Rows
    level: Rows
    of_line: Rows
    line_level: Rows
    unopened: Rows


def find_brackets(
    batch: Batch, tokens: Tokens, states: States, row_of_line: Rows, sentinel: Rows, inside: NDArray[np.bool_]
) -> Brackets:
    """Match the brackets of every document.

    Args:
        batch: the texts.
        tokens: their tokens.
        states: their comment and string states.
        row_of_line: (n_lines,).
        sentinel: the sentinel of each row's document, (n_rows,).
        inside: whether each row begins inside a comment or string; such rows' brackets count for nothing, (n_rows,).
    """
    compiled = kernel.load()
    if compiled is None:
        return _find_brackets(batch, tokens, states, row_of_line, sentinel, inside)
    n_rows = len(sentinel)
    found = Brackets(
        sentinel.copy(),
        np.zeros(n_rows, dtype=np.uint8),
        np.zeros(n_rows, dtype=bool),
        sentinel.copy(),
        np.zeros(n_rows, dtype=np.int64),
        np.zeros(n_rows, dtype=np.int64),
    )
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
        found.enclosing,
        found.enclosing_kind,
        found.closes,
        found.matching,
        found.depth,
        found.unopened,
    )
    return found


def _find_brackets(
    batch: Batch, tokens: Tokens, states: States, row_of_line: Rows, sentinel: Rows, inside: NDArray[np.bool_]
) -> Brackets:
    enclosing, matching = sentinel.copy(), sentinel.copy()
    n_rows, n_lines = len(sentinel), len(batch.lines)
    enclosing_kind, closes = np.zeros(n_rows, dtype=np.uint8), np.zeros(n_rows, dtype=bool)
    depth, unopened = np.zeros((2, n_rows), dtype=np.int64)
    usable = (states.of_token == State.CODE) & (tokens.kinds >= Kind.OPENER) & (tokens.kinds <= Kind.CLOSER)
    usable &= ~inside[row_of_line][tokens.lines]
    brackets = np.flatnonzero(usable)  # (n_brackets,) token indices
    opens = tokens.kinds[brackets] == Kind.OPENER
    kinds = _KIND_OF_BYTE[batch.data[tokens.starts[brackets]]]
    first_of_line = np.searchsorted(brackets, tokens.first[:-1])  # (n_lines,)
    first_of_document = np.searchsorted(brackets, tokens.first[batch.line_offsets[:-1]])

    innermost = np.full((N_BRACKETS, n_lines), -1, dtype=np.int64)  # indices into brackets
    is_closed = np.zeros(len(brackets), dtype=bool)
    partner = np.full(len(brackets), -1, dtype=np.int64)
    curly_level = np.zeros(len(brackets), dtype=np.int64)
    curly_level_of_line = np.zeros(n_lines, dtype=np.int64)
    for kind in (CURLY, ROUND, SQUARE):
        own = np.flatnonzero(kinds == kind)
        begin = np.searchsorted(own, first_of_line)
        found = _match(opens[own], begin, np.searchsorted(own, first_of_document), batch)
        closers = np.flatnonzero(found.partner >= 0)
        partner[own[closers]] = own[found.partner[closers]]
        is_closed[own[found.partner[closers]]] = True
        known = np.flatnonzero(found.of_line >= 0)
        innermost[kind, known] = own[found.of_line[known]]
        depth[row_of_line] += found.line_level
        if kind == CURLY:
            curly_level_of_line = found.line_level
            curly_level = _last_level(own, found.level, len(brackets), first_of_document)
            unopened[row_of_line] = found.unopened
        else:
            opener = innermost[kind]
            stale = (opener >= 0) & (curly_level[opener] > curly_level_of_line) if len(brackets) else opener >= 0
            innermost[kind, stale] = -1

    opener_of_line = innermost.max(axis=0)
    known = np.flatnonzero(opener_of_line >= 0)
    opener = opener_of_line[known]
    enclosing[row_of_line[known]] = row_of_line[tokens.lines[brackets[opener]]]
    enclosing_kind[row_of_line[known]] = kinds[opener]
    closes[row_of_line[known]] = is_closed[opener]
    leading = np.flatnonzero((tokens.first[tokens.lines[brackets]] == brackets) & (partner >= 0))
    matching[row_of_line[tokens.lines[brackets[leading]]]] = row_of_line[tokens.lines[brackets[partner[leading]]]]
    return Brackets(enclosing, enclosing_kind, closes, matching, depth, unopened)


def _match(opens: NDArray[np.bool_], first_of_line: Rows, first_of_document: Rows, batch: Batch) -> _OneKind:
    """Match the brackets of one kind by sorting them and the lines' starts by nesting level.

    Args:
        opens: whether each bracket opens, (n,).
        first_of_line: the first bracket at or after each line's start, (n_lines,).
        first_of_document: the same of each document, (n_documents,).
        batch: the texts.
    """
    n, n_lines = len(opens), len(first_of_line)
    document = np.repeat(np.arange(batch.n_documents), np.diff(np.append(first_of_document, n)))
    running = np.cumsum(np.where(opens, 1, -1))
    before = np.append(0, running)[first_of_document]
    relative = running - before[document]
    # Each document's values lie far below those of the one before, so that a running minimum begins anew with it.
    far = document * np.int64(2 * n + 2)
    floor = np.minimum.accumulate(np.minimum(relative - far, -far)) + far
    level = relative - floor
    of_document = batch.document_of_line
    has_before = first_of_line > first_of_document[of_document]
    last = np.maximum(first_of_line - 1, 0)
    line_level = np.where(has_before, level[last], 0) if n else np.zeros(n_lines, dtype=np.int64)
    line_floor = np.where(has_before, floor[last], 0) if n else np.zeros(n_lines, dtype=np.int64)
    ends = np.append(first_of_document[1:], n)
    lowest = np.where(ends > first_of_document, np.append(floor, 0)[np.maximum(ends - 1, 0)], 0)

    # An opener stands at the level it opens, a closer at the level it closes, a line start at the level it is in.
    starts_document = np.zeros(n + 1, dtype=bool)
    starts_document[first_of_document] = True
    level_before = np.where(starts_document[:n], 0, np.append(0, level[:-1])[:n])
    levels = np.concatenate((np.where(opens, level, level_before), line_level))
    documents = np.concatenate((document, of_document))
    # Order within a level: bracket k at 2k + 1, the start of a line whose first bracket is k at 2k.
    places = np.concatenate((2 * np.arange(n) + 1, 2 * first_of_line))
    is_opener = np.concatenate((opens, np.zeros(n_lines, dtype=bool)))
    order = np.lexsort((places, levels, documents))
    changes = (np.diff(levels[order], prepend=-1) != 0) | (np.diff(documents[order], prepend=-1) != 0)
    group_start = np.maximum.accumulate(np.where(changes, np.arange(len(order)), 0))
    last_opener = np.maximum.accumulate(np.where(is_opener[order], np.arange(len(order)), -1))
    found = (last_opener >= group_start) & ~is_opener[order] & (levels[order] > 0)
    partner = np.full(len(order), -1, dtype=np.int64)
    partner[order[found]] = order[last_opener[found]]
    return _OneKind(partner[:n], level, partner[n:], line_level, line_floor - lowest[of_document])


def _last_level(own: Rows, level: Rows, n_brackets: int, first_of_document: Rows) -> Rows:
    """The level after the last bracket of one kind that comes before each bracket of any kind, (n_brackets,)."""
    count = np.searchsorted(own, np.arange(n_brackets))
    document_begin = np.zeros(n_brackets + 1, dtype=np.int64)
    np.maximum.at(document_begin, first_of_document, first_of_document)
    begin = np.searchsorted(own, np.maximum.accumulate(document_begin)[:n_brackets])
    if not len(own):
        return np.zeros(n_brackets, dtype=np.int64)
    return np.where(count > begin, level[np.maximum(count - 1, 0)], 0)
