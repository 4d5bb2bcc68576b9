"""What the context networks see of a line: its own vector, its relatives' labels, its place.

Both networks get one row per line. The first sees what the line network said of the line and of its relatives; the
second sees the first's answers, its own line's and its relatives', so that a region can spread from a header through
a lone brace to the body.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linewise.features import kernel
from linewise.features.brackets import N_BRACKETS
from linewise.features.documents import Batch
from linewise.features.labels import LABELS, Group
from linewise.features.lexis import N_STATES, Shown
from linewise.features.novelty import BINDS_IN_TEXT, novelty
from linewise.features.states import States
from linewise.features.structure import Rows, Structure, ancestor_maximum, continued
from linewise.features.tokens import Tokens

from .layout import (
    CARRIED,
    CONTEXTS,
    FAR,
    FIRST_LAYOUT,
    FIRST_LINE,
    LOGIT_LIMIT,
    LOGIT_SCALE,
    N_PLACE,
    NOT_REFINED,
    OPENER,
    REFINED,
    SCOPES,
    SECOND_RELATIVES,
    second_layout,
)
from .network import Float32Array, Inputs, Part, sigmoid

_FILE, _UNKNOWN = CONTEXTS.index("file"), CONTEXTS.index("unknown")
_CONSTRUCTS = np.array([index for index, label in enumerate(LABELS) if label.group is Group.CONSTRUCT])
_SHOWN = np.array(list(Shown), dtype=np.uint8)
_ONE_OF_STATE, _ONE_OF_CONTEXT = np.eye(N_STATES, dtype=np.float32), np.eye(len(CONTEXTS), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything about a batch that both context networks need besides probabilities."""

    batch: Batch
    document: NDArray[np.int64]
    structure: Structure
    languages: NDArray[np.intp]
    relatives: dict[str, Rows]
    continues: Rows
    states: States
    language_scores: Float32Array
    contexts: NDArray[np.intp]


def surround(
    batch: Batch,
    tokens: Tokens,
    states: States,
    structure: Structure,
    languages: NDArray[np.intp],
    language_scores: Float32Array,
    contexts: NDArray[np.intp],
) -> Surroundings:
    """Collect what the context networks need.

    Args:
        batch: the texts.
        tokens: their tokens.
        states: their comment and string states.
        structure: the lines' relatives.
        languages: the language index by which each document is read, (n_documents,).
        language_scores: float32 of shape (n_documents, N_LANGUAGE_SCORES).
        contexts: an index into `CONTEXTS` for each document, (n_documents,).
    """
    rows = np.arange(len(structure.sentinel))
    last = len(rows) - 1
    # A document's last line is followed by the next document's sentinel, its first preceded by its own.
    previous = np.where(structure.is_sentinel, rows, rows - 1)
    following = np.where(structure.is_sentinel, rows, np.minimum(rows + 1, last))
    relatives = {
        "previous": previous,
        "next": following,
        "previous_2": previous[previous],
        "next_2": following[following],
        "previous_opaque": structure.previous_opaque,
        "next_opaque": structure.next_opaque,
        "parent": structure.parent,
        "sibling": structure.sibling,
        "matching": structure.matching,
        "enclosing": structure.enclosing,
        "next_lower": structure.next_lower,
    }
    return Surroundings(
        batch,
        batch.document_of_line.astype(np.int64),
        structure,
        languages,
        relatives,
        continued(batch, tokens, structure),
        states,
        language_scores,
        contexts,
    )


def first_inputs(around: Surroundings, tokens: Tokens, hidden: Float32Array, probabilities: Float32Array) -> Inputs:
    """The first context network's input rows.

    Args:
        around: the lines' surroundings.
        tokens: the batch's tokens.
        hidden: the line network's hidden layer, float32 of shape (n_lines, HIDDEN_LINE).
        probabilities: its answers, float32 of shape (n_lines, N_LABELS).
    """
    structure, batch, columns = around.structure, around.batch, FIRST_LAYOUT
    gated = _by_row(structure, probabilities)
    opener_values = _columns(gated, OPENER)
    far, of_first_line = _columns(gated, FAR), _columns(gated, FIRST_LINE)
    _let_nothing_begin_inside(structure, gated)
    carried = _carried(around, gated)
    by_indent = ancestor_maximum(carried, structure.parent)
    by_bracket = ancestor_maximum(carried, structure.enclosing)
    opens_scope = (gated[:, SCOPES[0]] > 0.5) | (gated[:, SCOPES[1]] > 0.5)
    names = novelty(batch, tokens, around.states, structure, around.continues, opens_scope)
    begun = _columns(gated, CARRIED)
    after_parent = _next_sibling(structure)[structure.parent]
    at_start = around.states.at_start
    state_after = around.states.line_maps[np.arange(len(at_start)), at_start]
    one_of_context = _ONE_OF_CONTEXT[around.contexts]

    row, document = structure.row_of_line, around.document
    start = {name: columns[name].start for name in columns}
    return Inputs(
        (
            Part(start["hidden"], hidden),
            Part(start["own"], probabilities),
            *(
                Part(start[name], far if name in ("previous_2", "next_2") else gated, row, relative)
                for name, relative in around.relatives.items()
            ),
            Part(start["opener"], opener_values, row, structure.opener),
            Part(start["ancestors"], by_indent, row),
            Part(start["enclosing_ancestors"], by_bracket, row),
            Part(start["after_parent"], begun, row, after_parent),
            Part(start["state"], _ONE_OF_STATE, at_start.astype(np.int64)),
            Part(start["state_after"], _ONE_OF_STATE, state_after.astype(np.int64)),
            Part(start["place"], _place(batch, structure)),
            Part(start["novelty"], names, row),
            Part(start["whole"], _whole(around, names)),
            Part(start["shown"], _shown(around.states)),
            Part(start["first_line"], of_first_line, row, _first_row(structure)),
            Part(start["language"], around.language_scores, document),
            Part(start["context"], one_of_context, document),
        )
    )


