"""Which lines of a text begin inside a comment or string that opened above them, as a parser sees it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from linewise.features.lines import split_lines

from .captures import capture
from .labelling import parsed
from .profiles import profile_of

_LITERALS = ("comment", "documentation", "string", "docstring")


def interiors_of(data: bytes, language: str) -> NDArray[np.bool_]:
    """Whether each line begins inside a literal of the line before, bool of shape (n_lines,).

    Args:
        data: the file's bytes.
        language: the name of its language, whose first dialect is taken.

    Raises:
        OracleError: the language has no query file.
    """
    profile = profile_of(language)
    captures = capture(parsed(data, profile.dialects[0], profile), profile.dialects[0])
    starts = split_lines(data).starts
    inside = np.zeros(len(starts), dtype=np.bool_)
    for name in _LITERALS:
        spans = captures[name]
        inside |= spans.contain(starts) & ~np.isin(starts, spans.starts)
    return inside
