"""Which lines begin inside a comment or string: the tables' reading, mended where the lines speak against it.

Quotes look alike at both ends: read from the wrong side, the code between two strings passes for text and the text for
code. A text may be cut out of the middle of a string, and some quotes the tables take for others than they are (the
apostrophe of a word in a literal they do not know). The line network says of every line how likely it lies inside what
began above it; so each document gets the likeliest sequence of states (Viterbi 1967), in which the maps of the lines
are followed for free, while to begin inside something and to drop out of it cost something.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from linewise.features import kernel
from linewise.features.documents import Batch
from linewise.features.lexis import N_STATES, Event, State, transition_table
from linewise.features.states import States

from .network import Float32Array

_BEGINNINGS = np.array([State.TRIPLE, State.LONG, State.BACKTICK, State.DOUBLE, State.SINGLE])
"""A block comment needs no trial: its end looks like no beginning (see `features.states`)."""
LOWEST_LOGIT, HIGHEST_LOGIT = -2.0, 4.0
"""Code may stand in a string for many lines, so what speaks against an inside counts less than what speaks for it."""
MARGIN = 3.0
"""What it costs to begin inside, in natural logarithms of likelihood."""
_LONG_SLIP, _SHORT_SLIP = 60.0, 20.0
"""What it costs to drop out of a literal that is meant to span lines, and out of another."""


@cache
def slips() -> NDArray[np.float64]:
    """What it costs to drop out of each state into code; nobody drops out of code or of a block comment."""
    costs = np.full(N_STATES, np.inf)
    costs[[State.TRIPLE, State.LONG, State.BACKTICK]] = _LONG_SLIP
    costs[[State.DOUBLE, State.SINGLE]] = _SHORT_SLIP
    return costs


@cache
def spans_lines() -> NDArray[np.bool_]:
    """Whether a text may begin in each state: bool of shape (n_languages + 1, N_STATES)."""
    table = transition_table()
    spans = np.zeros((len(table), N_STATES), dtype=bool)
    spans[:, _BEGINNINGS] = table[:, Event.LINE_BREAK, _BEGINNINGS] == _BEGINNINGS
    return spans


def settle_states(
    states: States,
    batch: Batch,
    languages: NDArray[np.intp],
    may_begin_inside: NDArray[np.bool_],
    inside_logits: Float32Array,
) -> States:
    """The same states with each document read as is likeliest.

    Args:
        states: the states as carried from a beginning in code.
        batch: the texts.
        languages: the language index of each document, (n_documents,).
        may_begin_inside: which documents may be cut out of something, bool of shape (n_documents,).
        inside_logits: per line, the log-odds that it lies inside what began above it, (n_lines,).
    """
    beginnings = may_begin_inside[:, None] & spans_lines()[languages]  # (n_documents, N_STATES)
    logits = np.clip(inside_logits, LOWEST_LOGIT, HIGHEST_LOGIT)
    at_start = states.at_start.copy()
    whole = np.flatnonzero((np.diff(batch.line_offsets) > 0) & ~may_begin_inside)
    begins_inside = whole[at_start[batch.line_offsets[whole]] != State.CODE]
    is_doubtful = _is_doubtful(states, batch, beginnings, logits)
    is_doubtful[begins_inside] = True
    at_start[batch.line_offsets[begins_inside]] = State.CODE
    doubtful = np.flatnonzero(is_doubtful)
    if not len(doubtful):
        return states
    if (compiled := kernel.load()) is not None:
        compiled.call(
            "lw_settle_states",
            states.line_maps,
            batch.line_offsets,
            doubtful,
            len(doubtful),
            beginnings,
            logits,
            slips(),
            np.array([MARGIN]),
            at_start,
        )
    else:
        for document in doubtful.tolist():
            lines = slice(batch.line_offsets[document], batch.line_offsets[document + 1])
            at_start[lines] = _likeliest(
                states.line_maps[lines], logits[lines], int(at_start[lines.start]), beginnings[document]
            )
    return replace(states, at_start=at_start)


def _is_doubtful(
    states: States, batch: Batch, beginnings: NDArray[np.bool_], logits: Float32Array
) -> NDArray[np.bool_]:
    """Which documents may read otherwise: some line speaks against being inside, or some literal ends unbegun."""
    inside = states.at_start != State.CODE
    against = np.bincount(batch.document_of_line[inside & (logits < 0)], minlength=batch.n_documents) > 0
    doubtful: NDArray[np.bool_] = against
    for beginning in _BEGINNINGS[beginnings[:, _BEGINNINGS].any(axis=0)].tolist():
        ends = batch.document_of_line[states.line_maps[:, beginning] == State.CODE]
        doubtful |= beginnings[:, beginning] & (np.bincount(ends, minlength=batch.n_documents) > 0)
    return doubtful


def _likeliest(
    line_maps: NDArray[np.uint8], logits: Float32Array, initial: int, beginnings: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """The likeliest states at the starts of one document's lines, uint8 of shape (n_lines,)."""
    n_lines, costs = len(line_maps), slips()
    score = np.full(N_STATES, -np.inf)
    score[beginnings & (line_maps == State.CODE).any(axis=0)] = -MARGIN
    score[[State.CODE, initial]] = -MARGIN, 0.0
    score[1:] += logits[0]
    came_from = np.zeros((n_lines, N_STATES), dtype=np.uint8)
    for line in range(1, n_lines):
        reached = np.full(N_STATES, -np.inf)
        for state in range(N_STATES):
            onward = line_maps[line - 1, state]
            for target, value in ((onward, score[state]), (State.CODE, score[state] - costs[onward])):
                if value > reached[target]:
                    reached[target] = value
                    came_from[line, target] = state
        reached[1:] += logits[line]
        score = reached
    path = np.empty(n_lines, dtype=np.uint8)
    state = int(score.argmax())
    for line in range(n_lines - 1, -1, -1):
        path[line] = state
        state = int(came_from[line, state])
    return path
