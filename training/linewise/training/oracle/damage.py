"""Which lines of a damaged tree tell nothing: the definition around each ERROR or MISSING node.

From the root the search goes down through *containers* (a language's classes, namespaces, `#if` blocks: the
nodes that merely hold definitions) to the first node that is none: a function, a field, a statement at the top.
That node is masked, no more. Where an ERROR hangs in a container itself, the parser lost a whole definition
there, and what it made of the neighbours is doubtful: those that are indented deeper than their kind, and one
more on either side, are masked with it; if its braces don't balance, so is all of a container below the root.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray
from tree_sitter import Node, Query, QueryCursor

from linewise.features.lines import LineSpans

from ..grammars import Dialect, load_grammar
from .profiles import Profile

_DAMAGE = "(ERROR) @damage (MISSING) @damage"


def known_lines(
    root: Node, data: bytes, lines: LineSpans, dialect: Dialect, profile: Profile
) -> NDArray[np.bool_]:
    """Whether each line's truth is known: bool of shape (n_lines,)."""
    known = np.ones(len(lines), dtype=np.bool_)
    if not root.has_error:
        return known
    if root.is_error:
        return np.zeros_like(known)
    query = Query(load_grammar(dialect.module, dialect.function), _DAMAGE)
    nodes = QueryCursor(query).captures(root).get("damage", [])
    masked_to = -1
    for node in sorted(nodes, key=lambda node: (node.start_byte, -node.end_byte)):
        if node.end_byte <= masked_to:
            continue
        start, end = _unit(root, node, data, profile.containers)
        first, last = np.searchsorted(lines.starts, (start, max(start, end - 1)), side="right") - 1
        known[max(first, 0) : last + 1] = False
        masked_to = max(masked_to, end)
    return known


def _unit(root: Node, damage: Node, data: bytes, containers: frozenset[str]) -> tuple[int, int]:
    """The byte range that one ERROR or MISSING node spoils."""
    holder = root
    while True:
        child = holder.child_with_descendant(damage)
        if child is None or child == damage:
            break
        if child.type not in containers:
            return child.start_byte, child.end_byte
        holder = child
    if holder != root and (damage.is_missing or not _balanced(data[damage.start_byte : damage.end_byte])):
        return holder.start_byte, holder.end_byte
    return _with_neighbours(holder, damage)


def _balanced(text: bytes) -> bool:
    return all(text.count(opener) == text.count(closer) for opener, closer in ((b"{", b"}"), (b"(", b")")))


def _with_neighbours(holder: Node, damage: Node) -> tuple[int, int]:
    siblings = holder.children
    columns = [sibling.start_point[1] for sibling in siblings]
    usual = Counter(columns).most_common(1)[0][0]
    at = siblings.index(damage)
    first = last = at
    while first > 0:
        first -= 1
        if columns[first] <= usual:
            break
    while last < len(siblings) - 1:
        last += 1
        if columns[last] <= usual:
            break
    return siblings[first].start_byte, siblings[last].end_byte
