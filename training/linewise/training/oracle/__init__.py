"""The oracle: the true labels of every line of a whole file, read off its syntax tree.

Each language has a tree-sitter query file in ``queries/`` (``queries/README.md`` states its vocabulary) and
an entry of plain data in ``profiles``. Everything else is the same for all: ``captures`` runs the query,
``surface`` says which characters are comment, string or code, ``bindings`` tells a first binding from a
later one, ``damage`` masks what the parser could not read, ``labelling`` puts them together, ``rules`` checks
the result.
"""

from .errors import OracleError
from .labelling import Truth, label_file
from .rules import Violation, violations

__all__ = ["OracleError", "Truth", "Violation", "label_file", "violations"]
