"""Comment and string states of every token and line, for all lines at once.

Two steps, both exact and both free of loops over lines: within the lines, the k-th event of every line is handled in
the k-th round, for all lines together; across the lines, the per-line maps from state to state are composed by
blocks of about the square root of their number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import kernel
from .documents import Batch
from .heredocs import close_heredocs
from .lexis import N_STATES, Event, Shown, State, transition_table
from .tokens import Kind, Tokens

_SHOWS = np.array([Shown.CODE, Shown.COMMENT, Shown.COMMENT, *[Shown.STRING] * (N_STATES - 3)], dtype=np.uint8)
MAX_EVENTS_PER_LINE = 64
"""Events past these change nothing: a line that holds more is minified or data."""


@dataclass(frozen=True, slots=True)
class States:
    """The state machine's reading of a batch.

    Attributes:
        of_token: the state that each token stands in (for a delimiter: the state it opens or closes), reading its
            line from `State.CODE`; uint8 of shape (n_tokens,).
        line_maps: the state after each line, its break included, for each state before it; uint8 of shape
            (n_lines, N_STATES).
        line_shown: which of `lexis.Shown` a line shows, for each state before it, as bits; uint8 of shape
            (n_lines, N_STATES).
        open_at_end: the state at the end of each line before its break, read from `State.CODE`; uint8, (n_lines,).
        at_start: the state at each line's start, carried from the text's start; uint8 of shape (n_lines,).
    """

    of_token: NDArray[np.uint8]
    line_maps: NDArray[np.uint8]
    line_shown: NDArray[np.uint8]
    open_at_end: NDArray[np.uint8]
    at_start: NDArray[np.uint8]


def read_states(batch: Batch, tokens: Tokens, languages: NDArray[np.intp]) -> States:
    """Run the state machine.

    Args:
        batch: the texts.
        tokens: their tokens.
        languages: the language index of each document (`UNKNOWN_LANGUAGE` where it is not known), (n_documents,).
    """
    compiled = kernel.load()
    return _read_states(batch, tokens, languages) if compiled is None else _compiled(compiled, batch, tokens, languages)


def _compiled(compiled: kernel.Kernel, batch: Batch, tokens: Tokens, languages: NDArray[np.intp]) -> States:
    n_lines = len(batch.lines)
    of_token = np.empty(len(tokens.starts), dtype=np.uint8)
    line_maps, line_shown = np.empty((2, n_lines, N_STATES), dtype=np.uint8)
    open_at_end = np.empty(n_lines, dtype=np.uint8)
    stray_close = np.empty(n_lines, dtype=bool)
    compiled.call(
        "lw_read_states",
        batch.data,
        tokens.starts,
        tokens.ends,
        tokens.kinds,
        tokens.first,
        n_lines,
        languages.astype(np.uint8)[batch.document_of_line],
        transition_table(),
        of_token,
        line_maps,
        line_shown,
        open_at_end,
        stray_close,
    )
    close_heredocs(batch, tokens, of_token, languages, line_maps)
    at_start = carry(line_maps, batch.line_offsets, _initial_states(batch, languages, line_maps, stray_close))
    return States(of_token, line_maps, line_shown, open_at_end, at_start)


def _read_states(batch: Batch, tokens: Tokens, languages: NDArray[np.intp]) -> States:
    n_lines = len(batch.lines)
    language_of_line = languages[batch.document_of_line]
    table = transition_table()
    events = _events(batch, tokens)
    event_tokens = np.flatnonzero(events)
    event_lines = tokens.lines[event_tokens]
    counts = np.bincount(event_lines, minlength=n_lines)
    event_first = np.cumsum(counts) - counts
    rank = np.arange(len(event_tokens)) - event_first[event_lines]

    maps = np.tile(np.arange(N_STATES, dtype=np.uint8), (n_lines, 1))
    before = np.zeros(len(event_tokens), dtype=np.uint8)
    after = np.zeros(len(event_tokens), dtype=np.uint8)
    active = np.flatnonzero(counts)
    codes = events[event_tokens]
    begins_plain, goes_on_plain = _plain_tokens(tokens, event_tokens[rank < MAX_EVENTS_PER_LINE])
    shown = np.where(begins_plain[:, None], _SHOWS[maps], 0).astype(np.uint8)
    stray_close = np.full(n_lines, False)
    for k in range(min(int(counts.max(initial=0)), MAX_EVENTS_PER_LINE)):
        active = active[counts[active] > k]
        event = event_first[active] + k
        current = maps[active]
        updated = table[language_of_line[active, None], codes[event, None], current]
        maps[active] = updated
        before[event], after[event] = current[:, 0], updated[:, 0]
        shown[active] |= _SHOWS[np.maximum(current, updated)]
        goes_on = goes_on_plain[event_tokens[event]]
        shown[active[goes_on]] |= _SHOWS[updated[goes_on]]
        stray_close[active] |= (codes[event] == Event.CLOSE) & (current[:, 0] == State.CODE)
    frozen = rank >= MAX_EVENTS_PER_LINE
    if frozen.any():
        before[frozen] = after[frozen] = maps[event_lines[frozen], 0]
    open_at_end = maps[:, 0].copy()
    line_maps = table[language_of_line[:, None], Event.LINE_BREAK, maps]
    of_token = _token_states(tokens, event_tokens, before, after)
    close_heredocs(batch, tokens, of_token, languages, line_maps)
    return States(
        of_token=of_token,
        line_maps=line_maps,
        line_shown=shown,
        open_at_end=open_at_end,
        at_start=carry(line_maps, batch.line_offsets, _initial_states(batch, languages, line_maps, stray_close)),
    )


def carry(
    line_maps: NDArray[np.uint8], line_offsets: NDArray[np.int64], initial: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """The state at each line's start.

    Args:
        line_maps: the state after each line for each state before it, uint8 of shape (n_lines, N_STATES).
        line_offsets: each document's first line, int64 of shape (n_documents + 1,).
        initial: the state at each document's start, uint8 of shape (n_documents,).

    Returns:
        uint8 of shape (n_lines,).
    """
    n_lines = len(line_maps)
    if n_lines == 0:
        return np.empty(0, dtype=np.uint8)
    if (compiled := kernel.load()) is not None:
        at_start = np.empty(n_lines, dtype=np.uint8)
        compiled.call("lw_carry", line_maps, line_offsets, len(line_offsets) - 1, initial, at_start)
        return at_start
    width = int(np.ceil(np.sqrt(n_lines)))
    padded = np.tile(np.arange(N_STATES, dtype=np.uint8), (width * width, 1))
    # steps[i] is the map into line i from line i - 1; the first line of a document maps all to its initial state.
    padded[1:n_lines] = line_maps[:-1]
    occupied = line_offsets[:-1] < line_offsets[1:]
    padded[line_offsets[:-1][occupied]] = initial[occupied, None]
    steps = padded.reshape(width, width, N_STATES)  # (block, position, state)
    rows = np.arange(width)[:, None]
    composed = steps[:, 0]
    for position in range(1, width):
        composed = steps[rows, position, composed]
    entry = np.empty(width, dtype=np.uint8)
    state = 0
    for block in range(width):
        entry[block] = state
        state = int(composed[block, state])
    result = np.empty((width, width), dtype=np.uint8)
    current = entry
    flat_rows = np.arange(width)
    for position in range(width):
        current = steps[flat_rows, position, current]
        result[:, position] = current
    return result.reshape(-1)[:n_lines]


def _initial_states(
    batch: Batch, languages: NDArray[np.intp], line_maps: NDArray[np.uint8], stray_close: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Block comment for a document whose first ``*/`` comes before any ``/*``, code for all others.

    Where the language has no such comments (a shell's ``dir/*/``), every document begins in code.
    """
    initial = np.zeros(batch.n_documents, dtype=np.uint8)
    has_blocks = transition_table()[languages, Event.CLOSE, State.BLOCK_COMMENT] == State.CODE
    stray_close = stray_close & has_blocks[batch.document_of_line]
    if not stray_close.any():
        return initial
    at_start = carry(line_maps, batch.line_offsets, initial)
    strays = np.flatnonzero(stray_close & (at_start == State.CODE))
    opened = np.flatnonzero((line_maps[:, State.CODE] == State.BLOCK_COMMENT) | (at_start == State.BLOCK_COMMENT))
    first_stray = np.full(batch.n_documents, len(line_maps))
    np.minimum.at(first_stray, batch.document_of_line[strays], strays)
    first_open = np.full(batch.n_documents, len(line_maps))
    np.minimum.at(first_open, batch.document_of_line[opened], opened)
    initial[first_stray < first_open] = State.BLOCK_COMMENT
    return initial


