"""Searching lines by a pattern and by their labels."""

from .expression import LabelExpression, LabelExpressionError, parse_expression
from .found import Found, find_lines
from .matching import Match, Matcher, PatternError

__all__ = [
    "Found",
    "LabelExpression",
    "LabelExpressionError",
    "Match",
    "Matcher",
    "PatternError",
    "find_lines",
    "parse_expression",
]
