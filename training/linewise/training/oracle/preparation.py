"""Texts rewritten for grammars that lag behind their languages, every byte and line break keeping its place.

What is rewritten is parsed in another form, nothing more: surface and names are read off the text as it is. Each
rewriting leaves the labels of a line as they would be if the grammar knew the syntax.
"""

from __future__ import annotations

import re

from .mended import Mended

_VARIANCE = re.compile(
    rb"(?<=[<,])(\s*)(in\s+out|in|out)(?=\s+[A-Z]\w*\s*(?:extends\b|[,>=]))|^([ \t]*)(in out)(?= [A-Z])", re.MULTILINE
)
_TYPE_EXPORT = re.compile(rb"^([ \t]*export )(type)(?= \*)", re.MULTILINE)
_USING = re.compile(
    rb"^([ \t]*|[ \t]*for (?:await )?\()(await using|using)(?= [A-Za-z_$][\w$]* (?:=|of\b))", re.MULTILINE
)
_SIGNATURE = re.compile(
    rb"(?<=[\w>)\]}])(\s*(?:(?://[^\n]*+|/\*(?:[^*]|\*(?!/))*\*/)\s*)*\n[ \t]*)[ \t]"
    rb"(?=<(?:\s*\n|(?:const )?[A-Z]\w*\s*(?:extends\b|[,>=])))"
)
_POINTER_CAST = re.compile(rb"(?<![\w>\]])(?<!\w )(\(\s*[\w.]+\s*\*+\s*\))(?=\s*[(\w&*])")
_DEREFERENCE = re.compile(
    rb"((?:[(,=!<&|+\-?:\[]|=>|\b(?:return|ref|out|in)\b|\b(?:bool|s?byte|char|u?(?:short|int|long)|float|double)\))\s*)"
    rb"(\*+)(?=\s*[(\w&]|\+\+|--)"
)
_TARGET = re.compile(
    rb"((?:[;{})]|\belse)\s*)\*(\s*)\(((?:[^()=;{}]|\((?:[^()]|\([^()]*\))*\))*)\)(?=\s*(?:[-+|&^*/]|<<|>>)?=(?!=))"
)
_STEPPED_TARGET = re.compile(rb"([;{})]\s*\*\w+)(\+\+|--)(?=\s*=(?!=))")


def _blanked(match: re.Match[bytes]) -> bytes:
    """The last group of a match replaced by blanks, line breaks kept."""
    group = match.lastindex or 0
    at = match.start(group) - match.start()
    text = match.group()
    return text[:at] + re.sub(rb"[^\r\n]", b" ", match.group(group)) + text[at + len(match.group(group)) :]


def _joined(match: re.Match[bytes]) -> bytes:
    """A match drawn up to one line."""
    return re.sub(rb"[\r\n]", b" ", match.group())


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


def mend_typescript(data: bytes) -> Mended:
    """TypeScript with a semicolon before each generic call signature, which the grammar ties to the line above."""
    return Mended(_SIGNATURE.sub(rb"\1;", data))


def prepare_csharp(data: bytes) -> bytes:
    """C# without casts to pointers and the dereferencing stars of unsafe code, which pass for products."""
    if b"unsafe" not in data:
        return data
    data = _DEREFERENCE.sub(_blanked, _POINTER_CAST.sub(_blanked, data))
    # `*(p + i) = x` is no target to the grammar, `_[p + i] = x` is one.
    data = _TARGET.sub(rb"\1_\2[\3]", data)
    return _STEPPED_TARGET.sub(_blanked, data)


_TYPE_ARGUMENTS = re.compile(rb"(?<=\w)(<(?![\s=<])(?:[\w.,:?*\[\] ]|<[\w.,:?*\[\] ]*>)*>)(?=\(|[ ]?\{)")
_SUSPENDED = re.compile(rb"(?<=[=(,>\n] )(suspend)(?= \{)")
_CONSTRUCTOR = re.compile(
    rb"\bclass [\w<>: ]+\n\s*(?:@\w+(?:\([^()\n]*\))?\s+)*(?:(?:public|private|protected|internal)\s+)?constructor\b"
)
_HANDLER = re.compile(rb"\}\s*\n\s*(?:catch\s*\(|finally\s*\{)")
_MORE_BLOCKS = re.compile(rb"\}\s*\n\s*(?!default\b)[a-z]\w*:\s*\{")
_SEMICOLON = re.compile(rb"(?<=\})(;)(?=[ \t]*\r?\n)")
_TYPE_OPERATOR = re.compile(rb"(?<=[\[ (,])(~)(?=[A-Z])")
_UNIT = re.compile(rb"((?:[(:=,]|\breturn)\s*)\(\)(?=[ \t]*(?:[),;}\r\n]|\Z|as\b))")
_EMPTY_PAYLOAD = re.compile(rb"(\bcase \.\w+)(\(\))(?=\s*[:,])")
_UNSAFE = re.compile(rb"(\bnonisolated)(\(unsafe\))")


def prepare_kotlin(data: bytes) -> bytes:
    """Kotlin without the type arguments of calls, which may pass for comparisons, and without suspended blocks.

    To the grammar a class ends with the line of its name, and a block with that of its brace, so constructors and
    handlers that follow are drawn up.
    """
    data = _TYPE_ARGUMENTS.sub(_blanked, data)
    if b"constructor" in data:
        data = _CONSTRUCTOR.sub(_joined, data)
    data = _HANDLER.sub(_joined, data).replace(b"override(", b"overridE(")
    return _SUSPENDED.sub(_blanked, data) if b"suspend {" in data else data


def prepare_swift(data: bytes) -> bytes:
    """Swift without the type arguments of calls, which may pass for comparisons, and with a name for `()`."""
    data = _TYPE_ARGUMENTS.sub(_blanked, data)
    if b"nonisolated(" in data:
        data = _UNSAFE.sub(_blanked, data)
    data = _TYPE_OPERATOR.sub(_blanked, _SEMICOLON.sub(_blanked, _MORE_BLOCKS.sub(_joined, data)))
    return _UNIT.sub(rb"\1_0", _EMPTY_PAYLOAD.sub(_blanked, data))


def prepare_rust(data: bytes) -> bytes:
    """Rust with another name for the macro `try!`, which has become a keyword."""
    return data.replace(b"try!(", b"tri!(") if b"try!(" in data else data


_LUA_TOKEN = re.compile(
    rb"""(?P<string>"(?:\\.|[^"\\\n])*+"|'(?:\\.|[^'\\\n])*+')|(?:--)?\[(?P<level>=*+)\[.*?(?:\](?P=level)\]|\Z)|--[^\n]*""",
    re.DOTALL,
)
_QUOTED_LONG_COMMENT = re.compile(rb"[\"'][^\n]*--\[=*+\[")


def prepare_lua(data: bytes) -> bytes:
    """Lua without the `--[[` in quoted strings, where the grammar lets a comment begin that swallows what follows."""
    if _QUOTED_LONG_COMMENT.search(data) is None:
        return data

    def without_dashes(match: re.Match[bytes]) -> bytes:
        return match.group().replace(b"--[", b"__[") if match.group("string") else match.group()

    return _LUA_TOKEN.sub(without_dashes, data)


_OCTAVE_COMMENT = re.compile(rb"^([ \t]*)#", re.MULTILINE)


def prepare_matlab(data: bytes) -> bytes:
    """MATLAB whose comments all begin with `%`: the grammar knows none of Octave's with `#`."""
    return _OCTAVE_COMMENT.sub(rb"\1%", data)
