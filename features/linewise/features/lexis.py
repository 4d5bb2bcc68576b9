"""What opens and closes comments and strings in each language, as tables of a small state machine.

A text's reading position is always in one of eight states (code, a comment, one of five kinds of string). The tokens
that can change it are *events*. Per language a table says which state follows which event; the machine runs over all
lines at once (see `states`). The tables are deliberately coarse: they feed the networks, which weigh them against
everything else; no answer follows from them alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from .languages import LANGUAGE_INDEX, LANGUAGE_NAMES


class State(IntEnum):
    """Where a reading position stands."""

    CODE = 0
    LINE_COMMENT = 1
    BLOCK_COMMENT = 2
    DOUBLE = 3
    SINGLE = 4
    BACKTICK = 5
    TRIPLE = 6
    LONG = 7
    """Lua's ``[[ … ]]``, Python's ``'''``, heredocs."""


class Shown(IntEnum):
    """What tokens of a line stand in, as bits. A character in quotes is one token, and code."""

    CODE = 1
    COMMENT = 2
    STRING = 4


class Event(IntEnum):
    """A token that can change the state."""

    NONE = 0
    DOUBLE = 1
    TRIPLE_DOUBLE = 2
    SINGLE = 3
    TRIPLE_SINGLE = 4
    BACKTICK = 5
    SLASHES = 6
    """``//``"""
    OPEN = 7
    """``/*``"""
    CLOSE = 8
    """``*/``"""
    OPEN_CLOSE = 9
    """``/**/``: a whole comment; inside a comment, its end."""
    HASH = 10
    HASH_AT_WORD_START = 11
    DASHES = 12
    LONG_OPEN = 13
    LONG_CLOSE = 14
    DASHES_LONG_OPEN = 15
    LINE_BREAK = 16


N_STATES = len(State)
N_SHOWN = len(Shown)
N_EVENTS = len(Event)
UNKNOWN_LANGUAGE = len(LANGUAGE_NAMES)
"""The row of the tables that serves texts whose language is not known."""


@dataclass(frozen=True, slots=True)
class Lexis:
    """The comment and string forms of one language."""

    slashes: bool = True
    block: bool = True
    hash: bool = False
    hash_needs_word_start: bool = False
    dashes: bool = False
    single: bool = False
    double_spans_lines: bool = False
    single_spans_lines: bool = False
    backtick: bool = False
    triple_double: bool = False
    triple_single: bool = False
    long_brackets: bool = False


_LEXES: dict[str, Lexis] = {
    "bash": Lexis(
        slashes=False,
        block=False,
        hash=True,
        hash_needs_word_start=True,
        single=True,
        double_spans_lines=True,
        single_spans_lines=True,
    ),
    "c": Lexis(),
    "cpp": Lexis(),
    "csharp": Lexis(triple_double=True),
    "go": Lexis(backtick=True),
    "java": Lexis(triple_double=True),
    "javascript": Lexis(single=True, backtick=True),
    "kotlin": Lexis(triple_double=True),
    "lua": Lexis(slashes=False, block=False, dashes=True, single=True, long_brackets=True),
    "php": Lexis(hash=True, single=True, double_spans_lines=True, single_spans_lines=True),
    "python": Lexis(slashes=False, block=False, hash=True, single=True, triple_double=True, triple_single=True),
    "ruby": Lexis(
        slashes=False,
        block=False,
        hash=True,
        hash_needs_word_start=True,
        single=True,
        double_spans_lines=True,
        single_spans_lines=True,
    ),
    "rust": Lexis(double_spans_lines=True),
    "scala": Lexis(triple_double=True),
    "swift": Lexis(triple_double=True),
    "typescript": Lexis(single=True, backtick=True),
}
_UNKNOWN = Lexis(hash=True, hash_needs_word_start=True, single=True, triple_double=True)


@cache
def transition_table() -> NDArray[np.uint8]:
    """The state after each event: uint8 of shape (n_languages + 1, N_EVENTS, N_STATES)."""
    table = np.empty((len(LANGUAGE_NAMES) + 1, N_EVENTS, N_STATES), dtype=np.uint8)
    for name, index in LANGUAGE_INDEX.items():
        table[index] = _transitions(_LEXES[name])
    table[UNKNOWN_LANGUAGE] = _transitions(_UNKNOWN)
    return table


def _transitions(lexis: Lexis) -> NDArray[np.uint8]:
    table = np.tile(np.arange(N_STATES, dtype=np.uint8), (N_EVENTS, 1))

    def toggle(event: Event, state: State) -> None:
        table[event, State.CODE] = state
        table[event, state] = State.CODE

    toggle(Event.DOUBLE, State.DOUBLE)
    if lexis.triple_double:
        toggle(Event.TRIPLE_DOUBLE, State.TRIPLE)
        table[Event.TRIPLE_DOUBLE, State.DOUBLE] = State.CODE
    else:
        toggle(Event.TRIPLE_DOUBLE, State.DOUBLE)
    if lexis.single:
        toggle(Event.SINGLE, State.SINGLE)
        toggle(Event.TRIPLE_SINGLE, State.LONG if lexis.triple_single else State.SINGLE)
    if lexis.backtick:
        toggle(Event.BACKTICK, State.BACKTICK)
    if lexis.slashes:
        table[Event.SLASHES, State.CODE] = State.LINE_COMMENT
    if lexis.block:
        table[Event.OPEN, State.CODE] = State.BLOCK_COMMENT
        for event in (Event.CLOSE, Event.OPEN_CLOSE):
            table[event, State.BLOCK_COMMENT] = State.CODE
    if lexis.hash:
        table[Event.HASH_AT_WORD_START, State.CODE] = State.LINE_COMMENT
        if not lexis.hash_needs_word_start:
            table[Event.HASH, State.CODE] = State.LINE_COMMENT
    if lexis.dashes:
        table[Event.DASHES, State.CODE] = State.LINE_COMMENT
        table[Event.DASHES_LONG_OPEN, State.CODE] = State.BLOCK_COMMENT
        table[Event.LONG_CLOSE, State.BLOCK_COMMENT] = State.CODE
    if lexis.long_brackets:
        table[Event.LONG_OPEN, State.CODE] = State.LONG
        table[Event.LONG_CLOSE, State.LONG] = State.CODE
    table[Event.LINE_BREAK, State.LINE_COMMENT] = State.CODE
    if not lexis.double_spans_lines:
        table[Event.LINE_BREAK, State.DOUBLE] = State.CODE
    if not lexis.single_spans_lines:
        table[Event.LINE_BREAK, State.SINGLE] = State.CODE
    return table
