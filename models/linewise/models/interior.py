"""Does a text begin inside a comment or string that opened above it?

Quotes look alike at both ends: read from the wrong side, the code between two docstrings passes for text and the text
for code. So each possible beginning is tried, and the one is taken under which the lines read best: the line network
says of every line how likely it lies inside something that began above it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from linewise.features.documents import Batch
from linewise.features.lexis import Event, State, transition_table
from linewise.features.states import States, carry

from .network import Float32Array

_BEGINNINGS = np.array([State.TRIPLE, State.LONG, State.BACKTICK, State.DOUBLE, State.SINGLE])
"""A block comment needs no trial: its end looks like no beginning (see `features.states`)."""
_LOGIT_LIMIT = 4.0
MARGIN = 3.0
"""A beginning inside must be better than one in code by so much, in natural logarithms of likelihood."""


def settle_beginnings(
    states: States,
    batch: Batch,
    languages: NDArray[np.intp],
    may_begin_inside: NDArray[np.bool_],
    inside_logits: Float32Array,
) -> States:
    """The same states with each document read from its likeliest beginning.

    Args:
        states: the states as carried from a beginning in code.
        batch: the texts.
        languages: the language index of each document, (n_documents,).
        may_begin_inside: which documents may be cut out of something, bool of shape (n_documents,).
        inside_logits: per line, the log-odds that it lies inside what began above it, (n_lines,).
    """
    candidates_of = may_begin_inside[:, None] & _spans_lines()[languages]  # (n_documents, beginnings)
    if not candidates_of.any() or not (states.line_maps[:, _BEGINNINGS] == State.CODE).any():
        return states
    logits = np.clip(inside_logits, -_LOGIT_LIMIT, _LOGIT_LIMIT)
    counts = np.diff(batch.line_offsets)
    initial = np.zeros(batch.n_documents, dtype=np.uint8)
    occupied = np.flatnonzero(counts)
    initial[occupied] = states.at_start[batch.line_offsets[occupied]]
    best = _score(states.at_start, logits, batch.document_of_line, batch.n_documents) + MARGIN
    changed = False
    for beginning, may_begin_so in zip(_BEGINNINGS.tolist(), candidates_of.T, strict=True):
        if not may_begin_so.any():
            continue
        ends = states.line_maps[:, beginning] == State.CODE
        candidates = may_begin_so & (np.bincount(batch.document_of_line[ends], minlength=batch.n_documents) > 0)
        if not candidates.any():
            continue
        chosen = np.flatnonzero(candidates)
        lines = np.flatnonzero(candidates[batch.document_of_line])
        offsets = np.concatenate(([0], np.cumsum(counts[chosen])))
        at_start = carry(states.line_maps[lines], offsets, np.full(len(chosen), beginning, dtype=np.uint8))
        document = np.repeat(np.arange(len(chosen)), counts[chosen])
        score = _score(at_start, logits[lines], document, len(chosen))
        better = score > best[chosen]
        initial[chosen[better]] = beginning
        best[chosen[better]] = score[better]
        changed |= bool(better.any())
    if not changed:
        return states
    return replace(states, at_start=carry(states.line_maps, batch.line_offsets, initial))


@cache
def _spans_lines() -> NDArray[np.bool_]:
    """Whether each of the beginnings outlasts a line break: bool of shape (n_languages + 1, beginnings)."""
    spans: NDArray[np.bool_] = transition_table()[:, Event.LINE_BREAK, _BEGINNINGS] == _BEGINNINGS
    return spans


def _score(
    at_start: NDArray[np.uint8], logits: Float32Array, document: NDArray[np.integer], n_documents: int
) -> NDArray[np.float64]:
    """Per document, the log-likelihood of a reading, up to what all readings share."""
    weights = np.where(at_start != State.CODE, logits, 0).astype(np.float64)
    sums: NDArray[np.float64] = np.bincount(document, weights=weights, minlength=n_documents).astype(np.float64)
    return sums
