"""What the oracle must know of a language besides its query file."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..grammars import Dialect
from .mended import Mended

SLASHED_DOCUMENTATION = rb"/\*\*(?!/)|/\*!|///(?!/)|//!"
"""The documentation comments of the C family, by form alone; `/**/` and `////…` are plain comments."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The data of one language."""

    language: str
    dialects: tuple[Dialect, ...]
    """In the order in which they are tried; a later one counts only where it leaves fewer lines unknown."""
    containers: frozenset[str]
    """Node types that merely hold definitions: damage inside masks one of their children, not all of them."""
    documentation: re.Pattern[bytes] | None = None
    """Matched where a comment begins: is it documentation?"""
    one_line: frozenset[str] = frozenset()
    """Node types whose parts no bare line break may part: one that does is as good as an ERROR."""
    free_names_are_global: bool = False
    """A name that is bound without being declared belongs to the whole file, wherever that happens."""
    mend: Callable[[bytes], Mended] | None = None
    """Changes a text that does not parse; counts where it leaves fewer lines unknown."""
    prepare: Callable[[bytes], bytes] | None = None
    """Rewrites a text before it is parsed, its length kept (a line break may become a space): say, to take out the
    macros that the grammar chokes on."""
    telling: re.Pattern[bytes] | None = None
    """Matches the tokens by which a construct shows in a tree that the grammar keeps as loose tokens: where such
    a tree, captured as ``@embedded``, cannot be parsed on its own either, its lines are unknown."""
