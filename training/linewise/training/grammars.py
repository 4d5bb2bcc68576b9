"""The tree-sitter grammars: which wheel and function holds each dialect, loaded when first asked for.

The wheels are pinned in the ``train`` extra: node names change between releases, and the query files are
written against exactly these.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache

from tree_sitter import Language


class GrammarError(RuntimeError):
    """A grammar that cannot be loaded; the message names it and the command that brings it."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One grammar in which a language's files may be written, and the query files that label its trees."""

    name: str
    module: str
    """The wheel's import name."""
    queries: tuple[str, ...]
    """Stems of the files in ``queries/``, concatenated in this order."""
    function: str = "language"
    """The function of the module that gives the grammar."""
    extensions: tuple[str, ...] = ()
    """File name extensions for which this dialect is tried first."""


@cache
def load_grammar(module: str, function: str = "language") -> Language:
    """The grammar that a wheel holds.

    Args:
        module: the wheel's import name, such as ``tree_sitter_python``.
        function: the function of it that gives the grammar.

    Raises:
        GrammarError: the wheel is not installed or has no such function.
    """
    try:
        return Language(getattr(importlib.import_module(module), function)())
    except ImportError as error:
        raise GrammarError(f'{module} is not installed; run: pip install "linewise[train]"') from error
    except AttributeError as error:
        raise GrammarError(f'{module} has no {function}(); run: pip install "linewise[train]"') from error