def second_inputs(around: Surroundings, hidden: Float32Array, logits: Float32Array) -> Inputs:
    """The second context network's input rows, from the first one's hidden layer and logits.

    A line's own logits come as they are (scaled), so that the network starts from the answer that it is to improve.
    """
    structure = around.structure
    columns = second_layout(hidden.shape[1])
    scaled = np.clip(logits, -LOGIT_LIMIT, LOGIT_LIMIT) * LOGIT_SCALE
    others = _columns(scaled, NOT_REFINED)
    answers = _by_row(structure, sigmoid(logits))
    refined = _columns(answers, REFINED)
    carried = _carried(around, answers)
    by_indent = ancestor_maximum(carried, structure.parent)
    by_bracket = ancestor_maximum(carried, structure.enclosing)
    one_of_context = _ONE_OF_CONTEXT[around.contexts]

    row, start = structure.row_of_line, {name: columns[name].start for name in columns}
    return Inputs(
        (
            Part(start["own"], _columns(scaled, REFINED)),
            Part(start["others"], others),
            Part(start["hidden"], hidden),
            *(Part(start[name], refined, row, around.relatives[name]) for name in SECOND_RELATIVES),
            Part(start["ancestors"], by_indent, row),
            Part(start["enclosing_ancestors"], by_bracket, row),
            Part(start["context"], one_of_context, around.document),
        )
    )


def _next_sibling(structure: Structure) -> Rows:
    """The first row further down whose sibling each row is; where there is none, the document's sentinel.

    A Ruby method is part of an exception construct because of the `rescue` that follows its body.
    """
    following = structure.sentinel.copy()
    rows = np.flatnonzero((structure.sibling != structure.sentinel) & ~structure.transparent)[::-1]
    following[structure.sibling[rows]] = rows
    return following


def _first_row(structure: Structure) -> Rows:
    """The first row of each row's document, the sentinel where it has none."""
    rows = np.minimum(structure.sentinel + 1, len(structure.sentinel) - 1)
    first: Rows = np.where(structure.is_sentinel[rows], structure.sentinel, rows)
    return first


def _whole(around: Surroundings, names: Float32Array) -> Float32Array:
    """Whether the text may be a whole file, and what is new in it if it is; float32 of shape (n_lines, N_WHOLE).

    In a whole file a name that was not bound before comes into being, in its scope or in the text; which of the two
    counts is a matter of language (`BINDS_IN_TEXT`). In a fragment it says little. Where nobody tells, a text that
    begins at no indentation and closes nothing that it does not open may be whole, the longer the likelier.
    """
    structure, row = around.structure, around.structure.row_of_line
    n_lines = np.diff(around.batch.line_offsets)
    sentinels = np.flatnonzero(structure.is_sentinel)[:-1]  # the last one ends the batch
    deepest = np.maximum.reduceat(structure.indent[structure.root], sentinels) if len(sentinels) else n_lines
    complete = (deepest <= 0) & (structure.unopened[np.minimum(sentinels + 1, len(structure.sentinel) - 1)] == 0)
    told = around.contexts
    whole = np.where(told == _UNKNOWN, complete, told == _FILE).astype(np.float32)[around.document]
    own, of_text = names[row], BINDS_IN_TEXT[around.languages][around.document]
    columns = (
        whole,
        np.log2(n_lines + 1).astype(np.float32)[around.document] / 8,
        whole * (own[:, 0] - own[:, 1]),
        whole * (own[:, 0] - own[:, 2]),
        whole * (own[:, 0] - np.where(of_text, own[:, 1], own[:, 2])),
        whole * (own[:, 5] - np.where(of_text, own[:, 6], own[:, 7])),
    )
    return np.stack(columns, axis=1).astype(np.float32)


