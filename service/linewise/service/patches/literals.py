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
# Where it makes no difference which quotes a plain literal has.
_EITHER_QUOTE = frozenset(("javascript", "typescript", "python", "lua"))
# Where a backtick runs a command.
_BACKTICK_RUNS = frozenset(("bash", "php", "ruby"))
# Where a backtick is a quote, or one of a name.
_BACKTICK_QUOTES = frozenset(("go", "javascript", "typescript", "kotlin", "scala", "swift"))
# Where a slash may begin a regular expression, in which a quote is no quote.
_SLASH_MAY_QUOTE = frozenset(("javascript", "typescript", "ruby", "bash"))
_SLASH_OF_MARK_UP = re.compile(rb"</|/>| / ")
# Literals in which a backslash escapes nothing, or whose delimiter is longer than a quote.
_RAW_OF = {
    "bash": rb"<<",
    "cpp": rb'\bR"|\w8?R"',
    "csharp": rb'@\$?"|\$@"|"""',
    "java": rb'"""',
    "kotlin": rb'"""',
    "lua": rb"\[=*\[",
    "php": rb"<<<",
    "ruby": rb"<<|%[qQwWiIrxs]?[\[({|!/]",
    "rust": rb'\br#*"|#"',
    "scala": rb'"""',
    "swift": rb'#"|"""',
}
_RAW = {language: re.compile(pattern) for language, pattern in _RAW_OF.items()}
# What is code within a literal, and what tells that there is more of it than these patterns read.
_BRACES = (rb"\{[^{}]*\}", rb"[{}]")
_DOLLARS = (rb"\$\{[^{}]*\}|\{\$[^{}]*\}|\$[\w@*#?!](?:\w|->\w|\[[^\]]*\])*", rb"\$[({]|`|\{\$")
_CODE_WITHIN_OF = {
    "bash": _DOLLARS,
    "csharp": _BRACES,
    "javascript": (rb"\$\{[^{}]*\}", rb"\$\{"),
    "kotlin": _DOLLARS,
    "php": _DOLLARS,
    "python": _BRACES,
    "ruby": (rb"#\{[^{}]*\}|#@\w+", rb"#\{"),
    "rust": _BRACES,
    "scala": _DOLLARS,
    "swift": (rb"\\\([^()]*\)", rb"\\\("),
    "typescript": (rb"\$\{[^{}]*\}", rb"\$\{"),
}
_CODE_WITHIN = {
    language: (re.compile(pattern), re.compile(more)) for language, (pattern, more) in _CODE_WITHIN_OF.items()
}
_LITERAL = re.compile(rb"""(?s)"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`""")
_PLAIN_LITERAL = re.compile(rb"""(?s)"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""")
_DOUBLE_LITERAL = re.compile(rb'(?s)"(?:[^"\\]|\\.)*"')
_COMMENT_MARKS = {"python": (b"#",), "ruby": (b"#",), "bash": (b"#",), "lua": (b"--",), "php": (b"#", b"//", b"/*")}
_SLASHED = (b"//", b"/*")


def skeleton(line: bytes, language: str) -> bytes | None:
    """The line with its string literals emptied, so that lines that differ in nothing else are the same.

    What is code within a literal (`"${f(x)}"`) stays. None where the line has no literal, or where it is not sure which
    of it is one.
    """
    raw = _RAW.get(language)
    if len(line) > LONGEST or (raw is not None and raw.search(line)):
        return None
    if b"`" in line and language in _BACKTICK_RUNS:
        return None
    pattern, quotes = _PLAIN_LITERAL, b"\"'"
    if language in _DOUBLE_ONLY:
        pattern, quotes = _DOUBLE_LITERAL, b'"'
    elif language in _BACKTICK_QUOTES:
        pattern, quotes = _LITERAL, b"\"'`"
    emptied, count = pattern.subn(lambda literal: _emptied(literal[0], language), line)
    rest = pattern.sub(b"", line)
    if not count or any(quote in quotes for quote in rest):
        return None
    if any(mark in rest for mark in _COMMENT_MARKS.get(language, _SLASHED)):
        return None
    if language in _SLASH_MAY_QUOTE and b"/" in _SLASH_OF_MARK_UP.sub(b"", rest):
        return None
    return emptied


def is_requoted(old: bytes, new: bytes, language: str) -> bool:
    """Whether two lines differ in nothing but which quotes they use, where that makes no difference."""
    return language in _EITHER_QUOTE and old.replace(b"'", b'"') == new.replace(b"'", b'"')


def _emptied(literal: bytes, language: str) -> bytes:
    quote = literal[:1]
    if quote == b"'" and language in _EITHER_QUOTE:
        quote = b'"'
    within, more = _CODE_WITHIN.get(language, (None, None))
    if within is None or more is None or (language in ("javascript", "typescript") and quote != b"`"):
        return quote * 2
    if more.search(within.sub(b"", literal)):
        return literal
    return quote + b"\n".join(within.findall(literal)) + quote


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
