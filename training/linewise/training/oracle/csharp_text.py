"""A text of C# as its grammar would like to see it: without the directives that stand where it expects none."""

from __future__ import annotations

import re

from .conditional_blocks import Token, blank_out, without_torn_blocks
from .mended import Mended

_LEXEME = re.compile(
    rb"""(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<directive>^(?:\xef\xbb\xbf)?[ \t]*\#[^\r\n]*)
    |(?P<string>\$*(?P<quotes>"{3,}).*?(?P=quotes)|(?:\$@|@\$?)"(?:""|[^"])*"?|\$?"(?:\\.|[^"\\\n])*"?
        |'(?:\\.|[^'\\\n])*'?)
    |(?P<word>@?[A-Za-z_]\w*|\.?\d[\w.]*)
    |(?P<sign>::|->|=>|&&|\|\||[=!<>]=|[^\s\w])""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_CONDITION = re.compile(rb"[ \t]*#[ \t]*(?:if|elif|else|endif)\b")
_WITH_COMMENT = re.compile(rb"[ \t]*#[ \t]*pragma\b[^/]*")


def mend(data: bytes) -> Mended:
    """Take the directives out of a text of C#, and of branches that exclude each other all but one."""
    source = bytearray(data)
    tokens = []
    directives: list[tuple[int, int]] = []
    for match in _LEXEME.finditer(data):
        if match.lastgroup == "comment":
            continue
        if match.lastgroup == "directive" and not _CONDITION.match(match[0]):
            pragma = _WITH_COMMENT.match(match[0])
            end = match.start() + pragma.end() if pragma else match.end()
            blank_out(source, match.start(), end)
            directives.append((match.start(), end))
            continue
        tokens.append(Token(match.lastgroup or "sign", match[0], match.start(), match.end()))
    taken_out, lost, _ = without_torn_blocks(tokens, source, whole_too=True)
    return Mended(bytes(source), bare=(*directives, *taken_out), lost=tuple(lost))
