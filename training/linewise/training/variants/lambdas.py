"""Edits that put in functions without a name: as arguments, behind calls, and around statements."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from linewise.features.labels import mask_of

from .edits import Edit, Place

_CALL = mask_of(["call"])
_UNFIT = mask_of(["comment", "documentation", "text", "import", "annotation", "preprocessor", "module_declaration"])
_UNFIT |= mask_of(["function_definition", "type_definition", "lambda", "loop"])
_NOT_WRAPPED = _UNFIT | mask_of(["return", "jump", "conditional", "exception", "variable_declaration", "delimiter"])
_ARGUMENT = re.compile(rb"(?<=[(,])( ?)([A-Za-z_$][\w.]*|\d+|null|nil|None)(?=[,)])")
_PATTERN = re.compile(
    rb"=>|\bcase\b|\blet\b|\bcatch\b|\bfor\b|\bwhen\b|\bis\b|\binstanceof\b|\bdefine\b|#\[|\b(?:super|this)\("
)
_STATEMENT = re.compile(rb"[A-Za-z_$@][\w.$:>()-]*\(.*\)")

_ARROWS = ("{a} -> {a}.{n}()", "() -> {n}({a})", "({a}, {b}) -> {n}({a}, {b})", "{a} -> {n}", "{a} -> {a} > 1")
_FAT_ARROWS = ("{a} => {a}.{n}", "() => {n}({a})", "({a}, {b}) => {a} - {b}", "{a} => {n}({a}, 1)", "async () => {n}()")
_ECMA = (*_FAT_ARROWS, "function ({a}) {{ return {a}; }}", "({{ {a} }}) => {a}", "_ => {n}()")
ARGUMENTS = {
    "cpp": ("[&](auto {a}) {{ return {a}; }}", "[]() {{ {n}(); }}", "[this](int {a}) {{ return {n}({a}); }}"),
    "csharp": (*_FAT_ARROWS, "{a} => {{ {n}({a}); }}", "delegate {{ {n}(); }}", "(_, {a}) => {n}"),
    "go": ("func() {{ {n}() }}", "func({a} int) bool {{ return {a} > 0 }}"),
    "java": (*_ARROWS, "{a} -> {{}}", "() -> {{ {n}(); }}", "(final String {a}) -> {a}.{n}()"),
    "javascript": _ECMA,
    "kotlin": (
        "{{ {a} -> {a}.{n}() }}", "{{ {n}() }}", "{{ it.{n} }}",
        "{{ _, {a} -> {n}({a}) }}", "fun({a}: Int) = {a}",
    ),
    "lua": ("function({a}) return {a}.{n} end", "function() {n}() end", "function(...) return {n}(...) end"),
    "php": ("fn(${a}) => ${a}->{n}()", "function (${a}) {{ return ${a}; }}", "static fn(): int => {n}()"),
    "python": (
        "lambda {a}: {a}.{n}", "lambda: {n}({a})", "lambda _: {n}()",
        "lambda {a}, {b}: {n}({a}, {b})", "lambda *_: {n}",
    ),
    "ruby": ("->({a}) {{ {a}.{n} }}", "-> {{ {n} }}", "lambda {{ |{a}| {a}.{n}({b}) }}", "proc {{ {n} }}"),
    "rust": (
        "|{a}| {a}.{n}()", "|| {n}()", "move |{a}| {n}(&{a})", "|({a}, {b})| {a} + {b}",
        "|_| {n}", "|{a}| {{ {n}({a}) }}",
    ),
    "scala": ("_.{n}", "{a} => {a}.{n}", "({a}, {b}) => {a} + {b}", "() => {n}()", "_ + 1", "({a}: Int) => {n}({a})"),
    "swift": (
        "{{ $0.{n} }}", "{{ {a} in {a}.{n}() }}", "{{ {n}() }}",
        "{{ [weak self] in self?.{n}() }}", "{{ $0 > $1 }}",
    ),
    "typescript": (*_ECMA, "({a}: number) => {a}", "(): void => {n}()"),
}  # fmt: skip
BEHIND = {
    "kotlin": (" {{ {n}() }}", " {{ {a} -> {n}({a}) }}", " {{ it.{n}() }}"),
    "ruby": (" {{ |{a}| {a}.{n} }}", " {{ {n} }}", " {{ |{a}, {b}| {n}({a}, {b}) }}"),
    "scala": (" {{ {a} => {a}.{n} }}", ".map(_.{n})", ".foreach {{ {a} => {n}({a}) }}"),
    "swift": (" {{ {n}() }}", " {{ {a} in {a}.{n}() }}", " {{ $0.{n} }}"),
}
AROUND = {
    "csharp": ("{n}({a} => {{", "}});"),
    "go": ("{n}(func() {{", "}})"),
    "java": ("{n}({a} -> {{", "}});"),
    "javascript": ("{n}(({a}) => {{", "}});"),
    "kotlin": ("{n} {{ {a} ->", "}}"),
    "lua": ("{n}(function({a})", "end)"),
    "php": ("${n}->{b}(function (${a}) {{", "}});"),
    "ruby": ("{n}.each do |{a}|", "end"),
    "rust": ("{n}(|{a}| {{", "}});"),
    "scala": ("{n}.foreach {{ {a} =>", "}}"),
    "swift": ("{n} {{ {a} in", "}}"),
    "typescript": ("{n}(({a}) => {{", "}});"),
}


def lambdas(place: Place, share: float) -> Iterator[Edit]:
    """Arguments of calls made functions, some behind calls or around whole statements."""
    language = place.file.language
    if language not in ARGUMENTS:
        return
    for index in range(len(place.lines)):
        mask = int(place.file.masks[index])
        if place.rng.random() >= share or not mask & _CALL or mask & _UNFIT or not place.ends_in_code(index):
            continue
        line, start = place.line(index), int(place.lines.starts[index])
        if _PATTERN.search(line):
            continue
        draw, stripped = place.rng.random(), line.strip()
        ends = place.syntax.statement_end.encode()
        whole = bool(_STATEMENT.fullmatch(stripped.removesuffix(ends))) and stripped.endswith(ends)
        whole = whole and line.count(b"(") == line.count(b")")
        if draw < 0.2 and language in AROUND and whole and not mask & _NOT_WRAPPED:
            yield _around(place, line, start)
        elif draw < 0.5 and language in BEHIND and whole:
            yield Edit(start + len(line.rstrip()), start + len(line), _filled(place, BEHIND[language]))
        else:
            yield from _arguments(place, line, start)


def _arguments(place: Place, line: bytes, start: int) -> Iterator[Edit]:
    found = list(_ARGUMENT.finditer(line))
    outside = ~place.captures["string"].contain(np.array([start + match.start(2) for match in found], dtype=np.int64))
    choices = [match for match, is_outside in zip(found, outside.tolist(), strict=True) if is_outside]
    if choices:
        match = place.rng.choice(choices)
        yield Edit(start + match.start(2), start + match.end(2), _filled(place, ARGUMENTS[place.file.language]))


def _around(place: Place, line: bytes, start: int) -> Edit:
    opening, closing = AROUND[place.file.language]
    own = line[: len(line) - len(line.lstrip())]
    step = b"\t" if own[:1] == b"\t" else place.rng.choice((b"  ", b"    "))
    parts = own + _filled(place, (opening,)), own + step + line.strip(), own + _filled(place, (closing,))
    return Edit(start, start + len(line), b"\n".join(parts))


def _filled(place: Place, forms: tuple[str, ...]) -> bytes:
    names = place.contents
    return place.rng.choice(forms).format(a=names.name(), b=names.name(), n=names.name()).encode()
