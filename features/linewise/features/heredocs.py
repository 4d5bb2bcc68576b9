"""Heredocs: strings that begin on the line after ``<<NAME`` and end with a line that holds the name alone.

The state machine of `states` knows no names, so these strings are found by their two lines, and put into the lines'
maps of states as one more way from `State.CODE` to `State.LONG` and back. An opener that no line ends is none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .documents import Batch
from .languages import LANGUAGE_INDEX
from .lexis import State
from .tokens import Kind, Tokens

HAS_HEREDOCS = np.zeros(len(LANGUAGE_INDEX) + 1, dtype=bool)
HAS_HEREDOCS[[LANGUAGE_INDEX[name] for name in ("bash", "php", "ruby")]] = True
ARROW_APPENDS = np.zeros(len(LANGUAGE_INDEX) + 1, dtype=bool)
"""The languages in which ``list << NAME`` appends: only an arrow that touches the name opens a heredoc."""
ARROW_APPENDS[LANGUAGE_INDEX["ruby"]] = True
_QUOTES = (Kind.DOUBLE_QUOTE, Kind.SINGLE_QUOTE, Kind.BACKTICK)
_LONGEST_OPERATOR = 3


def close_heredocs(
    batch: Batch,
    tokens: Tokens,
    of_token: NDArray[np.uint8],
    languages: NDArray[np.intp],
    line_maps: NDArray[np.uint8],
) -> None:
    """Let each heredoc's opening line lead into a string and its last line out of it.

    Args:
        batch: the texts.
        tokens: their tokens.
        of_token: the state of each token, (n_tokens,).
        languages: the language index of each document, (n_documents,).
        line_maps: the state after each line for each state before it, uint8 of shape (n_lines, N_STATES); changed in
            place.
    """
    if not HAS_HEREDOCS[languages].any():
        return
    lines, names = _openers(batch, tokens, of_token, languages)
    if not len(lines):
        return
    ends = _ends(batch, tokens, lines, names)
    begin, end = _outermost(lines[ends >= 0], ends[ends >= 0])
    opening = line_maps[begin]
    line_maps[begin] = np.where(opening == State.CODE, State.LONG, opening)
    line_maps[end, State.LONG] = State.CODE


def _openers(
    batch: Batch, tokens: Tokens, of_token: NDArray[np.uint8], languages: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """The line of each ``<<NAME`` in code, and its name's hash."""
    data, starts, ends, kinds = batch.data, tokens.starts, tokens.ends, tokens.kinds
    arrow = ord("<")
    candidates = np.flatnonzero(kinds == Kind.OPERATOR)
    begin = starts[candidates]
    candidates = candidates[(data[begin] == arrow) & (data[begin + 1] == arrow)]
    candidates = candidates[(ends[candidates] - starts[candidates] <= _LONGEST_OPERATOR) & (of_token[candidates] == 0)]
    candidates = candidates[HAS_HEREDOCS[languages[batch.document_of_line[tokens.lines[candidates]]]]]
    last = len(kinds) - 1
    follower = np.minimum(candidates + 1, last)
    quoted = np.isin(kinds[follower], _QUOTES)
    name = np.minimum(follower + quoted, last)
    after = np.minimum(name + 1, last)
    usable = (kinds[name] == Kind.WORD) & (tokens.lines[name] == tokens.lines[candidates])
    usable &= ~quoted | ((kinds[after] == kinds[follower]) & (starts[after] == ends[name]))
    appends = ARROW_APPENDS[languages[batch.document_of_line[tokens.lines[candidates]]]]
    usable &= ~appends | (starts[follower] == ends[candidates])
    return tokens.lines[candidates[usable]], tokens.exact[name[usable]]


def _ends(batch: Batch, tokens: Tokens, lines: NDArray[np.int64], names: NDArray[np.uint32]) -> NDArray[np.int64]:
    """The next line below each opener that is its name, followed by nothing but brackets and separators; -1 if none."""
    first = tokens.first[:-1]
    counts = np.diff(tokens.first)
    alone = np.flatnonzero(counts >= 1)
    alone = alone[tokens.kinds[first[alone]] == Kind.WORD]
    follower = tokens.kinds[np.minimum(first[alone] + 1, len(tokens.kinds) - 1)]
    alone = alone[(counts[alone] == 1) | (follower == Kind.CLOSER) | (follower == Kind.SEPARATOR)]
    alone = alone[np.isin(tokens.exact[first[alone]], names)]
    keys = _keys(batch, alone, tokens.exact[first[alone]])
    order = np.lexsort((alone, keys))
    n_lines = np.int64(len(batch.lines))
    # One number for a key's rank and a line, so that one search finds the next line of the same key.
    distinct, rank = np.unique(keys[order], return_inverse=True)
    places = rank * n_lines + alone[order]
    wanted_keys = _keys(batch, lines, names)
    wanted_rank = np.searchsorted(distinct, wanted_keys)
    at = np.searchsorted(places, wanted_rank * n_lines + lines, side="right")
    ends = np.full(len(lines), -1, dtype=np.int64)
    found = at < len(order)
    found[found] = keys[order[at[found]]] == wanted_keys[found]
    ends[found] = alone[order[at[found]]]
    return ends


def _keys(batch: Batch, lines: NDArray[np.int64], names: NDArray[np.uint32]) -> NDArray[np.int64]:
    keys: NDArray[np.int64] = batch.document_of_line[lines].astype(np.int64) << 32 | names
    return keys


def _outermost(lines: NDArray[np.int64], ends: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Leave out the openers that lie inside another heredoc; of several on one line the one that ends last counts."""
    kept: list[tuple[int, int]] = []
    for line, end in zip(lines.tolist(), ends.tolist(), strict=True):
        if kept and kept[-1][0] == line:
            kept[-1] = line, max(end, kept[-1][1])
        elif not kept or line >= kept[-1][1]:
            kept.append((line, end))
    pairs = np.array(kept, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
