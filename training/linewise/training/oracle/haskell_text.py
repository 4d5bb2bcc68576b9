"""Haskell rewritten for its grammar, every byte keeping its place.

The grammar takes whole runs of line comments for one, leaves out what `#else` begins, and loses Haddock's
continuation lines where they are indented.
"""

from __future__ import annotations

import re

_DOCUMENTATION = re.compile(
    rb"^((?:(?!--)[^\n\"]|\"(?:[^\"\\\n]|\\.)*+\")*?(?<![^\s(\[{,]))(-- +[|^][^\n]*(?:\n[ \t]*--(?!-)[^\n]*)*)",
    re.MULTILINE,
)
_ELSE = re.compile(rb"^(#[ \t]*)(else|elif)\b", re.MULTILINE)


def _as_block(match: re.Match[bytes]) -> bytes:
    text = match.group(2)
    if len(text) < len(b"{-|-}") or b"{-" in text or b"-}" in text:
        return match.group()
    return match.group(1) + b"{-|" + re.sub(rb"[^\s]", b"x", text[3:-2]) + b"-}"


def prepare_haskell(data: bytes) -> bytes:
    """Haskell with its documentation as block comments, and with a further `#if` for each `#else` and `#elif`."""
    data = _DOCUMENTATION.sub(_as_block, data)
    return _ELSE.sub(lambda match: match.group(1) + (b"if 1" if match.group(2) == b"else" else b"if  "), data)
