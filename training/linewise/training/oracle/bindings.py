"""First bindings: where a language declares by assigning, which assignment brings its name into being.

The query says which names are bound where (``@binding``), which are bound by something that is no
declaration (``@bound``: parameters, loop variables, imports) and what the scopes are; this walks through them
in text order.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .captures import Captures, IntArray

_OPEN, _SCOPE, _OUTWARD, _OUTER, _BOUND, _BINDING = range(6)
"""Events at one position come in this order: scopes before the names in them."""


@dataclass(slots=True)
class _Scope:
    end: int
    transparent: bool
    """Names of the scope around it are seen from inside."""
    names: set[bytes] = field(default_factory=set)
    outward: set[bytes] = field(default_factory=set)
    """Names that belong to the whole file by an explicit statement."""


def _sees(stack: list[_Scope], name: bytes) -> bool:
    for scope in reversed(stack):
        if name in scope.names:
            return True
        if not scope.transparent:
            return False
    return False


def resolve(data: bytes, captures: Captures, free_names_are_global: bool) -> tuple[IntArray, IntArray]:
    """The byte positions of bindings that declare, and of those that assign to what exists already.

    Args:
        data: the text.
        captures: its captures.
        free_names_are_global: a name that no visible scope holds is bound in the file's scope, not in the
            innermost.
    """
    bindings = captures["binding"]
    if not len(bindings):
        return bindings.starts, bindings.starts
    within = captures["bound.within"].contain(bindings.starts)
    events: list[tuple[int, int, int]] = []
    for name, kind in (
        ("scope", _SCOPE),
        ("scope.open", _OPEN),
        ("outward", _OUTWARD),
        ("bound.outer", _OUTER),
        ("bound", _BOUND),
    ):
        spans = captures[name]
        events.extend((s, kind, e) for s, e in zip(spans.starts.tolist(), spans.ends.tolist(), strict=True))
    for start, end, demoted in zip(bindings.starts.tolist(), bindings.ends.tolist(), within.tolist(), strict=True):
        events.append((start, _BOUND if demoted else _BINDING, end))
    events.sort()

    file_scope = _Scope(len(data) + 1, transparent=False)
    stack = [file_scope]
    declared: list[int] = []
    assigned: list[int] = []
    for start, kind, end in events:
        while stack[-1].end <= start:
            stack.pop()
        if kind in (_SCOPE, _OPEN):
            stack.append(_Scope(end, transparent=kind == _OPEN))
            continue
        bound = data[start:end]
        scope = stack[-1]
        if kind == _OUTWARD:
            scope.outward.add(bound)
        elif kind == _OUTER:
            stack[-2 if len(stack) > 1 else -1].names.add(bound)
        elif kind == _BOUND:
            scope.names.add(bound)
        elif bound in scope.outward:
            (assigned if bound in file_scope.names else declared).append(start)
            file_scope.names.add(bound)
        elif _sees(stack, bound) or (free_names_are_global and bound in file_scope.names):
            assigned.append(start)
        else:
            declared.append(start)
            (file_scope if free_names_are_global else scope).names.add(bound)
    return np.array(declared, dtype=np.int64), np.array(assigned, dtype=np.int64)
