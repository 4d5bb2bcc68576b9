"""Which lines of a damaged tree tell nothing: the definition around each ERROR or MISSING node.

From the root the search goes down through *containers* (a language's classes, namespaces, `#if` blocks: the
nodes that merely hold definitions) to the first node that is none: a function, a field, a statement at the
top. That node is masked, no more. Where an ERROR hangs in a container itself, the parser lost a whole
definition there, and what it made of the neighbours is doubtful: those that are indented deeper than their
kind, and one more on either side, are masked with it; if its braces don't balance, so is all of a container
below the root.

A grammar may also run two statements into one without noticing. Where a language's statements end with the
line, a bare line break inside one of its `one_line` nodes tells, and that node counts as damage.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from tree_sitter import Node, Query, QueryCursor

from linewise.features.lines import LineSpans

from ..grammars import Dialect, load_grammar
from .profile import Profile

_DAMAGE = "(ERROR) @damage (MISSING) @damage"
_CONTINUED = re.compile(rb"\\\r?\n")


def damaged_nodes(root: Node, dialect: Dialect) -> list[Node]:
    """The ERROR and MISSING nodes of a tree."""
    return _found(root, _DAMAGE, dialect)


def known_lines(root: Node, data: bytes, lines: LineSpans, dialect: Dialect, profile: Profile) -> NDArray[np.bool_]:
    """Whether each line's truth is known: bool of shape (n_lines,)."""
    known = np.ones(len(lines), dtype=np.bool_)
    if root.is_error:
        return np.zeros_like(known)
    nodes = damaged_nodes(root, dialect) if root.has_error else []
    if profile.one_line:
        kinds = " ".join(f"({kind})" for kind in sorted(profile.one_line))
        nodes += [node for node in _found(root, f"[{kinds}] @damage", dialect) if _runs_on(node, data)]
    unit_of = _Units(data, root, profile.containers)
    masked_to = -1
    for node in sorted(nodes, key=lambda node: (node.start_byte, -node.end_byte)):
        if node.end_byte <= masked_to:
            continue
        start, end = unit_of(node)
        first, last = np.searchsorted(lines.starts, (start, max(start, end - 1)), side="right") - 1
        known[max(first, 0) : last + 1] = False
        masked_to = max(masked_to, end)
    # Some scanners give up in the midst of a text: no node holds what follows.
    reached = max((child.end_byte for child in root.children), default=0)
    rest = data[reached:].lstrip(b" \t\v\f\r\n\xef\xbb\xbf")
    if rest:
        first = np.searchsorted(lines.starts, len(data) - len(rest), side="right") - 1
        known[first:] = False
    return known


@cache
def _query(source: str, dialect: Dialect) -> Query:
    return Query(load_grammar(dialect.module, dialect.function), source)


def _found(root: Node, query: str, dialect: Dialect) -> list[Node]:
    return QueryCursor(_query(query, dialect)).captures(root).get("damage", [])


def _runs_on(node: Node, data: bytes) -> bool:
    """Whether a line break that no backslash takes back stands between two parts of a node."""
    if node.start_point.row == node.end_point.row:
        return False
    parts = node.children
    gaps = (data[before.end_byte : after.start_byte] for before, after in pairwise(parts))
    return any(b"\n" in _CONTINUED.sub(b"", gap) for gap in gaps)


@dataclass(frozen=True, slots=True)
class _Units:
    """Finds the byte range that an ERROR or MISSING node spoils."""

    data: bytes
    root: Node
    containers: frozenset[str]
    _children: dict[int, tuple[list[Node], list[int]]] = field(default_factory=dict)
    """By a container's id its children and their columns: one container may hold thousands of errors."""

    def __call__(self, damage: Node) -> tuple[int, int]:
        holder = self.root
        while True:
            child = holder.child_with_descendant(damage)
            if child is None or child == damage:
                break
            if child.type not in self.containers:
                return child.start_byte, child.end_byte
            holder = child
        balanced = _balanced(self.data[damage.start_byte : damage.end_byte])
        if holder != self.root and (damage.is_missing or not balanced):
            return holder.start_byte, holder.end_byte
        return self._with_neighbours(holder, damage)

    def _with_neighbours(self, holder: Node, damage: Node) -> tuple[int, int]:
        if holder.id not in self._children:
            found = holder.children
            self._children[holder.id] = found, [child.start_point[1] for child in found]
        children, columns = self._children[holder.id]
        usual = Counter(columns).most_common(1)[0][0]
        first = last = max(bisect_right(children, damage.start_byte, key=_start) - 1, 0)
        while first > 0:
            first -= 1
            if columns[first] <= usual:
                break
        while last < len(children) - 1:
            last += 1
            if columns[last] <= usual:
                break
        return children[first].start_byte, max(children[last].end_byte, damage.end_byte)


def _start(node: Node) -> int:
    return node.start_byte


def _balanced(text: bytes) -> bool:
    return all(text.count(opener) == text.count(closer) for opener, closer in ((b"{", b"}"), (b"(", b")")))
