"""Edits such as people make, of comments, docstrings, imports, blank lines and strings, and of code that looks like it.

An edit takes a file's lines with their true labels and gives other lines. It promises nothing of what it amounts to:
the truth is told from the trees of both sides afterwards. Places, words and extent are chosen by a seeded generator.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from linewise.features.labels import LABEL_NAMES, mask_of

_BIT = {name: mask_of([name]) for name in LABEL_NAMES}
_PHRASES = (
    "Keep this in step with the loader below.",
    "The caller holds the lock while this runs",
    "see the note on ordering above",
    "No retries here: the queue takes care of them.",
    "To be dropped once old clients are gone",
    "Falls back to the default when nothing was given.",
    "this is slow for large inputs, but they are rare",
    "Returns early if there is nothing to do.",
    "does not handle the empty case yet",
    "e.g. when the file was moved in between",
    "Order matters: the first match wins.",
    "cache the result, it is asked for again and again",
    "Note that names are compared without regard to case.",
    "workaround for a bug in older versions",
    "if it is None then the value is computed, for example size = 2",
    "Use at your own risk; call close() when done",
)
_WORDS = ("given", "value", "only", "first", "whole", "default", "same", "empty", "always", "current", "remote", "new")
_HASH = frozenset(("python", "ruby", "bash"))
_WORD = re.compile(rb"[A-Za-z]{4,}")
_NAME = re.compile(rb"[A-Za-z_]\w{2,}")
_LITERAL = re.compile(rb"\"([^\"\\{}$#%]{3,})\"|'([^'\\{}$#%]{3,})'")
_INTERPOLATION = re.compile(rb"\{ ?([a-z_]\w+)")
_DIRECTIVES = {
    "python": ("# noqa: E501", "# type: ignore", "# pylint: disable=all", "# fmt: off"),
    "ruby": ("# rubocop:disable all", "# frozen_string_literal: true"),
    "bash": ("# shellcheck disable=SC2086",),
    "go": ("//go:build linux", "//nolint:errcheck", "//go:generate stringer"),
    "javascript": ("// eslint-disable-next-line", "// @ts-ignore", "/* istanbul ignore next */", "// prettier-ignore"),
    "typescript": ("// eslint-disable-next-line no-console", "// @ts-expect-error", "/* c8 ignore next */"),
    "lua": ("-- luacheck: ignore",),
    "cpp": ("// NOLINTNEXTLINE", "// clang-format off"),
    "c": ("/* NOLINT */", "/* clang-format off */"),
    "kotlin": ("// ktlint-disable", "//noinspection unused"),
    "swift": ("// swiftlint:disable all",),
    "php": ("// phpcs:ignore",),
}


@dataclass(frozen=True, slots=True)
class Text:
    """A file to edit: its lines without breaks, and the true labels of each."""

    language: str
    lines: tuple[bytes, ...]
    masks: tuple[int, ...]

    def rows(self, wanted: str, unwanted: Sequence[str] = ()) -> list[int]:
        """The lines that have one label and none of the others."""
        bad = sum(_BIT[name] for name in unwanted)
        return [row for row, mask in enumerate(self.masks) if mask & _BIT[wanted] and not mask & bad]


Lines = list[bytes]
Edit = Callable[[Text, random.Random], Lines | None]
"""The new lines, or None where the file has no place for the edit."""


def _indent(line: bytes) -> bytes:
    return line[: len(line) - len(line.lstrip())]


def _mark(language: str) -> bytes:
    return b"#" if language in _HASH else b"--" if language == "lua" else b"//"


def _reworded(line: bytes, rng: random.Random) -> bytes | None:
    """A line with one word changed, dropped or put in."""
    words = [
        match for match in _WORD.finditer(line) if line[match.start() - 1 : match.start()] not in (b"@", b":", b"\\")
    ]
    if len(words) < 2:
        return None
    word = rng.choice(words[1:])
    new = rng.choice(_WORDS).encode()
    how = rng.randrange(3)
    if how == 0:
        return line[: word.start()] + new + line[word.end() :]
    if how == 1:
        return line[: word.start()] + new + b" " + line[word.start() :]
    return line[: word.start()] + line[word.end() :].lstrip(b" ")


def _reword(label: str, unwanted: Sequence[str]) -> Edit:
    def edit(text: Text, rng: random.Random) -> Lines | None:
        rows = text.rows(label, unwanted)
        if not rows:
            return None
        lines = list(text.lines)
        start = rng.choice(rows)
        for row in range(start, min(start + rng.choice((1, 1, 1, 2, 3)), len(lines))):
            if row in rows:
                lines[row] = _reworded(lines[row], rng) or lines[row]
        return lines

    return edit


def _insert_within(label: str, unwanted: Sequence[str]) -> Edit:
    """Put lines between two lines that both have the label, led in like the one above."""

    def edit(text: Text, rng: random.Random) -> Lines | None:
        rows = text.rows(label, unwanted)
        inner = [row for row in rows if row + 1 in rows and row - 1 in rows]
        if not inner:
            return None
        row = rng.choice(inner)
        lead = re.match(rb"\s*(?:\*+|//[/!]?|#+|--+)?[ \t]*", text.lines[row])
        assert lead is not None
        new = [lead[0] + rng.choice(_PHRASES).encode() for _ in range(rng.choice((1, 1, 2, 4)))]
        return [*text.lines[: row + 1], *new, *text.lines[row + 1 :]]

    return edit


def _add_comment(text: Text, rng: random.Random) -> Lines | None:
    rows = text.rows("code", ("string", "delimiter"))
    if not rows:
        return None
    row = rng.choice(rows)
    mark = _mark(text.language)
    phrases = [rng.choice(_PHRASES).encode() for _ in range(rng.choice((1, 1, 2, 3)))]
    indent = _indent(text.lines[row])
    new = [indent + mark + b" " + phrase for phrase in phrases]
    if mark == b"//" and rng.random() < 0.3:
        new = [indent + b"/* " + phrases[0], *(indent + b" * " + phrase for phrase in phrases[1:]), indent + b" */"]
    return [*text.lines[:row], *new, *text.lines[row:]]


def _add_docstring(text: Text, rng: random.Random) -> Lines | None:
    rows = [
        row
        for row, mask in enumerate(text.masks[1:])
        if mask & _BIT["code"] and text.masks[row] & _BIT["function_definition"] and text.lines[row].endswith(b":")
    ]
    if text.language != "python" or not rows:
        return None
    row = rng.choice(rows)
    indent = _indent(text.lines[row]) + b"    "
    new = [indent + b'"""' + rng.choice(_PHRASES).encode()]
    new += [b"", indent + b":param value: " + rng.choice(_PHRASES).encode(), indent] if rng.random() < 0.5 else []
    new[-1] += b'"""'
    return [*text.lines[: row + 1], *new, *text.lines[row + 1 :]]


