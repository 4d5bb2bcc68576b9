"""What stands in the replacement text of a macro, which the grammars of C keep as one opaque node."""

from __future__ import annotations

import re

import numpy as np

from .captures import Captures, Spans, sorted_spans

_TOKEN = re.compile(
    rb"""(?P<comment>//(?:\\\r?\n|[^\n])*|/\*.*?(?:\*/|\Z))
    |(?P<string>(?:u8|[uUL])?"(?:\\.|[^"\\\n])*"?|[uUL]?'(?:\\.|[^'\\\n])*'?)
    |(?P<word>[A-Za-z_]\w*)(?=(?P<called>(?:[ \t]|\\\r?\n)*\()?)
    |\.?\d(?:[\w.]|'(?=\w))*""",
    re.VERBOSE | re.DOTALL,
)
_NO_FUNCTIONS = frozenset(
    b"if elif while for switch return sizeof alignof _Alignof alignas _Alignas decltype typeof __typeof__ "
    b"defined "
    b"do else case goto catch throw new delete static_cast dynamic_cast const_cast reinterpret_cast operator "
    b"__attribute__ __attribute __declspec __asm__ asm _Static_assert static_assert _Pragma __pragma "
    b"noexcept void int char short long float double bool unsigned signed auto const volatile struct union "
    b"enum class typename template".split()
)


def _pack(found: list[tuple[int, int]], known: Spans) -> Spans:
    if not found:
        return known
    added = np.array(found, dtype=np.int64)
    return sorted_spans(np.concatenate((known.starts, added[:, 0])), np.concatenate((known.ends, added[:, 1])))


def with_macro_texts(data: bytes, captures: Captures) -> Captures:
    """The captures and, of each ``@macro_text``, its comments, strings and calls."""
    texts = captures["macro_text"]
    if not len(texts):
        return captures
    found: dict[str, list[tuple[int, int]]] = {"comment": [], "string": [], "call": []}
    for start, end in zip(texts.starts.tolist(), texts.ends.tolist(), strict=True):
        for match in _TOKEN.finditer(data, start, end):
            if match.lastgroup in ("comment", "string"):
                found[match.lastgroup].append(match.span())
            elif match["called"] is not None and match["word"] not in _NO_FUNCTIONS:
                found["call"].append(match.span("word"))
    spans = {name: _pack(places, captures[name]) for name, places in found.items()}
    return Captures({**captures.spans, **spans}, captures.complete)
