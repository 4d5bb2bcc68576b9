"""Was this name bound before? What tells a first binding from a re-binding in languages that declare by assigning.

A line's *target* is the plain name that it seems to store into: the first word of a line that goes on with an
operator or a comma (``x = 1``, ``total += 2``, ``a, b = pair``). Its *second target* is the word after that comma or,
where a line begins otherwise, the first word before a lone ``=`` (``[ $a ] || b=1``). An argument by name on a line of
its own within round brackets is no target. On a line that begins with ``local`` every word is bound, but in its scope
alone.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from . import kernel
from .brackets import ROUND
from .documents import Batch
from .languages import LANGUAGE_INDEX
from .lexis import State
from .states import States
from .structure import Rows, Structure, nearest_marked_ancestor
from .tokens import Kind, Tokens, word_hash

NOVELTY_NAMES = (
    "has_target",
    "bound_in_text",
    "bound_in_scope",
    "seen_in_text",
    "seen_in_scope",
    "has_second_target",
    "second_bound_in_text",
    "second_bound_in_scope",
)
N_NOVELTY = len(NOVELTY_NAMES)
BINDS_IN_TEXT = np.zeros(len(LANGUAGE_INDEX) + 1, dtype=bool)
"""Languages in which a name without a declaration belongs to the whole text, not to the scope that binds it."""
BINDS_IN_TEXT[[LANGUAGE_INDEX[name] for name in ("bash", "lua")]] = True
_HEADER_STEPS = 3
"""A body's ``{`` may continue a ``)`` that continues the function's first line."""
_LOCAL_WORDS = (b"local", b"my")


def novelty(
    batch: Batch,
    tokens: Tokens,
    states: States,
    structure: Structure,
    continues: Rows,
    opens_scope: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """What is known about the names that lines store into.

    Args:
        batch: the texts.
        tokens: their tokens.
        states: their comment and string states.
        structure: the lines' relatives.
        continues: the header that each row continues (a lone ``{``, ``) {``), a sentinel where none, (n_rows,).
        opens_scope: whether a row begins a function or type, (n_rows,).

    Returns:
        float32 zeros and ones of shape (n_rows, N_NOVELTY).
    """
    features = np.zeros((len(structure.sentinel), N_NOVELTY), dtype=np.float32)
    eligible = _may_store(batch, tokens, structure)
    is_local = _begins_with_local(tokens)
    if (compiled := kernel.load()) is not None:
        compiled.call(
            "lw_novelty",
            batch.data,
            tokens.starts,
            tokens.ends,
            tokens.kinds,
            states.of_token,
            tokens.exact,
            tokens.first,
            len(batch.lines),
            structure.row_of_line,
            len(features),
            eligible,
            is_local,
            structure.opener,
            structure.sentinel,
            structure.parent,
            continues,
            opens_scope,
            known := np.zeros(len(features), dtype=np.uint8),
        )
        return np.unpackbits(known[:, np.newaxis], axis=1, bitorder="little").astype(np.float32)
    first_targets, second_targets = _targets(batch, tokens, states, eligible)
    if not len(first_targets) and not len(second_targets):
        return features
    occurrences, is_target = _occurrences(batch, tokens, states, structure, first_targets, second_targets)
    rows = structure.row_of_line[tokens.lines[occurrences]]
    scope = _scopes(structure, continues, opens_scope)[rows]
    names = tokens.exact[occurrences].astype(np.int64)
    document = batch.document_of_line[tokens.lines[occurrences]].astype(np.int64)
    on_local_line = is_local[tokens.lines[occurrences]]
    seen_in_scope, bound_in_scope = _earlier((scope << 32) | names, is_target | on_local_line)
    seen_in_text, bound_in_text = np.zeros((2, len(names)), dtype=bool)
    elsewhere = np.flatnonzero(~on_local_line)
    if len(elsewhere):
        seen_in_text[elsewhere], bound_in_text[elsewhere] = _earlier(
            ((document << 32) | names)[elsewhere], is_target[elsewhere]
        )

    place = np.searchsorted(occurrences, first_targets)
    row = structure.row_of_line[tokens.lines[first_targets]]
    for column, values in enumerate((None, bound_in_text, bound_in_scope, seen_in_text, seen_in_scope)):
        features[row, column] = 1 if values is None else values[place]
    place = np.searchsorted(occurrences, second_targets)
    row = structure.row_of_line[tokens.lines[second_targets]]
    for column, values in enumerate((None, bound_in_text, bound_in_scope), start=5):
        features[row, column] = 1 if values is None else values[place]
    return features


def _scopes(structure: Structure, continues: Rows, opens_scope: NDArray[np.bool_]) -> Rows:
    """The row that opens the scope of each row, the outermost row where there is none; (n_rows,)."""
    header = np.arange(len(continues))
    for _ in range(_HEADER_STEPS):
        header = np.where(opens_scope[header], header, continues[header])
    opens = opens_scope[header]
    scope = np.where(opens, np.arange(len(header)), nearest_marked_ancestor(structure.parent, opens))
    scopes: Rows = np.where(opens[scope], header[scope], scope)
    return scopes


def _may_store(batch: Batch, tokens: Tokens, structure: Structure) -> NDArray[np.bool_]:
    """Whether a line's beginning may be something that is stored into; bool of shape (n_lines,)."""
    rows = structure.row_of_line
    # An argument by name follows an opening bracket or a comma; what a function in brackets holds does not.
    filled = np.append(np.diff(tokens.first) > 0, False)
    last = np.append(tokens.first[1:] - 1, 0)
    before = structure.previous_opaque[rows]
    line_before = np.where(structure.is_sentinel[before], len(batch.lines), structure.line_of_row[before])
    ends_with = batch.data[np.append(tokens.starts, 0)[np.maximum(last[line_before], 0)]]
    goes_on = filled[line_before] & ((ends_with == ord("(")) | (ends_with == ord(",")))
    eligible: NDArray[np.bool_] = ~structure.transparent[rows]
    eligible &= ~((structure.enclosing_kind[rows] == ROUND) & goes_on)
    return eligible


def _begins_with_local(tokens: Tokens) -> NDArray[np.bool_]:
    """Whether each line's first word makes what follows local; bool of shape (n_lines,)."""
    first = np.append(tokens.exact, np.uint32(0))[tokens.first[:-1]]
    local: NDArray[np.bool_] = np.diff(tokens.first) > 1
    local &= np.isin(first, local_hashes())
    return local


@cache
def local_hashes() -> NDArray[np.uint32]:
    """The exact hashes of the words that make what follows local."""
    return np.array([word_hash(word) for word in _LOCAL_WORDS], dtype=np.uint32)


def _targets(
    batch: Batch, tokens: Tokens, states: States, eligible: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The tokens that are first and second targets, both in order."""
    candidates = np.flatnonzero(eligible & (np.diff(tokens.first) >= 2))
    first = tokens.first[:-1][candidates]
    last = tokens.first[1:][candidates]
    second_kind = tokens.kinds[first + 1]
    comma = (second_kind == Kind.SEPARATOR) & (batch.data[tokens.starts[first + 1]] == ord(","))
    plain = (tokens.kinds[first] == Kind.WORD) & ((second_kind == Kind.OPERATOR) | comma)
    third = first + 2
    tuple_like = plain & comma & (third < last)
    second = third[tuple_like]
    second = second[tokens.kinds[second] == Kind.WORD]
    later: NDArray[np.int64] = np.union1d(second, _later_targets(batch, tokens, states, candidates[~plain]))
    return first[plain], later


def _later_targets(batch: Batch, tokens: Tokens, states: States, lines: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first word that a lone ``=`` follows, on each of some lines that have one (``[ $a ] || b=1``)."""
    equals = np.flatnonzero((tokens.kinds == Kind.OPERATOR) & (tokens.ends - tokens.starts == 1))
    equals = equals[(batch.data[tokens.starts[equals]] == ord("=")) & (states.of_token[equals] == State.CODE)]
    wanted = np.zeros(len(batch.lines), dtype=bool)
    wanted[lines] = True
    stored = equals[wanted[tokens.lines[equals]]] - 1
    stored = stored[(stored >= 0) & (tokens.kinds[stored] == Kind.WORD)]
    stored = stored[tokens.lines[stored] == tokens.lines[stored + 1]]
    _, earliest = np.unique(tokens.lines[stored], return_index=True)
    chosen: NDArray[np.int64] = stored[earliest]
    return chosen


def _occurrences(
    batch: Batch, tokens: Tokens, states: States, structure: Structure, first: Rows, second: Rows
) -> tuple[Rows, NDArray[np.bool_]]:
    """Every token in code that may be one of the targets' names, and whether it is a target itself."""
    wanted = np.zeros(1 << 16, dtype=bool)
    targets = np.union1d(first, second)
    wanted[tokens.exact[targets] >> np.uint32(16)] = True
    named = np.flatnonzero((tokens.kinds == Kind.WORD) & (states.of_token == State.CODE))
    named = named[wanted[tokens.exact[named] >> np.uint32(16)]]
    # `self.x` and `a->x` name another x.
    before = batch.data[np.maximum(tokens.starts[named] - 1, 0)]
    named = named[(before != ord(".")) & (before != ord(">"))]
    outside = structure.opener[structure.row_of_line] == structure.sentinel[structure.row_of_line]
    named = np.union1d(named[outside[tokens.lines[named]]], targets)
    is_target = np.zeros(len(named), dtype=bool)
    is_target[np.searchsorted(named, targets)] = True
    return named, is_target


def _earlier(keys: NDArray[np.int64], is_target: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """For each occurrence in order: did the same key occur before, and did it as a target?"""
    order = np.argsort(keys, kind="stable")
    sorted_keys = keys[order]
    index = np.arange(len(keys))
    group_start = np.maximum.accumulate(np.where(np.diff(sorted_keys, prepend=sorted_keys[0] - 1) != 0, index, 0))
    targets_before: NDArray[np.int64] = np.cumsum(is_target[order]) - is_target[order]
    seen = np.empty(len(keys), dtype=bool)
    bound = np.empty(len(keys), dtype=bool)
    seen[order] = index > group_start
    bound[order] = targets_before > targets_before[group_start]
    return seen, bound