def _remove(label: str, unwanted: Sequence[str]) -> Edit:
    def edit(text: Text, rng: random.Random) -> Lines | None:
        rows = text.rows(label, unwanted)
        if not rows:
            return None
        first = rng.choice(rows)
        last = first
        while last + 1 in rows and last - first < 5 and rng.random() < 0.7:
            last += 1
        return [*text.lines[:first], *text.lines[last + 1 :]]

    return edit


def _change_import(text: Text, rng: random.Random) -> Lines | None:
    rows = [row for row in text.rows("import", ("comment",)) if len(_NAME.findall(text.lines[row])) > 1]
    if not rows:
        return None
    row = rng.choice(rows)
    line = text.lines[row]
    name = list(_NAME.finditer(line))[-1]
    changed = line[: name.start()] + name[0] + rng.choice((b"2", b"_base", b"Extra", b"s")) + line[name.end() :]
    how = rng.randrange(3)
    if how == 0:
        return [*text.lines[:row], changed, *text.lines[row + 1 :]]
    if how == 1:
        return [*text.lines[: row + 1], changed, *text.lines[row + 1 :]]
    other = rng.choice(rows)
    lines = list(text.lines)
    lines[row], lines[other] = lines[other], lines[row]
    return lines


def _change_blanks(text: Text, rng: random.Random) -> Lines | None:
    blanks = text.rows("blank")
    lines = list(text.lines)
    for _ in range(rng.choice((1, 1, 2))):
        row = rng.choice(blanks) if blanks and rng.random() < 0.4 else rng.randrange(len(lines) + 1)
        lines.insert(min(row, len(lines)), rng.choice((b"", b"", b"    ")))
    return lines


def _blank_in_string(text: Text, rng: random.Random) -> Lines | None:
    inner = [row for row in text.rows("string") if row + 1 < len(text.masks) and text.masks[row + 1] & _BIT["string"]]
    if not inner:
        return None
    row = rng.choice(inner) + 1
    return [*text.lines[:row], b"", *text.lines[row:]]


def _change_string(text: Text, rng: random.Random) -> Lines | None:
    rows = [row for row in text.rows("string", ("import", "documentation")) if _LITERAL.search(text.lines[row])]
    if not rows:
        return None
    lines = list(text.lines)
    row = rng.choice(rows)
    literal = _LITERAL.search(lines[row])
    assert literal is not None
    start, end = literal.span(1 if literal[1] else 2)
    content = lines[row][start:end]
    new = _reworded(content, rng) or content + rng.choice((b"2", b" now", b".", b"_id"))
    lines[row] = lines[row][:start] + new + lines[row][end:]
    return lines


