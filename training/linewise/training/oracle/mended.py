"""A text that was changed so that its grammar can read it, and what the change leaves to be said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .captures import Captures, sorted_spans

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mended:
    """A text that parses better than the one it was made from; byte ranges are ``[start, end)``.

    ``source`` is as long as the original. ``directives`` are the preprocessor directives that it lacks,
    their comments left out, ``bare`` those among which no string or call is to be looked for; ``lost`` is
    whatever else of the program it lacks: nothing can be said of those lines.
    """

    source: bytes
    directives: tuple[Range, ...] = ()
    lost: tuple[Range, ...] = ()
    bare: tuple[Range, ...] = ()

    def add_to(self, captures: Captures) -> Captures:
        """The captures of the changed text's tree, and its missing directives."""
        added = {}
        for name, ranges in (("preprocessor", self.directives + self.bare), ("macro_text", self.directives)):
            if ranges:
                known = captures[name]
                starts, ends = np.array(ranges, dtype=np.int64).T
                added[name] = sorted_spans(np.concatenate((known.starts, starts)), np.concatenate((known.ends, ends)))
        return Captures({**captures.spans, **added}, captures.complete)
