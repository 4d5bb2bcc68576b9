"""Lines and texts to sparse vectors: hashed n-grams of tokens, each together with the state it stands in.

A line's own words make most of its vector; a few n-grams reach over to the ends of the lines beside it, because a
continued line reads like another one. The `#` of ``"#"`` and that of a comment are different features, because every
n-gram is hashed with the comment or string state of its last token (see `states`). The same function serves training
and answering.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from . import kernel
from .documents import WHITE_SPACE, Batch
from .lexis import State
from .states import States
from .tokens import Kind, Tokens

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LINE_BUCKET_BITS = 16
N_LINE_BUCKETS = 1 << LINE_BUCKET_BITS
LANGUAGE_BUCKET_BITS = 15
N_LANGUAGE_BUCKETS = 1 << LANGUAGE_BUCKET_BITS
MAX_TOKENS_PER_LINE = 48
"""n-grams of later tokens are left out; the line's end is always seen by the line-level features."""
MAX_TOKENS_PER_LANGUAGE = 6000
"""The language is judged by a document's first so many tokens."""

FEATURES_PER_TOKEN = 4
FEATURES_PER_LINE = 23
_K = [np.uint32(value) for value in (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1, 0x7FEB352D)]
_BEGIN = np.uint32(0x42454749)
_END = np.uint32(0x454E4421)
_NOWHERE = np.uint32(0x4E4F5748)
"""Stands for the lines before a text and after it."""


@dataclass(frozen=True, slots=True)
class LineVectors:
    """The rows of the line network's input: `indices` of ones, row i being indices[offsets[i]:offsets[i + 1]].

    A bucket that is hit twice counts twice.
    """

    indices: NDArray[np.int32]
    offsets: NDArray[np.int64]

    def matrix(self) -> csr_array:
        """As a scipy matrix, float32 of shape (n_lines, N_LINE_BUCKETS)."""
        from scipy.sparse import csr_array  # noqa: PLC0415 - the compiled kernel needs none, and its import takes long

        data = np.ones(len(self.indices), dtype=np.float32)
        return csr_array((data, self.indices, self.offsets), shape=(len(self.offsets) - 1, N_LINE_BUCKETS))


def indentation(batch: Batch) -> NDArray[np.int32]:
    """The column of each line's first visible character, a tab counting four; -1 for blank lines; (n_lines,)."""
    data, starts, ends = batch.data, batch.lines.starts, batch.lines.ends
    if (compiled := kernel.load()) is not None:
        indents = np.empty(len(starts), dtype=np.int32)
        compiled.call("lw_indentation", data, WHITE_SPACE, starts, ends, len(starts), indents)
        return indents
    visible = np.flatnonzero(~WHITE_SPACE[data])
    visible = np.append(visible, len(data))
    first_visible = visible[np.searchsorted(visible, starts)]
    tabs = np.cumsum(data == 0x09)
    inside = np.minimum(first_visible, ends)
    n_tabs = np.where(inside > starts, tabs[inside - 1] - np.where(starts > 0, tabs[starts - 1], 0), 0)
    width = (inside - starts) + 3 * n_tabs
    return np.where(first_visible >= ends, -1, np.minimum(width, 1 << 20)).astype(np.int32)


def line_vectors(
    batch: Batch, tokens: Tokens, states: States, indents: NDArray[np.int32], languages: NDArray[np.intp]
) -> LineVectors:
    """The hashed n-grams of each line.

    Args:
        batch: the texts.
        tokens: their tokens.
        states: the state of each token.
        indents: the indentation of each line, (n_lines,).
        languages: the language index of each document, `UNKNOWN_LANGUAGE` where it is not known, (n_documents,).
    """
    compiled = kernel.load()
    if compiled is None:
        return _line_vectors(batch, tokens, states, indents, languages)
    offsets = np.empty(len(batch.lines) + 1, dtype=np.int64)
    compiled.call("lw_vector_offsets", tokens.first, len(batch.lines), offsets)
    indices = np.empty(int(offsets[-1]), dtype=np.int32)
    compiled.call(
        "lw_line_vectors",
        batch.data,
        batch.lines.starts,
        len(batch.lines),
        tokens.first,
        tokens.kinds,
        tokens.exact,
        tokens.abstract,
        states.of_token,
        states.open_at_end,
        indents,
        languages.astype(np.uint8)[batch.document_of_line],
        batch.document_of_line,
        None,
        0,
        len(batch.lines),
        indices,
    )
    return LineVectors(indices, offsets)


