"""Shell text that the grammar of Bash chokes on, put in words it knows.

Patterns, regular expressions and escaped operators are one word each to the shell, and no label depends on what
is in them. So their special characters become letters, each in its place; quoted parts and expansions stay.
"""

from __future__ import annotations

import re

from .mended import Mended

_QUOTED = rb"""'[^'\n]*'|"(?:[^"\\\n$`]|\\.|\$(?![({]))*"|\$\{\w+\}|\$\w+"""
_KEPT = re.compile(rb"(%s)|(.)" % _QUOTED, re.DOTALL)
_COMPARED = re.compile(
    rb"(?<=\s)(=~|==?|!=)([ \t]+)((?:%s|\\.|[^\s'\"$`;\\]|\$(?=[\s)|]))+)(?=[ \t]+(?:\]\]|&&|\|\|))" % _QUOTED
)
_EXTENDED = re.compile(rb"[?*+@!]\((?:%s|\\.|[^\s()'\"$`;&\\])*\)" % _QUOTED)
_NEGATED_SET = re.compile(rb"\[[!^][^]\[\s'\"$()]*\](?=[^\s()]*\))")
_STAR_AT_QUOTE = re.compile(rb"\*(?=[\"'])|(?<=[\"'])\*")
_PATTERN_EXPANSION = re.compile(
    rb"(\$\{!?\w+(?:\[[^]\n]*\])?(?:##?|%%?|//?[#%]?))((?:'[^'\n]*'|\\.|[^}\s'\"$`\\])++)(?=\})"
)
_OFFSET = re.compile(rb"(\$\{[\w@]+(?:\[[^]\n]*\])?:)\$(?:#|(?=\w))")
_PARENTHESIS = re.compile(rb"(?<=\s)\\[()](?=\s)")
_ORDER = re.compile(rb"(?<=\s)\\[<>](?=\s)")
_BASE = re.compile(rb"\b\d+#0*(?=\$)")
_QUALIFIED = re.compile(rb"(?<=\w)::(?=\w)")
_DEPTH = 4
"""How deeply patterns nest in each other, at most."""


def mend(data: bytes) -> Mended:
    """The text with its patterns made plain words: of the same length, every line break in its place."""
    source = _COMPARED.sub(_compared, data)
    for _ in range(_DEPTH):
        plainer = _EXTENDED.sub(lambda found: _plain(found.group()), source)
        if plainer == source:
            break
        source = plainer
    source = _PATTERN_EXPANSION.sub(lambda found: found.group(1) + re.sub(rb"[^/\w.]", b"x", found.group(2)), source)
    for pattern in (_NEGATED_SET, _STAR_AT_QUOTE):
        source = pattern.sub(lambda found: re.sub(rb"[^\s\w]", b"x", found.group()), source)
    source = _OFFSET.sub(lambda found: found.group(1) + b"x" * (found.end() - found.end(1)), source)
    source = _PARENTHESIS.sub(b"  ", source)
    source = _ORDER.sub(b" =", source)
    source = _BASE.sub(lambda found: b" " * len(found.group()), source)
    return Mended(_QUALIFIED.sub(b"__", source))


def _compared(found: re.Match[bytes]) -> bytes:
    operator, space, pattern = found.groups()
    # The end of `((i == n)) && …` is no pattern's.
    return found.group() if pattern.count(b")") > pattern.count(b"(") else operator + space + _plain(pattern)


def _plain(word: bytes) -> bytes:
    """A word whose special characters are letters, what is quoted or expanded in it left as it is."""
    return _KEPT.sub(lambda found: found.group(1) or _letter(found.group(2)), word)


def _letter(byte: bytes) -> bytes:
    return byte if byte.isalnum() or byte in b"_-./,:%@~" else b"x"
