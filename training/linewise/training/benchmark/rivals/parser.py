"""tree-sitter asked to parse just what is shown, its tree read by the oracle's queries.

The language is told. A fragment is parsed as it stands, inside a dummy function and inside a dummy class, which is what
users of parsers try; the reading that leaves the fewest lines unread counts, the earlier one where they are equal. What
the tree says is taken even where it is damaged. A wrapper's own region stays: code that reads only inside a function
is in one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linewise.features.lines import split_lines
from linewise.training.oracle import OracleError, label_file

Masks = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Wrapper:
    """Lines before and after a fragment, and by how much its lines are indented between them."""

    before: bytes = b""
    after: bytes = b""
    indent: bytes = b""


_BARE = Wrapper()
_JAVA_LIKE = (Wrapper(b"class A { void f() {\n", b"\n}}\n"), Wrapper(b"class A {\n", b"\n}\n"))
_JS_LIKE = (Wrapper(b"async function* f() {\n", b"\n}\n"), Wrapper(b"class A {\n", b"\n}\n"))
_WRAPPERS: dict[str, tuple[Wrapper, ...]] = {
    "bash": (Wrapper(b"f() {\n", b"\n}\n"),),
    "c": (Wrapper(b"void f() {\n", b"\n}\n"), Wrapper(b"struct a {\n", b"\n};\n")),
    "cpp": (Wrapper(b"void f() {\n", b"\n}\n"), Wrapper(b"class A {\n", b"\n};\n")),
    "csharp": _JAVA_LIKE,
    "go": (
        Wrapper(b"package a\nfunc f() {\n", b"\n}\n"),
        Wrapper(b"package a\ntype a struct {\n", b"\n}\n"),
    ),
    "java": _JAVA_LIKE,
    "javascript": _JS_LIKE,
    "kotlin": (Wrapper(b"fun f() {\n", b"\n}\n"), Wrapper(b"class A {\n", b"\n}\n")),
    "lua": (Wrapper(b"function f()\n", b"\nend\n"),),
    "php": (
        Wrapper(b"<?php\n"),
        Wrapper(b"<?php function f() {\n", b"\n}\n"),
        Wrapper(b"<?php class A {\n", b"\n}\n"),
    ),
    "python": (Wrapper(b"def f():\n", b"\n", b"    "), Wrapper(b"class A:\n", b"\n", b"    ")),
    "ruby": (Wrapper(b"def f\n", b"\nend\n"), Wrapper(b"class A\n", b"\nend\n")),
    "rust": (Wrapper(b"fn f() {\n", b"\n}\n"), Wrapper(b"impl A {\n", b"\n}\n")),
    "scala": (Wrapper(b"object A { def f() = {\n", b"\n}}\n"), Wrapper(b"class A {\n", b"\n}\n")),
    "swift": (Wrapper(b"func f() {\n", b"\n}\n"), Wrapper(b"class A {\n", b"\n}\n")),
    "typescript": _JS_LIKE,
}


@dataclass(frozen=True, slots=True)
class Readings:
    """What parsing says of a text's lines, as it stands and at its best; uint32 of shape (n_lines,) both."""

    bare: Masks
    best: Masks


def parsed_labels(text: bytes, language: str, file_name: str | None = None, *, wrap: bool = True) -> Readings:
    """The labels that parsing gives the lines of a text.

    Args:
        text: a fragment or a damaged file.
        language: its language.
        file_name: its file's name, which may tell the dialect.
        wrap: also try the wrappers; not for files that are whole but for some damage.
    """
    bare, unread = _read(text, _BARE, language, file_name)
    best, fewest = bare, unread
    if wrap and language == "php" and b"<?" not in text:
        # Without its opening tag PHP is all mark-up, which parses well and says nothing.
        fewest = len(bare) + 2
    for wrapper in _WRAPPERS[language] if wrap else ():
        if not fewest:
            break
        masks, unread = _read(text, wrapper, language, file_name)
        if unread < fewest:
            best, fewest = masks, unread
    return Readings(bare, best)


def _read(text: bytes, wrapper: Wrapper, language: str, file_name: str | None) -> tuple[Masks, int]:
    """The labels of one reading, and how many lines it leaves unread."""
    spans = split_lines(text)
    shown = text
    if wrapper.indent:
        shown = b"\n".join(
            wrapper.indent + text[start:end]
            for start, end in zip(spans.starts.tolist(), spans.ends.tolist(), strict=True)
        )
    try:
        truth = label_file(wrapper.before + shown + wrapper.after, language, file_name=file_name)
    except OracleError:
        return np.zeros(len(spans), dtype=np.uint32), len(spans) + 1
    begin = wrapper.before.count(b"\n")
    lines = slice(begin, begin + len(spans))
    return truth.masks[lines], int((~truth.known[lines]).sum())
