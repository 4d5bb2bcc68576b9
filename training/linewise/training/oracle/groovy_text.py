"""Groovy rewritten for its grammar, every byte keeping its place: see ``prepare_groovy``."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

_TOKEN = re.compile(
    rb"""
    (?P<space>[ \t\f\v]+|\\\r?\n)
    |(?P<newline>\r?\n|\r)
    |(?P<comment>\#![^\r\n]*|//[^\r\n]*|/\*.*?(?:\*/|\Z))
    |(?P<name>[A-Za-z_$\x80-\xff][\w$\x80-\xff]*)
    |(?P<number>[0-9][\w]*(?:\.[0-9]\w*)?)
    |(?P<operator>==~|<=>|===|!==|\*\*=|\.\.\.|\.\.<|>>>=|<<=|>>=|\?\.|\*\.|\.&|\.@|::|=~|==|!=|<=|>=|&&|\|\||\+\+|--|->
       |[-+*/%&|^?]=|\?:|\*\*|\.\.|<<|[-+*/%&|^~!<>=?:.,;@(){}\[\]\\#`$'"])
    """,
    re.VERBOSE | re.DOTALL,
)
_CONTINUES_AFTER = frozenset(
    b"== != <= >= && || -> += -= *= /= %= &= |= ^= ?: ** .. << >> <=> =~ ==~ - + * / % & | ^ ~ ! < = ? : . , ; @ ( { [ "
    b"?. *. .& .@ :: **= <<= >>= >>>= ..< === !==".split()
)
_CONTINUES_BEFORE = frozenset(b". ?. *. .& .@ ? : && || { ) ] , ?: } ;".split())
_WORDS_AFTER = frozenset(
    b"else do try finally extends implements throws instanceof in as public private protected static final "
    b"abstract synchronized def class interface enum trait new case import package assert throw".split()
)
_WORDS_BEFORE = frozenset(b"else catch finally extends implements throws instanceof as in".split())
_HEADS = frozenset(b"if for while switch catch synchronized with_".split())
_MODIFIERS = frozenset(b"public private protected static final abstract synchronized transient volatile native".split())
_SLASHY_AFTER = frozenset(b"return case in assert".split())
_SWAPPED = {
    b"==~": b"== ",
    b"<=>": b"== ",
    b"===": b"== ",
    b"!==": b"!= ",
    b"?.": b" .",
    b"*.": b" .",
    b".&": b". ",
    b".@": b". ",
    b"=~": b"==",
    b"?:": b"||",
    b"..<": b".. ",
    b"::": b". ",
    b"**=": b"+= ",
}


def _string_end(data: bytes, at: int) -> int:
    """Where the quoted string that begins there ends, interpolations included."""
    quote = data[at : at + 1]
    if data[at : at + 3] == quote * 3:
        quote = quote * 3
    i = at + len(quote)
    n = len(data)
    while i < n:
        c = data[i : i + 1]
        if c == b"\\":
            i += 2
        elif data.startswith(quote, i):
            return i + len(quote)
        elif quote[:1] == b'"' and data.startswith(b"${", i):
            depth = 0
            while i < n:
                c = data[i : i + 1]
                if c in b"\"'" and c:
                    i = _string_end(data, i)
                    continue
                depth += (c == b"{") - (c == b"}")
                i += 1
                if not depth:
                    break
        elif len(quote) == 1 and c in b"\r\n":
            return i
        else:
            i += 1
    return n


class _Token:
    __slots__ = ("end", "kind", "start", "text")

    def __init__(self, kind: str, text: bytes, start: int) -> None:
        self.kind, self.text, self.start, self.end = kind, text, start, start + len(text)


def _tokens(data: bytes) -> list[_Token]:
    tokens: list[_Token] = []
    last: _Token | None = None
    at = 0
    while at < len(data):
        kind, end = "", at
        c = data[at : at + 1]
        if c in b"\"'":
            kind, end = "string", _string_end(data, at)
        elif data.startswith(b"$/", at):
            stop = data.find(b"/$", at + 2)
            if stop >= 0:
                kind, end = "slashy", stop + 2
        elif c == b"/" and data[at + 1 : at + 2] not in (b"/", b"*", b"="):
            opens = (
                last is None
                or last.kind == "newline"
                or (last.kind == "operator" and last.text not in (b")", b"]", b"}", b"++", b"--"))
                or (
                    last.kind == "name"
                    and (last.text in _SLASHY_AFTER or (last.end < at and data[at + 1 : at + 2] != b" "))
                )
            )
            if opens:
                match = re.compile(rb"/(?:\\.|[^/\\\r\n])+/").match(data, at)
                if match:
                    kind, end = "slashy", match.end()
        if not kind:
            match = _TOKEN.match(data, at)
            if match is None:
                kind, end = "operator", at + 1
            else:
                kind, end = match.lastgroup or "operator", match.end()
        token = _Token(kind, data[at:end], at)
        tokens.append(token)
        if kind not in ("space", "comment"):
            last = token
        at = end
    return tokens


def prepare_groovy(data: bytes) -> bytes:
    """Groovy with a semicolon where a line break ends a statement, and without what the grammar does not know."""
    out = bytearray(data)

    def put(token: _Token, text: bytes) -> None:
        out[token.start : token.end] = text.ljust(token.end - token.start)[: token.end - token.start]

    def blank(token: _Token) -> None:
        for i in range(token.start, token.end):
            if out[i] not in b"\r\n":
                out[i] = 32
        token.kind, token.text = "space", b""

    tokens = _tokens(data)
    for token in tokens:
        if token.kind == "space" and token.text[:1] == b"\\":
            out[token.start] = 32
    solid = [t for t in tokens if t.kind not in ("space", "comment")]
    _swap(solid, put, blank)
    _end_statements(data, out, tokens)
    return bytes(out)


def _swap(solid: list[_Token], put: Callable[[_Token, bytes], None], blank: Callable[[_Token], None]) -> None:
    code = [t for t in solid if t.kind != "newline"]
    newline_before = set()
    for before, token in pairwise(solid):
        if before.kind == "newline":
            newline_before.add(id(token))
    if solid:
        newline_before.add(id(solid[0]))
    none = _Token("operator", b"", 0)
    skip = 0
    for i, token in enumerate(code):
        if i < skip:
            continue
        before = code[i - 1] if i else none
        after = code[i + 1] if i + 1 < len(code) else none
        later = code[i + 2] if i + 2 < len(code) else none
        if token.kind == "slashy":
            n = len(token.text)
            if b"\n" in token.text:
                put_text = b'"""' + re.sub(rb"[^\r\n]", b"_", token.text[3:-3]) + b'"""' if n >= 6 else b"'" * n
            else:
                put_text = b'"' + b"_" * (n - 2) + b'"'
            put(token, put_text)
        elif (token.kind == "string" and before.text in (b"def", b"void") and after.text == b"(") or (
            token.kind == "string" and before.text in (b".", b"?.", b"*.")
        ):
            put(token, b"Q_" + b"_" * (len(token.text) - 2))
        elif token.kind == "string":
            plain = _plain_string(token.text)
            if b"${" in plain and before.text not in (b".", b"?.", b"def") and after.text not in (b":", b"("):
                plain = _joined(plain)
            put(token, plain)
        elif token.kind == "operator":
            if token.text == b"{":
                j = i + 1
                while j < len(code) and (
                    code[j].kind in ("name", "number", "string") or code[j].text in _PARAMETER_TOKENS
                ):
                    j += 1
                if j < len(code) and code[j].text == b"->":
                    for t in code[i + 1 : j + 1]:
                        blank(t)
                    skip = j + 1
            elif token.text == b"(" and before.kind in ("name", "string") and i > 1:
                end = _method_head(code, i)
                if end and not any(t.text in (b"=", b"@", b"{", b":") for t in code[i:end]):
                    for t in code[i + 1 : end]:
                        blank(t)
                    skip = end
            elif token.text in _SWAPPED:
                put(token, _SWAPPED[token.text])
            elif (token.text == b"*" and before.text in (b"(", b",", b"[")) or (
                token.text == b":" and before.text == b"[" and after.text == b"]"
            ):
                blank(token)
        elif token.kind == "number" and token.text[-1:] in b"GgIi":
            put(token, token.text[:-1] + b"0")
        elif token.kind == "name":
            if token.text == b"_":
                put(token, b"x")
            elif token.text in _RENAMED and not (after.text == b":" and id(token) in newline_before):
                put(token, token.text[:-1] + token.text[-1:].upper())
            elif token.text == b"def" and (
                after.text in _MODIFIERS
                or after.text in _TYPE_WORDS
                or (after.text[:1].isupper() and later.kind in ("name", "string") and id(later) not in newline_before)
                or (after.text[:1].isupper() and later.text == b"[" and id(later) not in newline_before)
            ):
                blank(token)
            elif token.text == b"assert":
                j, depth = i + 1, 0
                while j < len(code) and id(code[j]) not in newline_before:
                    depth += (code[j].text in (b"(", b"[", b"{")) - (code[j].text in (b")", b"]", b"}"))
                    if depth < 0:
                        break
                    if not depth and code[j].text == b",":
                        put(code[j], b":")
                        break
                    j += 1
            elif (token.text == b"as" and before.kind != "operator") or (
                token.text == b"as" and before.text in (b")", b"]", b"}")
            ):
                if after.kind == "name" and not _in_import(code, i):
                    j = i + 1
                    while j + 2 < len(code) and code[j + 1].text == b"." and code[j + 2].kind == "name":
                        j += 2
                    depth = 0
                    k = j + 1
                    if k < len(code) and code[k].text == b"<":
                        while k < len(code):
                            depth += (code[k].text == b"<") - (code[k].text == b">")
                            k += 1
                            if not depth:
                                break
                        j = k - 1
                    while j + 2 < len(code) and code[j + 1].text == b"[" and code[j + 2].text == b"]":
                        j += 2
                    for t in code[i : j + 1]:
                        blank(t)
                    skip = j + 1
            elif (
                token.text in (b"trait",)
                and after.kind == "name"
                and later.text in (b"{", b"implements", b"extends", b"<")
            ):
                put(token, b"class")
            elif (
                token.text in _MODIFIERS
                and before.text != b"."
                and after.kind in ("name", "string")
                and (later.text in (b"=", b"(") or (later is none or id(later) in newline_before))
                and after.text not in _MODIFIERS
                and after.text not in (b"class", b"def", b"void", b"interface", b"enum")
                and (id(after) not in newline_before)
            ):
                if not (later.text == b"(" and after.text[:1].isupper()):
                    if any(t.text == b"def" for t in code[max(i - 3, 0) : i]):
                        blank(token)
                    else:
                        put(token, b"def")
                    if after.kind == "string" and later.text == b"(":
                        put(after, b"Q_" + b"_" * (len(after.text) - 2))
            elif (
                after.text == b":"
                and id(token) in newline_before
                and before.text not in (b"?", b"[", b"(", b",")
                and token.text not in (b"default", b"case")
                and (later is none or id(later) in newline_before or later.kind == "string")
            ):
                blank(token)
                blank(after)


_PARAMETER_TOKENS = frozenset(b", . < > [ ] ? ... >> =".split())
_NO_ARGUMENTS = frozenset(b"in instanceof as extends implements".split())
_NO_NAMES = _HEADS | frozenset(b"return new assert in instanceof throw else".split())
_RENAMED = frozenset(
    b"module open requires exports opens uses provides with to yield record transitive permits sealed when".split()
)
_TYPE_WORDS = frozenset(b"def void int long boolean byte char short float double".split())


def _method_head(code: list[_Token], i: int) -> int:
    """Where the parameters that open there end, if they are a method's."""
    kind = code[i - 2]
    if code[i - 1].text in _NO_NAMES or code[i - 1].start > kind.end + 40:
        return 0
    if not (
        kind.text in _TYPE_WORDS or kind.text in _MODIFIERS or kind.text in (b">", b"]") or kind.text[:1].isupper()
    ):
        return 0
    depth = 0
    for j in range(i, len(code)):
        depth += (code[j].text == b"(") - (code[j].text == b")")
        if not depth:
            return j if j + 1 < len(code) and code[j + 1].text in (b"{", b"throws") else 0
    return 0


def _plain_string(text: bytes) -> bytes:
    """A string literal of the same length that any grammar knows; the code in it stays."""
    n = 3 if text[:3] in (b'"""', b"'''") and len(text) >= 6 else 1
    if len(text) < 2 * n:
        return text
    inside = text[n:-n]
    if text[:1] == b'"' and b"${" in inside:
        parts = []
        at = 0
        while at < len(inside):
            start = inside.find(b"${", at)
            if start < 0:
                break
            end = start + 1
            depth = 0
            while end < len(inside):
                c = inside[end : end + 1]
                if c in (b'"', b"'"):
                    end = _string_end(inside, end)
                    continue
                depth += (c == b"{") - (c == b"}")
                end += 1
                if not depth:
                    break
            parts += [re.sub(rb"[^\r\n]", b"_", inside[at:start]), inside[start:end]]
            at = end
        inside = b"".join(parts) + re.sub(rb"[^\r\n]", b"_", inside[at:])
    else:
        inside = re.sub(rb"[^\r\n]", b"_", inside)
    return b'"' * n + inside + b'"' * n


_INTERPOLATION = re.compile(rb"\$\{([^{}\"'\r\n]*\([^{}\"'\r\n]*\))\}")


def _joined(text: bytes) -> bytes:
    """A string of one line with its interpolated calls taken out of the quotes and added to it."""
    if b"\n" in text or text[:3] == b'"""' or text[:1] != b'"':
        return text
    out = bytearray(text)
    for match in _INTERPOLATION.finditer(text):
        if match.end() >= len(text):
            continue
        inside = match.group(1).replace(b"?.", b" .").replace(b"*.", b" .").replace(b"?:", b"||")
        out[match.start() : match.start() + 2] = b'"+'
        out[match.start(1) : match.end(1)] = inside
        if match.end() == len(text) - 1:
            out[match.end() - 1 : match.end() + 1] = b"  "
        elif text[match.end() : match.end() + 1] == b"$":
            return text
        else:
            out[match.end() - 1 : match.end() + 1] = b'+"'
    return bytes(out)


_KEYWORDS = frozenset(
    b"if else for while do switch case default try catch finally return throw new class interface enum trait import "
    b"package assert def void int long boolean byte char short float double public private protected static final "
    b"abstract synchronized transient volatile native break continue instanceof in as extends implements throws this "
    b"super true false null".split()
)


def _in_import(code: list[_Token], i: int) -> bool:
    while i > 0 and code[i].kind != "newline":
        if code[i].text == b"import":
            return True
        if code[i].text in (b";", b"=", b"(", b"{"):
            return False
        i -= 1
    return False


def _end_statements(data: bytes, out: bytearray, tokens: list[_Token]) -> None:
    stack: list[tuple[bytes, bytes]] = []
    head_closed = False  # the last token closes the header of an if, for, while …
    annotation_closed = False
    code = [t for t in tokens if t.kind not in ("space", "comment")]
    last: _Token | None = None
    in_annotation = False
    commands: list[tuple[int, int]] = []  # the depths at which commands without parentheses are open
    for i, token in enumerate(code):
        if (
            commands
            and len(stack) == commands[-1][0]
            and (token.text in (b";",) or (token.text == b"}" and stack and stack[-1][0] == b"{"))
        ):
            commands.pop()
            if out[last.end] in b" \t":
                out[last.end] = 41
            elif token.text == b";":
                out[token.start] = 41
            else:
                _close_within(out, last)
        if token.kind == "name" and _starts_statement(
            last, code, i, stack, head_closed, annotation_closed, in_annotation
        ):
            space = _command(code, i)
            if space is not None:
                out[space] = 40
                commands.append((len(stack), space))
        if token.kind == "newline":
            if last is None or (stack and stack[-1][0] != b"{"):
                continue
            j = i + 1
            while j < len(code) and code[j].kind == "newline":
                j += 1
            after = code[j] if j < len(code) else None
            if code[i - 1].kind == "newline":
                continue
            if last.kind == "operator" and last.text in _CONTINUES_AFTER:
                continue
            if last.kind == "name" and last.text in _WORDS_AFTER:
                continue
            if head_closed or in_annotation or annotation_closed:
                continue
            if after is None:
                if commands and commands[-1][0] == len(stack) and last.end < len(out) and out[last.end] in b" \t\r\n":
                    out[last.end] = 41
                continue
            if after.kind == "operator" and after.text in _CONTINUES_BEFORE:
                if after.text in (b".", b"?.", b"*.") and b"/" not in data[last.end : after.start]:
                    out[last.end : after.start] = b" " * (after.start - last.end)
                if not (after.text == b"}" or (after.text == b"{" and last.text in (b"}",))):
                    continue
            if after.kind == "name" and after.text in _WORDS_BEFORE:
                continue
            at = last.end
            if commands and commands[-1][0] == len(stack):
                _, space = commands.pop()
                if not out[at : at + 1].strip():
                    if (
                        last.text == b"}"
                        and _free_place(data, at + 1, after.start) < 0
                        and out[space + 1 : space + 2].isalpha()
                    ):
                        out[space] = 46
                    elif not (_free_place(data, at + 1, after.start) < 0 and _close_within(out, last)):
                        out[at] = 41
                        at = max(at + 1, _free_place(data, at + 1, after.start))
                else:
                    at = _free_place(data, at, after.start)
                    if at >= 0:
                        out[at] = 41
                        at += 1
                if at < 0 or at >= after.start:
                    continue
            if out[at : at + 1].strip():  # a comment stands there
                at = _free_place(data, at, after.start)
            if at >= 0:
                out[at] = 59
            continue
        text = token.text
        if token.kind == "operator" and text in (b"(", b"[", b"{"):
            opener = b""
            if text == b"(" and last is not None and last.kind == "name":
                if last.text in _HEADS:
                    opener = b"head"
                elif in_annotation or (annotation_closed and last.end == token.start):
                    opener = b"annotation"
            stack.append((text, opener))
            head_closed = annotation_closed = in_annotation = False
        elif token.kind == "operator" and text in (b")", b"]", b"}"):
            opener = b""
            if (
                text == b"}"
                and last is not None
                and last.text not in (b"{", b";", b"}", b"->")
                and code[i - 1] is last
                and stack
                and stack[-1][0] == b"{"
                and last.end < token.start
                and out[last.end] in b" \t"
            ):
                out[last.end] = 59
            if stack:
                opener = stack.pop()[1]
            head_closed = opener == b"head"
            annotation_closed = opener == b"annotation"
            in_annotation = False
        elif text == b"@":
            in_annotation, head_closed, annotation_closed = True, False, False
        elif in_annotation and last is not None and last.text in (b"@", b".") and token.kind == "name":
            in_annotation = text != b"interface"
        elif in_annotation and text == b".":
            pass
        else:
            head_closed = annotation_closed = in_annotation = False
        last = token


def _close_within(out: bytearray, last: _Token) -> bool:
    """Puts a closing parenthesis on the last byte of a token, where no blank follows it."""
    if last.end - last.start < 3:
        return False
    if last.kind == "string" and out[last.end - 3 : last.end] != b'"""':
        out[last.end - 2 : last.end] = b'")'
        return True
    if last.kind in ("name", "number"):
        out[last.end - 1] = 41
        return True
    return False


def _starts_statement(
    last: _Token | None,
    code: list[_Token],
    i: int,
    stack: list[tuple[bytes, bytes]],
    head_closed: bool,
    annotation_closed: bool,
    in_annotation: bool,
) -> bool:
    if in_annotation or annotation_closed:
        return False
    if stack and stack[-1][0] != b"{":
        return False
    before = code[i - 1] if i else None
    if before is None or last is None:
        return True
    if before.text in (b";", b"else", b"=", b"return") or head_closed:
        return True
    if before.text in (b"{", b"}", b"->"):
        return before.text != b"}"
    if before.kind == "newline":
        if last.text in (b"}", b"{", b";", b"->", b")"):
            return True
        return last.text not in (_CONTINUES_AFTER if last.kind == "operator" else _WORDS_AFTER)
    return False


def _command(code: list[_Token], i: int) -> int | None:
    """The place of the blank after the callee, if a command without parentheses begins there."""
    j = i
    if code[i].text in _KEYWORDS and code[i].text not in (b"this", b"super"):
        return None
    while j + 2 < len(code) and code[j + 1].text in (b".", b"?.") and code[j + 2].kind == "name":
        j += 2
    name = code[j]
    if j + 2 >= len(code) or (j == i and name.text in _KEYWORDS):
        return None
    after = code[j + 1]
    if after.start == name.end:
        return None
    if after.kind in ("string", "slashy", "number"):
        return name.end
    if after.text == b"[" and code[j + 2].start == after.end:
        return name.end
    if after.kind == "name" and after.text not in _NO_ARGUMENTS and not name.text[:1].isupper():
        return name.end
    return None


def _free_place(data: bytes, at: int, end: int) -> int:
    """A blank between the comments from there to the next token, or -1."""
    i = at
    while i < end:
        if data.startswith(b"//", i):
            while i < end and data[i] not in b"\r\n":
                i += 1
            i += 2 if data[i : i + 2] == b"\r\n" else 1
        elif data.startswith(b"/*", i):
            i = data.find(b"*/", i) + 2
        elif data[i] in b" \t\r\n":
            return i
        else:
            return -1
    return -1