def _change_string_and_code(text: Text, rng: random.Random) -> Lines | None:
    """A string's word changes and a name beside it, or one in its interpolation."""
    rows = [row for row in text.rows("string", ("import",)) if _NAME.search(text.lines[row])]
    if not rows:
        return None
    row = rng.choice(rows)
    line = text.lines[row]
    name = _INTERPOLATION.search(line) or rng.choice(list(_NAME.finditer(line)))
    changed = line[: name.end()] + b"2" + line[name.end() :]
    return [*text.lines[:row], _reworded(changed, rng) or changed, *text.lines[row + 1 :]]


def _change_code(text: Text, rng: random.Random) -> Lines | None:
    rows = [row for row in text.rows("code", ("import",)) if _NAME.search(text.lines[row])]
    if not rows:
        return None
    row = rng.choice(rows)
    line = text.lines[row]
    name = rng.choice(list(_NAME.finditer(line)))
    return [*text.lines[:row], line[: name.end()] + b"2" + line[name.end() :], *text.lines[row + 1 :]]


def _comment_out(text: Text, rng: random.Random) -> Lines | None:
    rows = text.rows("code", ("comment",))
    if not rows:
        return None
    first = rng.choice(rows)
    last = min(first + rng.choice((0, 0, 1, 3)), len(text.lines) - 1)
    mark = _mark(text.language)
    if mark == b"//" and rng.random() < 0.5:
        body = [b"/*", *text.lines[first : last + 1], b"*/"]
    else:
        body = [
            _indent(line) + mark + b" " + line.lstrip() if line.strip() else line
            for line in text.lines[first : last + 1]
        ]
    return [*text.lines[:first], *body, *text.lines[last + 1 :]]


def _quote_out(text: Text, rng: random.Random) -> Lines | None:
    rows = text.rows("code", ("string", "comment"))
    if text.language != "python" or not rows:
        return None
    row = rng.choice(rows)
    indent = _indent(text.lines[row])
    return [*text.lines[:row], indent + b'"""', text.lines[row], indent + b'"""', *text.lines[row + 1 :]]


def _add_directive(text: Text, rng: random.Random) -> Lines | None:
    rows = text.rows("code", ("string", "delimiter"))
    if text.language not in _DIRECTIVES or not rows:
        return None
    row = rng.choice(rows)
    new = _indent(text.lines[row]) + rng.choice(_DIRECTIVES[text.language]).encode()
    return [*text.lines[:row], new, *text.lines[row:]]


_NOT_CODE = ("code",)
HARMLESS: dict[str, Edit] = {
    "reword a comment": _reword("comment", _NOT_CODE),
    "add a comment": _add_comment,
    "add to a comment": _insert_within("comment", _NOT_CODE),
    "remove comments": _remove("comment", _NOT_CODE),
    "change an import": _change_import,
    "remove an import": _remove("import", ("comment",)),
    "change blank lines": _change_blanks,
    "change a string": _change_string,
    "change another string": _change_string,
    "reword a string of several lines": _reword(
        "string", ("documentation", "call", "assignment", "variable_declaration")
    ),
}
OF_DOCSTRINGS: dict[str, Edit] = {
    "reword a docstring": _reword("documentation", ("code", "comment")),
    "add to a docstring": _insert_within("documentation", ("code", "comment")),
    "add a docstring": _add_docstring,
}
HARMFUL: dict[str, Edit] = {
    "change code": _change_code,
    "change a string and code": _change_string_and_code,
    "comment code out": _comment_out,
    "quote code out": _quote_out,
    "add a directive": _add_directive,
    "add a blank line in a string": _blank_in_string,
    "remove code": _remove("code", ("comment",)),
}


def with_two(first: Edit, second: Edit) -> Edit:
    """Both edits, one after the other, where the second leaves the number of lines as it is."""

    def edit(text: Text, rng: random.Random) -> Lines | None:
        once = first(text, rng)
        if once is None or len(once) != len(text.lines):
            return None
        return second(Text(text.language, tuple(once), text.masks), rng)

    return edit


MIXED: dict[str, Edit] = {
    "reword a comment, change code": with_two(HARMLESS["reword a comment"], _change_code),
    "reword a docstring and a comment": with_two(OF_DOCSTRINGS["reword a docstring"], HARMLESS["reword a comment"]),
    "change a string, change code": with_two(_change_string, _change_code),
    "change an import, change code": with_two(_change_import, _change_code),
    "change a string, reword a comment": with_two(_change_string, HARMLESS["reword a comment"]),
}
IN_DOCSTRING_ROUNDS: dict[str, Edit] = {
    **OF_DOCSTRINGS,
    "reword a docstring and a comment": MIXED["reword a docstring and a comment"],
}
EDITS: dict[str, Edit] = {**HARMLESS, **OF_DOCSTRINGS, **HARMFUL, **MIXED}
