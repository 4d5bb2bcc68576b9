"""Searching lines by a pattern and by their labels."""

from .expression import LabelExpression, LabelExpressionError, parse_expression
from .matching import Match, Matcher, PatternError

__all__ = ["LabelExpression", "LabelExpressionError", "Match", "Matcher", "PatternError", "parse_expression"]
