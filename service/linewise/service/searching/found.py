"""The lines of a file that match a pattern and have the labels that are wanted, while they are labelled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..formats import Labelled, LabelledBlocks
from .expression import LabelExpression
from .matching import Match, Matcher


@dataclass(frozen=True, slots=True)
class Found:
    """One line that was found.

    Attributes:
        match: the line, and where it matches.
        mask, uncertain_mask: its labels, as in `Prediction`.
        language: its file's.
    """

    match: Match
    mask: int
    uncertain_mask: int
    language: str | None


def find_lines(labelled: Labelled | LabelledBlocks, matcher: Matcher, wanted: LabelExpression) -> Iterator[Found]:
    """The lines of a file that match and have the labels that are wanted, in order.

    A large file is labelled no further than the line that is asked for.
    """
    matches = matcher.find(labelled.data)
    match = next(matches, None)
    first = 0
    for block in labelled.blocks:
        selected = wanted.select(block.masks)
        while match is not None and (row := match.row - first) < len(block):
            if selected[row]:
                yield Found(match, int(block.masks[row]), int(block.uncertain_masks[row]), block.language)
            match = next(matches, None)
        if match is None:
            return
        first += len(block)
