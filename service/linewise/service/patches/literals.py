r"""What of a line is left when its string literals are taken out, and where its comments begin and end.

Not a parser: for lines of which the labels have said already that they hold strings, or that they are comments.
Whatever is unusual is answered with None or with "not alike", and the verdict is then `code`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 5_000
# Where one quote is no string: Rust's lifetimes.
_DOUBLE_ONLY = frozenset(("rust",))
# Where a backtick runs no command.
_BACKTICK = frozenset(("go", "javascript", "typescript", "kotlin", "scala", "swift"))
# Where a slash may begin a regular expression, in which a quote is no quote.
_SLASH_MAY_QUOTE = frozenset(("javascript", "typescript", "ruby", "bash"))
# Literals in which a backslash escapes nothing, or whose delimiter is longer than a quote.
_RAW = re.compile(rb"""@\$?"|\$@"|\bR"|\br#*"|#"|\[=*\[|<<|%[qQwWiIrxs]?[\[({|!/]""")
_INTERPOLATED = re.compile(rb"[{$]|#@|\\\(")
_LITERAL = re.compile(rb"""(?s)"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`""")
_DOUBLE_LITERAL = re.compile(rb'(?s)"(?:[^"\\]|\\.)*"')


def skeleton(line: bytes, language: str) -> bytes | None:
    """The line with its plain string literals emptied, so that lines that differ in nothing else are the same.

    Literals that may hold code (`"${f(x)}"`) stay as they are. None where the line has no literal, or where it is not
    sure which of it is one.
    """
    if len(line) > LONGEST or _RAW.search(line):
        return None
    pattern = _DOUBLE_LITERAL if language in _DOUBLE_ONLY else _LITERAL
    emptied, count = pattern.subn(_emptied, line)
    if not count:
        return None
    rest = pattern.sub(b"", line)
    quotes = b'"' if language in _DOUBLE_ONLY else b"\"'`"
    if any(quote in quotes for quote in rest) or (b"`" in line and language not in _BACKTICK):
        return None
    if language in _SLASH_MAY_QUOTE and b"/" in rest:
        return None
    return emptied


def _emptied(literal: re.Match[bytes]) -> bytes:
    return literal[0] if _INTERPOLATED.search(literal[0]) else literal[0][:1] * 2


_SLASHES = re.compile(rb"//|/\*|\*/")
_TRIPLE = re.compile(rb'"""' + rb"|'''")
_RUBY = re.compile(rb"(?m)^=(?:begin|end)\b")
_LUA = re.compile(rb"--\[=*\[|\]=*\]")
_OUTSIDE, _INSIDE = "outside", "inside"


def leaves_alike(old: Iterable[bytes], new: Iterable[bytes], language: str, comment_above: bytes | None = None) -> bool:
    """Whether what follows is in a comment or docstring after the new lines exactly if it was so after the old ones.

    The lines are those that a change removes and adds at one place. Whether they begin inside of a comment, the first
    delimiter in them tells, and the line above them where that is a comment.
    """
    before, after = b"".join(line + b"\n" for line in old), b"".join(line + b"\n" for line in new)
    if language in ("python", "kotlin", "scala", "swift") and not _triples_alike(before, after):
        return False
    if language in ("python", "bash"):
        return True
    if language == "ruby":
        return _RUBY.findall(before) == _RUBY.findall(after)
    if language == "lua":
        return _balance(_LUA.findall(before), b"--") == _balance(_LUA.findall(after), b"--")
    starts = {_start(text) for text in (before, after)} - {None}
    if comment_above is not None and starts:
        starts |= {_end(comment_above)} - {None}
    if len(starts) > 1:
        return False
    start = next(iter(starts), _OUTSIDE)
    assert start is not None
    return _state_after(before, start) == _state_after(after, start)


def _triples_alike(before: bytes, after: bytes) -> bool:
    counts = [[text.count(quotes) % 2 for quotes in (b'"""', b"'''")] for text in (before, after)]
    return counts[0] == counts[1]


def _balance(delimiters: list[bytes], opener: bytes) -> tuple[int, bool]:
    opening = [delimiter.startswith(opener) for delimiter in delimiters]
    return sum(1 if opens else -1 for opens in opening), bool(opening) and not opening[0]


def _start(text: bytes) -> str | None:
    """Where a text begins by its first delimiter: inside a comment if it closes one; None without delimiters."""
    first = _SLASHES.search(text)
    while first is not None and first[0] == b"//":
        line_end = text.find(b"\n", first.end())
        # Within a comment of several lines `//` means nothing, and the comment may be closed on the same line.
        if b"*/" in text[first.end() : line_end] and b"/*" not in text[first.end() : line_end]:
            return _INSIDE
        first = _SLASHES.search(text, line_end)
    if first is None:
        return None
    return _INSIDE if first[0] == b"*/" else _OUTSIDE


def _end(comment: bytes) -> str | None:
    """Where a line ends that is a comment and nothing else; None where that is not sure."""
    text = comment.strip()
    if text.startswith((b"//", b"#", b"--")):
        return None
    return _OUTSIDE if text.endswith(b"*/") else _INSIDE


def _state_after(text: bytes, state: str) -> str:
    at = 0
    while match := _SLASHES.search(text, at):
        at = match.end()
        if state == _INSIDE:
            state = _OUTSIDE if match[0] == b"*/" else _INSIDE
        elif match[0] == b"//":
            at = text.find(b"\n", at)
        elif match[0] == b"/*":
            state = _INSIDE
    return state
