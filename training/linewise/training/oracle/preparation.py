"""Texts rewritten for grammars that lag behind their languages, every byte and line break keeping its place.

What is rewritten is parsed in another form, nothing more: surface and names are read off the text as it is. Each
rewriting leaves the labels of a line as they would be if the grammar knew the syntax.
"""

from __future__ import annotations

import re

_VARIANCE = re.compile(
    rb"(?<=[<,])(\s*)(in\s+out|in|out)(?=\s+[A-Z]\w*\s*(?:extends\b|[,>=]))|^([ \t]*)(in out)(?= [A-Z])", re.MULTILINE
)
_TYPE_EXPORT = re.compile(rb"^([ \t]*export )(type)(?= \*)", re.MULTILINE)
_USING = re.compile(rb"^([ \t]*|[ \t]*for \()(await using|using)(?= [A-Za-z_$][\w$]* (?:=|of\b))", re.MULTILINE)
_DEREFERENCE = re.compile(rb"((?:[;{}(,=!<&|+\-?:]|=>|\breturn\b)\s*)(\*+\s*\([\w.]+\s*\*+\s*\)|\*(?=[(\w]))")


def _blanked(match: re.Match[bytes]) -> bytes:
    """The last group of a match replaced by blanks, line breaks kept."""
    group = match.lastindex or 0
    at = match.start(group) - match.start()
    text = match.group()
    return text[:at] + re.sub(rb"[^\r\n]", b" ", match.group(group)) + text[at + len(match.group(group)) :]


def _declared(match: re.Match[bytes]) -> bytes:
    return match.group(1) + b"const".ljust(len(match.group(2)))


def prepare_ecma(data: bytes) -> bytes:
    """JavaScript and TypeScript without variance marks and `export type *`, and with `const` for `using`."""
    if b"out" in data or b"<in " in data:
        data = _VARIANCE.sub(_blanked, data)
    if b"export type *" in data:
        data = _TYPE_EXPORT.sub(_blanked, data)
    if b"using " in data:
        data = _USING.sub(_declared, data)
    return data


def prepare_csharp(data: bytes) -> bytes:
    """C# without the dereferencing stars of unsafe code, which the grammar takes for products."""
    if b"unsafe" not in data:
        return data
    return _DEREFERENCE.sub(_blanked, data)


_TYPE_ARGUMENTS = re.compile(rb"(?<=\w)(<(?![\s=<])(?:[\w.,:?*\[\] ]|<[\w.,:?*\[\] ]*>)*>)(?=\(|[ ]?\{)")
_SUSPENDED = re.compile(rb"(?<=[=(,>\n] )(suspend)(?= \{)")
_CONSTRUCTOR = re.compile(
    rb"\bclass [\w<>: ]+\n\s*(?:@\w+(?:\([^()\n]*\))?\s+)*(?:(?:public|private|protected|internal)\s+)?constructor\b"
)
_UNIT = re.compile(rb"((?:[(:=,]|\breturn)\s*)\(\)(?=[ \t]*(?:[),;}\r\n]|\Z|as\b))")
_EMPTY_PAYLOAD = re.compile(rb"(\bcase \.\w+)(\(\))(?=\s*[:,])")
_UNSAFE = re.compile(rb"(\bnonisolated)(\(unsafe\))")


def prepare_kotlin(data: bytes) -> bytes:
    """Kotlin without the type arguments of calls, which may pass for comparisons, and without suspended blocks.

    To the grammar a class ends with the line of its name, so what goes on there to its constructor is drawn up.
    """
    data = _TYPE_ARGUMENTS.sub(_blanked, data)
    if b"constructor" in data:
        data = _CONSTRUCTOR.sub(lambda match: match.group().replace(b"\n", b" "), data)
    return _SUSPENDED.sub(_blanked, data) if b"suspend {" in data else data


def prepare_swift(data: bytes) -> bytes:
    """Swift without the type arguments of calls, which may pass for comparisons, and with a name for `()`."""
    data = _TYPE_ARGUMENTS.sub(_blanked, data)
    if b"nonisolated(" in data:
        data = _UNSAFE.sub(_blanked, data)
    return _UNIT.sub(rb"\1_0", _EMPTY_PAYLOAD.sub(_blanked, data))
