"""Label expressions: ``call & in_loop & !comment``.

``!`` binds closest, then ``&``, then ``|``; brackets group. ``not``, ``and`` and ``or`` are the same in words. An
expression becomes a small tree, which is evaluated over all lines of a text at once.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import LABEL_NAMES, mask_of

Masks = NDArray[np.uint32]
Selected = NDArray[np.bool_]

_TOKEN = re.compile(r"\s*(?:(\w+)|(&&?|\|\|?|[!()])|(\S))")
# There are 27 labels. Far longer expressions would exhaust the stack.
_MAX_TOKENS = 100
_WORDS = {"not": "!", "and": "&", "or": "|"}


class LabelExpressionError(ValueError):
    """An expression that cannot be understood; the message shows where."""

    def __init__(self, expression: str, position: int, problem: str) -> None:
        super().__init__(f"{problem} at column {position + 1}:\n  {expression}\n  {' ' * position}^")
        self.position = position


class LabelExpression(Protocol):
    """Which lines are meant, by their labels."""

    def select(self, masks: Masks) -> Selected:
        """Which of some lines are meant; both of shape (n_lines,)."""


@dataclass(frozen=True, slots=True)
class Has:
    """Lines with one label."""

    name: str

    def select(self, masks: Masks) -> Selected:
        """Which of some lines have the label."""
        return (masks & np.uint32(mask_of([self.name]))).astype(np.bool_)


@dataclass(frozen=True, slots=True)
class Not:
    """Lines that another expression does not mean."""

    inner: LabelExpression

    def select(self, masks: Masks) -> Selected:
        """Which of some lines the inner expression leaves out."""
        return ~self.inner.select(masks)


@dataclass(frozen=True, slots=True)
class And:
    """Lines that both of two expressions mean."""

    left: LabelExpression
    right: LabelExpression

    def select(self, masks: Masks) -> Selected:
        """Which of some lines both mean."""
        return self.left.select(masks) & self.right.select(masks)


@dataclass(frozen=True, slots=True)
class Or:
    """Lines that at least one of two expressions means."""

    left: LabelExpression
    right: LabelExpression

    def select(self, masks: Masks) -> Selected:
        """Which of some lines any of the two means."""
        return self.left.select(masks) | self.right.select(masks)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    position: int
    is_name: bool = False


def parse_expression(expression: str) -> LabelExpression:
    """The tree of an expression; raises LabelExpressionError naming the column."""
    parser = _Parser(expression)
    tree = parser.parse_or()
    parser.expect_end()
    return tree


class _Parser:
    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._tokens = list(_tokens(expression))
        if len(self._tokens) > _MAX_TOKENS:
            position = self._tokens[_MAX_TOKENS].position
            raise LabelExpressionError(expression, position, f"more than {_MAX_TOKENS} labels and operators")
        self._at = 0

    def parse_or(self) -> LabelExpression:
        tree = self._parse_and()
        while self._take("|"):
            tree = Or(tree, self._parse_and())
        return tree

    def expect_end(self) -> None:
        if self._at < len(self._tokens):
            token = self._tokens[self._at]
            problem = "closing bracket without an opening one" if token.text == ")" else "missing & or |"
            raise LabelExpressionError(self._expression, token.position, problem)

    def _parse_and(self) -> LabelExpression:
        tree = self._parse_not()
        while self._take("&"):
            tree = And(tree, self._parse_not())
        return tree

    def _parse_not(self) -> LabelExpression:
        # Pairs of them mean nothing, and a long row of them must not exhaust the stack.
        negated = False
        while self._take("!"):
            negated = not negated
        tree = self._parse_one()
        return Not(tree) if negated else tree

    def _parse_one(self) -> LabelExpression:
        if self._at >= len(self._tokens):
            raise LabelExpressionError(self._expression, len(self._expression), "missing label")
        token = self._tokens[self._at]
        self._at += 1
        if token.is_name:
            if token.text not in LABEL_NAMES:
                raise LabelExpressionError(self._expression, token.position, _unknown(token.text))
            return Has(token.text)
        if token.text != "(":
            raise LabelExpressionError(self._expression, token.position, f"a label is missing before {token.text!r}")
        tree = self.parse_or()
        if not self._take(")"):
            raise LabelExpressionError(self._expression, token.position, "bracket that is never closed")
        return tree

    def _take(self, text: str) -> bool:
        taken = self._at < len(self._tokens) and self._tokens[self._at].text == text
        self._at += taken
        return taken


def _tokens(expression: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(expression):
        name, operator, other = match.groups()
        if other:
            raise LabelExpressionError(expression, match.start(3), f"unexpected {other!r}")
        if name in _WORDS:
            yield _Token(_WORDS[name], match.start(1))
        elif name:
            yield _Token(name, match.start(1), is_name=True)
        elif operator:
            yield _Token(operator[0], match.start(2))


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, LABEL_NAMES, n=1)
    hint = f", did you mean {near[0]}?" if near else "; `linewise labels` lists them"
    return f"unknown label {name!r}{hint}"