def _shown(states: States) -> Float32Array:
    """Whether each line shows code, a comment, a string, read from its beginning; float32, (n_lines, N_SHOWN)."""
    shown = states.line_shown[np.arange(len(states.at_start)), states.at_start]
    return ((shown[:, None] & _SHOWN) > 0).astype(np.float32)


def _by_row(structure: Structure, values: Float32Array) -> Float32Array:
    """Per-line values as per-row values, a sentinel's being zero; (n_rows, n_values)."""
    if (compiled := kernel.load()) is not None:
        rows = np.empty((len(structure.sentinel), values.shape[1]), dtype=np.float32)
        compiled.call("lw_by_row", np.ascontiguousarray(values), *values.shape, structure.row_of_line, len(rows), rows)
        return rows
    rows = np.zeros((len(structure.sentinel), values.shape[1]), dtype=np.float32)
    rows[structure.row_of_line] = values
    return rows


def _let_nothing_begin_inside(structure: Structure, values: Float32Array) -> None:
    """Take away every construct of the rows that lie inside a multi-line comment or string, in place."""
    inside = np.flatnonzero(structure.opener != structure.sentinel)
    if len(inside):
        values[np.ix_(inside, _CONSTRUCTS)] = 0


def _carried(around: Surroundings, values: Float32Array) -> Float32Array:
    """What a row passes on to its descendants: its own labels and those of the header that it continues.

    A header that continues another row passes that one's labels on too, three rows in all.

    Args:
        around: the lines' surroundings.
        values: float32 of shape (n_rows, N_LABELS).

    Returns:
        float32 of shape (n_rows, len(CARRIED)).
    """
    if (compiled := kernel.load()) is not None:
        carried = np.empty((len(values), len(CARRIED)), dtype=np.float32)
        compiled.call("lw_carry_columns", values, *values.shape, CARRIED, len(CARRIED), around.continues, carried)
        return carried
    carried = values.take(CARRIED, axis=1)
    twice = around.continues[around.continues]
    pair = np.maximum(carried, carried[around.continues])
    return np.maximum(pair, pair[twice])


def _columns(values: Float32Array, columns: NDArray[np.int64]) -> Float32Array:
    """Some columns of a matrix, contiguous; float32 of shape (n_rows, len(columns))."""
    if (compiled := kernel.load()) is not None:
        taken = np.empty((len(values), len(columns)), dtype=np.float32)
        compiled.call("lw_take_columns", values, *values.shape, columns, len(columns), taken)
        return taken
    return values.take(columns, axis=1)


def _place(batch: Batch, structure: Structure) -> Float32Array:
    """Where each line stands; float32 of shape (n_lines, N_PLACE)."""
    row = structure.row_of_line
    if (compiled := kernel.load()) is not None:
        place = np.empty((len(row), N_PLACE), dtype=np.float32)
        compiled.call(
            "lw_place",
            row,
            len(row),
            batch.line_offsets,
            batch.n_documents,
            structure.indent,
            structure.is_sentinel,
            structure.transparent,
            structure.previous_opaque,
            structure.next_opaque,
            structure.enclosing_kind,
            structure.matching,
            structure.depth,
            structure.unopened,
            structure.root,
            structure.next_lower,
            place,
        )
        return place
    indent = structure.indent
    line = np.arange(len(row))
    begin = batch.line_offsets[batch.document_of_line]
    end = batch.line_offsets[batch.document_of_line + 1]
    before, after = line - begin, end - 1 - line
    own = indent[row]
    columns: list[NDArray[np.generic]] = []
    for relative in (structure.previous_opaque, structure.next_opaque):
        there = relative[row]
        other = indent[there]
        missing = structure.is_sentinel[there]
        columns += [missing, ~missing & (other < own), ~missing & (other == own), ~missing & (other > own)]
    columns += [structure.enclosing_kind[row] == kind for kind in range(N_BRACKETS)]
    columns += [
        structure.matching[row] != structure.sentinel[row],
        structure.transparent[row],
        own == 0,
        np.log2(own + 2) / 4,
        np.minimum(structure.depth[row], 8) / 4,
        np.clip(np.diff(structure.depth[row], append=0), -4, 4) / 2,
        np.log2(before + 1) / 6,
        np.log2(after + 1) / 6,
        before == 0,
        after == 0,
        indent[structure.root[row]] == 0,
        np.log2(indent[structure.root[row]] + 2) / 4,
        np.minimum(structure.unopened[row], 8) / 4,
        structure.is_sentinel[structure.next_lower[row]],
    ]
    return np.stack([column.astype(np.float32) for column in columns], axis=1)
