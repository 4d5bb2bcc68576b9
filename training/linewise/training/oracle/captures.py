"""A tree's captures as arrays: one run of the language's query, then no node is looked at again.

The vocabulary of the captures is stated in ``queries/README.md``; a capture that is none of it is refused
when the query is compiled, so that a misspelt label cannot silently label nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray
from tree_sitter import Node, Query, QueryCursor, QueryError

from linewise.features.labels import LABELS, Group

from ..grammars import Dialect, load_grammar
from .errors import OracleError

IntArray = NDArray[np.int64]

EVERY_LINE = ("import", "annotation", "preprocessor")
"""Constructs that label every line of the captured node, not only its first."""
POINTS = tuple(label.name for label in LABELS if label.group is Group.CONSTRUCT and label.name not in EVERY_LINE)
REGIONS = tuple(label.name for label in LABELS if label.group is Group.REGION)
PAINTS = ("comment", "documentation", "string", "docstring", "code", "word", "text", "block_word", "macro_text")
EMBEDDED = ("embedded", "embedded.repeated")
TAKEN_BACK = ("binding", "string", "block_word", "embedded")
"""What a ``@not.NAME`` takes back besides labels."""
NAMES = ("scope", "scope.open", "binding", "bound", "bound.outer", "bound.within", "outward")
_VOCABULARY = frozenset(
    (
        *(*EVERY_LINE, *POINTS, *REGIONS, *PAINTS, *NAMES, *EMBEDDED),
        *(f"not.{name}" for name in (*EVERY_LINE, *POINTS, *REGIONS, *TAKEN_BACK)),
    )
)
_MATCH_LIMIT = 1 << 16
_NONE = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Spans:
    """Byte ranges ``[start, end)``, sorted by start, the longer first: int64 arrays of shape (n_spans,)."""

    starts: IntArray
    ends: IntArray

    def __len__(self) -> int:
        return len(self.starts)

    def contain(self, positions: IntArray) -> NDArray[np.bool_]:
        """Whether each byte position lies in some span: bool of shape (n_positions,)."""
        if not len(self):
            return np.zeros(len(positions), dtype=np.bool_)
        before = np.searchsorted(self.starts, positions, side="right") - 1
        reach = np.maximum.accumulate(self.ends)
        return (before >= 0) & (reach[np.maximum(before, 0)] > positions)

    def only(self, kept: NDArray[np.bool_]) -> Spans:
        """The spans at which ``kept`` is true."""
        return Spans(self.starts[kept], self.ends[kept])


NO_SPANS = Spans(_NONE, _NONE)


@dataclass(frozen=True, slots=True)
class Captures:
    """The spans that a query captured, by capture name, those that a ``@not.NAME`` takes back left out."""

    spans: Mapping[str, Spans]
    complete: bool
    """False where the tree is so tangled that matches were dropped."""

    def __getitem__(self, name: str) -> Spans:
        return self.spans.get(name, NO_SPANS)


def sorted_spans(starts: IntArray, ends: IntArray) -> Spans:
    """Spans of byte ranges in any order."""
    order = np.lexsort((-ends, starts))
    return Spans(starts[order], ends[order])


def _spans(nodes: list[Node]) -> Spans:
    count = len(nodes)
    return sorted_spans(
        np.fromiter((node.start_byte for node in nodes), np.int64, count),
        np.fromiter((node.end_byte for node in nodes), np.int64, count),
    )


@cache
def compiled_query(dialect: Dialect) -> Query:
    """The query of a dialect, compiled once a process.

    Raises:
        OracleError: a query file is missing, is not of the grammar, or has a capture outside the vocabulary.
    """
    folder = resources.files("linewise.training") / "queries"
    parts = []
    for stem in dialect.queries:
        file = folder / f"{stem}.scm"
        if not file.is_file():
            raise OracleError(f"no query file queries/{stem}.scm for {dialect.name}")
        parts.append(file.read_text(encoding="utf-8"))
    named = " + ".join(f"queries/{stem}.scm" for stem in dialect.queries)
    try:
        query = Query(load_grammar(dialect.module, dialect.function), "\n".join(parts))
    except QueryError as error:
        raise OracleError(f"{named}: {error}") from error
    for index in range(query.capture_count):
        name = query.capture_name(index)
        if name not in _VOCABULARY and not name.startswith("_"):
            raise OracleError(f"{named}: @{name} is no capture of queries/README.md")
    return query


def capture(root: Node, dialect: Dialect) -> Captures:
    """Run a dialect's query over a tree."""
    cursor = QueryCursor(compiled_query(dialect), match_limit=_MATCH_LIMIT)
    spans = {name: _spans(nodes) for name, nodes in cursor.captures(root).items() if name[0] != "_"}
    for name in [name for name in spans if name.startswith("not.")]:
        suppressed = name.removeprefix("not.")
        if suppressed in spans:
            found = spans[suppressed]
            spans[suppressed] = found.only(~spans[name].contain(found.starts))
    return Captures(spans, complete=not cursor.did_exceed_match_limit)
