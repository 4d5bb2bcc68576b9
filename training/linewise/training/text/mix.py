"""Text and code in one document without a mark between them, as people paste it: each line keeps its truth."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from linewise.training.corpus.shards import LabelledFile

from .plain import BLANK, lines_of, text_masks


def window(labelled_file: LabelledFile, start: int, stop: int) -> LabelledFile:
    """The lines ``start`` to ``stop`` (not included) of a file, with their truth in the whole file."""
    lines = lines_of(labelled_file.data)[start:stop]
    return replace(
        labelled_file,
        data=b"".join(lines),
        masks=labelled_file.masks[start:stop].copy(),
        known=labelled_file.known[start:stop].copy(),
    )


def mix(text_lines: Sequence[str], code_window: LabelledFile, rng: random.Random) -> LabelledFile:
    """A piece of code with text before it, after it, or both.

    Args:
        text_lines: lines of plain text without their line breaks.
        code_window: a piece of a labelled file.
        rng: decides where the text goes and whether a blank line parts it from the code.

    Returns:
        A document of the code's language and origin, its path marked by ``#pasted``.
    """
    cut = rng.choice((0, len(text_lines), rng.randint(0, len(text_lines))))
    gap_before, gap_after = rng.random() < 0.6, rng.random() < 0.6
    above = _text(text_lines[:cut], gap_before and cut > 0, after=False)
    below = _text(text_lines[cut:], gap_after and cut < len(text_lines), after=True)
    code = lines_of(code_window.data)
    if code and not code[-1].endswith((b"\n", b"\r")):
        code[-1] += b"\n"
    sides = [text_masks(above), code_window.masks, text_masks(below)]
    known = [np.ones(len(above), np.bool_), code_window.known, np.ones(len(below), np.bool_)]
    return replace(
        code_window,
        path=f"{code_window.path}#pasted",
        data=b"".join([*above, *code, *below]),
        masks=np.concatenate(sides).astype(np.uint32),
        known=np.concatenate(known),
    )


def _text(lines: Sequence[str], with_gap: bool, *, after: bool) -> list[bytes]:
    encoded = [line.encode() + b"\n" for line in lines]
    if not with_gap:
        return encoded
    return [b"\n", *encoded] if after else [*encoded, b"\n"]


def has_code(labelled_file: LabelledFile) -> bool:
    """Whether a piece has known lines that show something."""
    return bool((labelled_file.known & (labelled_file.masks != BLANK)).any())