def _line_vectors(
    batch: Batch, tokens: Tokens, states: States, indents: NDArray[np.int32], languages: NDArray[np.intp]
) -> LineVectors:
    first = tokens.first
    kept, kept_first = _first_tokens_of_each_line(tokens)
    lines = tokens.lines[kept]
    position = kept - first[lines]
    language = (languages[batch.document_of_line].astype(np.uint32) + np.uint32(1)) * _K[4]  # (n_lines,)
    per_token = _token_features(tokens, states, kept, position, language[lines])  # (n_kept, FEATURES_PER_TOKEN)
    per_line = _line_features(batch, tokens, states, indents, language)  # (n_lines, FEATURES_PER_LINE)

    n_lines = len(batch.lines)
    offsets = FEATURES_PER_TOKEN * kept_first + FEATURES_PER_LINE * np.arange(n_lines + 1)
    indices = np.empty(int(offsets[-1]), dtype=np.int32)
    token_slots = FEATURES_PER_TOKEN * np.arange(len(kept)) + FEATURES_PER_LINE * (lines + 1)
    for k in range(FEATURES_PER_TOKEN):
        indices[token_slots + k] = per_token[k]
    line_slots = offsets[:-1]
    for k in range(FEATURES_PER_LINE):
        indices[line_slots + k] = per_line[k]
    return LineVectors(indices, offsets)


def language_vectors(batch: Batch, tokens: Tokens, documents: NDArray[np.int64] | None = None) -> csr_array:
    """One row a document: hashed unigrams and bigrams of its first tokens, scaled by 1 / sqrt(their number).

    Args:
        batch: the texts.
        tokens: their tokens.
        documents: which documents, (n_rows,); all where None.

    Returns:
        float32 of shape (n_rows, N_LANGUAGE_BUCKETS).
    """
    from scipy.sparse import csr_array  # noqa: PLC0415 - as above

    chosen = np.arange(batch.n_documents) if documents is None else documents
    begin, counts = tokens.first[batch.line_offsets[chosen]], language_tokens(batch, tokens, chosen)
    end = begin + counts
    offsets = np.concatenate(([0], np.cumsum(counts)))
    weights = np.repeat(1 / np.sqrt(np.maximum(counts, 1)), 2 * counts).astype(np.float32)
    indices = _language_indices(tokens, begin, end, offsets)
    return csr_array((weights, indices.reshape(-1), 2 * offsets), shape=(len(chosen), N_LANGUAGE_BUCKETS))


def language_tokens(batch: Batch, tokens: Tokens, documents: NDArray[np.int64]) -> NDArray[np.int64]:
    """By how many tokens the language of each of some documents is judged; int64 of shape (n_documents,)."""
    offsets = batch.line_offsets
    counts: NDArray[np.int64] = tokens.first[offsets[documents + 1]] - tokens.first[offsets[documents]]
    return np.minimum(counts, MAX_TOKENS_PER_LANGUAGE)