def _plain_tokens(tokens: Tokens, event_tokens: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each line begins with a token that is no event, (n_lines,), and whether each token is followed by one."""
    plain = np.ones(len(tokens.starts) + 1, dtype=bool)
    plain[event_tokens] = False
    begins = plain[tokens.first[:-1]] & (np.diff(tokens.first) > 0)
    follows = np.append(plain[1:], False)
    follows[tokens.first[1:] - 1] = False  # a line's last token; where a line has none, the last of one before
    return begins, follows


def _token_states(
    tokens: Tokens, event_tokens: NDArray[np.int64], before: NDArray[np.uint8], after: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Spread the states from events to the tokens between them; an event itself belongs to what it opens or closes."""
    n_tokens = len(tokens.starts)
    if not len(event_tokens):
        return np.zeros(n_tokens, dtype=np.uint8)
    is_event = np.zeros(n_tokens, dtype=bool)
    is_event[event_tokens] = True
    last = np.cumsum(is_event) - 1
    state = np.where(last >= 0, after[last], 0)
    same_line = tokens.lines[event_tokens[last]] == tokens.lines
    state = np.where(same_line & (last >= 0), state, 0).astype(np.uint8)
    state[event_tokens] = np.maximum(before, after)
    return state


def _events(batch: Batch, tokens: Tokens) -> NDArray[np.uint8]:
    """The event that each token is, `Event.NONE` for most; uint8 of shape (n_tokens,)."""
    data, starts, kinds = batch.data, tokens.starts, tokens.kinds
    lengths = tokens.ends - starts
    events = np.zeros(len(starts), dtype=np.uint8)
    odd = lengths % 2 == 1
    for kind, one, three in (
        (Kind.DOUBLE_QUOTE, Event.DOUBLE, Event.TRIPLE_DOUBLE),
        (Kind.SINGLE_QUOTE, Event.SINGLE, Event.TRIPLE_SINGLE),
        (Kind.BACKTICK, Event.BACKTICK, Event.BACKTICK),
    ):
        chosen = np.flatnonzero((kinds == kind) & odd)
        events[chosen] = np.where(lengths[chosen] >= 3, three, one)

    runs = np.flatnonzero((kinds == Kind.SLASH_STAR) & (lengths >= 2))
    begin, end = starts[runs], tokens.ends[runs]
    slash, star = ord("/"), ord("*")
    opens = (data[begin] == slash) & (data[begin + 1] == star)
    closes = (data[end - 2] == star) & (data[end - 1] == slash)
    slashes = (data[begin] == slash) & (data[begin + 1] == slash)
    events[runs] = np.select(
        [opens & closes & (lengths[runs] >= 4), opens, closes & ~slashes, slashes],
        [Event.OPEN_CLOSE, Event.OPEN, Event.CLOSE, Event.SLASHES],
        Event.NONE,
    )

    hashes = np.flatnonzero(kinds == Kind.HASH)
    word_start = np.ones(len(hashes), dtype=bool)
    word_start[hashes > 0] = tokens.ends[hashes[hashes > 0] - 1] < starts[hashes[hashes > 0]]
    events[hashes] = np.where(word_start, Event.HASH_AT_WORD_START, Event.HASH)

    dash = ord("-")
    dashes = np.flatnonzero((kinds == Kind.OPERATOR) & (lengths >= 2))
    dashes = dashes[(data[starts[dashes]] == dash) & (data[starts[dashes] + 1] == dash)]
    long_after = _opens_long(data, tokens.ends[dashes]) & (lengths[dashes] == 2)
    events[dashes] = np.where(long_after, Event.DASHES_LONG_OPEN, Event.DASHES)

    openers = np.flatnonzero(kinds == Kind.OPENER)
    openers = openers[data[starts[openers]] == ord("[")]
    openers = openers[_opens_long(data, starts[openers])]
    previous = np.maximum(openers - 1, 0)
    after_dashes = (events[previous] == Event.DASHES_LONG_OPEN) & (tokens.ends[previous] == starts[openers])
    events[openers[~after_dashes]] = Event.LONG_OPEN
    closers = np.flatnonzero(kinds == Kind.CLOSER)
    closers = closers[(data[starts[closers]] == ord("]")) & (data[starts[closers] + 1] == ord("]"))]
    events[closers] = Event.LONG_CLOSE
    return events


def _opens_long(data: NDArray[np.uint8], positions: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether ``[[`` or ``[=[`` stands at each position."""
    bracket, second, third = data[positions], data[positions + 1], data[positions + 2]
    opening = ord("[")
    result: NDArray[np.bool_] = (bracket == opening) & (
        (second == opening) | ((second == ord("=")) & ((third == opening) | (third == ord("="))))
    )
    return result