def _language_indices(
    tokens: Tokens, begin: NDArray[np.int64], end: NDArray[np.int64], offsets: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Two buckets for each of the tokens begin[d]:end[d] of document d, whose first is the offsets[d]-th row."""
    indices = np.empty((int(offsets[-1]), 2), dtype=np.int32)
    if (compiled := kernel.load()) is not None:
        compiled.call(
            "lw_language_indices",
            begin,
            end,
            len(begin),
            tokens.first,
            tokens.lines,
            tokens.exact,
            tokens.abstract,
            indices,
        )
        return indices
    chosen = np.arange(offsets[-1]) + np.repeat(begin - offsets[:-1], end - begin)
    exact, abstract = tokens.exact[chosen], tokens.abstract[chosen]
    previous = tokens.abstract[np.maximum(chosen - 1, 0)]
    starts_line = tokens.first[tokens.lines[chosen]] == chosen
    previous = np.where(starts_line, _BEGIN, previous)
    shift = np.uint32(32 - LANGUAGE_BUCKET_BITS)
    indices[:, 0] = (exact * _K[0]) >> shift
    indices[:, 1] = (_mix(previous * _K[1] + abstract * _K[2])) >> shift
    return indices


def _mix(value: NDArray[np.uint32]) -> NDArray[np.uint32]:
    value ^= value >> np.uint32(15)
    value *= _K[5]
    return value


def _bucket(value: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return _mix(value) >> np.uint32(32 - LINE_BUCKET_BITS)


def _first_tokens_of_each_line(tokens: Tokens) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The indices of the tokens whose n-grams count, and where each line's begin among them, (n_lines + 1,)."""
    counts = np.diff(tokens.first)
    if counts.max(initial=0) <= MAX_TOKENS_PER_LINE:
        return np.arange(len(tokens.starts)), tokens.first
    capped = np.minimum(counts, MAX_TOKENS_PER_LINE)
    kept_first = np.concatenate(([0], np.cumsum(capped)))
    kept = np.arange(kept_first[-1]) + np.repeat(tokens.first[:-1] - kept_first[:-1], capped)
    return kept, kept_first


def _token_features(
    tokens: Tokens,
    states: States,
    kept: NDArray[np.int64],
    position: NDArray[np.int64],
    language: NDArray[np.uint32],
) -> list[NDArray[np.uint32]]:
    """The token itself, the pair and the triple that it ends, and what it is in its language; each of shape (n_kept,).

    An `->` is a lambda in Java, a type in Rust, a member of what a pointer points to in C.
    """
    state = states.of_token[kept].astype(np.uint32) * _K[4]
    current = tokens.abstract[kept]
    one_back = np.where(position >= 1, tokens.abstract[np.maximum(kept - 1, 0)], _BEGIN)
    two_back = np.where(position >= 2, tokens.abstract[np.maximum(kept - 2, 0)], _BEGIN)
    pair = one_back * _K[1] + current * _K[2] + state
    return [
        _bucket(tokens.exact[kept] * _K[0] + state),
        _bucket(pair + np.uint32(1)),
        _bucket(two_back * _K[3] + pair + np.uint32(2)),
        _bucket(language + current * _K[3] + state + np.uint32(3)),
    ]


def _line_features(
    batch: Batch, tokens: Tokens, states: States, indents: NDArray[np.int32], language: NDArray[np.uint32]
) -> list[NDArray[np.uint32]]:
    """What begins, what ends and what shapes each line; each of shape (n_lines,)."""
    first, n_lines = tokens.first, len(batch.lines)
    counts = np.diff(first)
    n_tokens = len(tokens.starts)
    abstract = np.append(tokens.abstract, np.uint32(0))
    exact = np.append(tokens.exact, np.uint32(0))

    def from_start(k: int, hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
        return np.where(counts > k, hashes[np.minimum(first[:-1] + k, n_tokens)], _END)

    def from_end(k: int, hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
        return np.where(counts > k, hashes[np.maximum(first[1:] - 1 - k, 0)], _BEGIN)

    a0, a1, a2, a3 = (from_start(k, abstract) for k in range(4))
    z0, z1, z2 = (from_end(k, abstract) for k in range(3))
    x0, x1 = from_start(0, exact), from_start(1, exact)
    open_state = states.open_at_end.astype(np.uint32)
    size = np.searchsorted(np.array([1, 2, 3, 4, 6, 9, 14, 22, 40]), counts, side="right").astype(np.uint32)
    column = np.searchsorted(np.array([0, 1, 2, 3, 4, 5, 8, 9, 12, 16, 24, 40]), indents, side="right")
    column32 = column.astype(np.uint32)
    tabbed = (batch.data[batch.lines.starts] == 0x09).astype(np.uint32) if n_lines else column32
    balance = _bracket_balance(tokens, states, n_lines)
    document = batch.document_of_line
    follows = np.append(-1, document)[:-1] == document
    precedes = np.append(document, -1)[1:] == document

    def before(values: NDArray[np.uint32]) -> NDArray[np.uint32]:
        return np.where(follows, np.append(_NOWHERE, values)[:-1], _NOWHERE)

    def after(values: NDArray[np.uint32]) -> NDArray[np.uint32]:
        return np.where(precedes, np.append(values, _NOWHERE)[1:], _NOWHERE)

    salts = [np.uint32(0x51ED270B * (k + 3) & 0xFFFFFFFF) for k in range(FEATURES_PER_LINE)]
    combined = [
        z0,
        z1 * _K[1] + z0,
        z2 * _K[2] + z1 * _K[1] + z0,
        a0 * _K[1] + a1 * _K[2] + a2 * _K[3] + a3,
        a0 * _K[1] + z0,
        a0 * _K[1] + a1 * _K[2] + z0 * _K[3] + z1,
        x0,
        x0 * _K[1] + x1,
        open_state * _K[1] + z0,
        size * _K[1] + open_state,
        column32 * _K[1] + tabbed,
        column32 * _K[1] + a0,
        balance,
        balance * _K[1] + a0 * _K[2] + z0,
        # A `.` or an `@` at a line's start means another thing in each language.
        language + x0,
        language + x0 * _K[1] + a1,
        language + a0 * _K[1] + z0,
        language + a0 * _K[1] + a1 * _K[2] + a2,
        language + before(z0) * _K[1] + a0 * _K[2],
        before(a0) * _K[1] + before(z0) * _K[2] + a0 * _K[3],
        before(z1) * _K[1] + before(z0) * _K[2] + a0 * _K[3] + a1,
        after(a0) * _K[1] + z0 * _K[2] + a0 * _K[3],
        _kinds_shown(tokens, states, n_lines) * _K[1] + open_state,
    ]
    return [_bucket(value * _K[0] + salt) for value, salt in zip(combined, salts, strict=True)]


def _kinds_shown(tokens: Tokens, states: States, n_lines: int) -> NDArray[np.uint32]:
    """Which of code (1), comment (2) and string (4) the first tokens of each line stand in: one code per line."""
    kept, _ = _first_tokens_of_each_line(tokens)
    lines, state = tokens.lines[kept], states.of_token[kept]
    is_comment = (state == State.LINE_COMMENT) | (state == State.BLOCK_COMMENT)
    shown = np.zeros(n_lines, dtype=np.uint32)
    for code, chosen in ((1, state == State.CODE), (2, is_comment), (4, state > State.BLOCK_COMMENT)):
        shown[lines[chosen]] |= np.uint32(code)
    return shown


def _bracket_balance(tokens: Tokens, states: States, n_lines: int) -> NDArray[np.uint32]:
    """Net opened brackets of each line, and whether more close than open at some point: one code per line."""
    in_code = states.of_token == 0
    step = ((tokens.kinds == Kind.OPENER) & in_code).astype(np.int32) - ((tokens.kinds == Kind.CLOSER) & in_code)
    depth = np.concatenate(([0], np.cumsum(step)))
    at_start, at_end = depth[tokens.first[:-1]], depth[tokens.first[1:]]
    lowest = at_start.copy()
    occupied = np.flatnonzero(np.diff(tokens.first))
    if len(occupied):
        # reduceat over the line's tokens; lines without tokens have no segment and are left out.
        lowest[occupied] = np.minimum(np.minimum.reduceat(depth[1:], tokens.first[:-1][occupied]), at_start[occupied])
    net = np.clip(at_end - at_start, -3, 3) + 3
    dip = np.clip(at_start - lowest, 0, 3)
    code: NDArray[np.uint32] = (net * 4 + dip).astype(np.uint32)
    return code
