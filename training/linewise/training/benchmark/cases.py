"""What the benchmark shows to models and rivals: whole files, windows at random places, windows that begin in literals.

A case is some text with the truth of its lines, which is their truth in the whole file. The same cases go to everyone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from linewise.features.lines import split_lines
from linewise.models.pipeline import Document
from linewise.training.corpus.shards import LabelledFile
from linewise.training.oracle.anatomy import LITERALS, Anatomy
from linewise.training.oracle.evidence import Evidence, evidence_of
from linewise.training.trainer.sampling import window_bytes

WHOLE = "whole file"
WINDOW_LENGTHS = (40, 20, 7, 3, 1)
STARTS_INSIDE = {
    True: "starts inside a literal, its end is shown",
    False: "starts inside a literal, its end is not shown",
}
"""The views of windows that begin inside a multi-line comment, docstring or string, by whether they show its end."""
LITERAL_WINDOW_LINES = 20


class Told(StrEnum):
    """What is told of a text besides its characters."""

    NOTHING = "nothing"
    LANGUAGE = "language"
    CONTEXT = "context"
    BOTH = "language and context"


@dataclass(frozen=True, slots=True)
class Case:
    """One text that is shown.

    Attributes:
        file: index of the file that it was cut out of, in its language's list.
        begin: its first line's index in that file.
        text: its bytes.
        masks: the truth of its lines, uint32 of shape (n_lines,).
        scored: which of its lines count, bool of shape (n_lines,).
        extent: what `context` is when it is told: `file` or `fragment`.
    """

    file: int
    begin: int
    text: bytes
    masks: NDArray[np.uint32]
    scored: NDArray[np.bool_]
    extent: str

    def document(self, language: str, told: Told) -> Document:
        """The text as the pipeline gets it; a `text` has no language to tell."""
        hint = language if told in (Told.LANGUAGE, Told.BOTH) and language != "text" else None
        return Document(self.text, hint, self.extent if told in (Told.CONTEXT, Told.BOTH) else "unknown")


def window_name(n_lines: int) -> str:
    """The name of the view that shows so many lines."""
    return f"{n_lines} lines" if n_lines > 1 else "1 line"


def whole_files(files: Sequence[LabelledFile]) -> Iterator[Case]:
    """Every file as a whole."""
    for index, file in enumerate(files):
        yield Case(index, 0, file.data, file.masks, file.known, "file")


def random_windows(files: Sequence[LabelledFile], n_lines: int, seed: int, per_file: int) -> Iterator[Case]:
    """Windows at random places of each file, at most `per_file` and at most one for each such stretch of lines."""
    rng = np.random.default_rng((seed, n_lines))
    for index, file in enumerate(files):
        total = len(file.masks)
        if total < n_lines:
            continue
        count = min(per_file, max(total // n_lines, 1))
        begins = np.sort(rng.integers(0, total - n_lines + 1, count)).tolist()
        yield from _windows(index, file, begins, n_lines)


def literal_windows(
    files: Sequence[LabelledFile], anatomies: Sequence[Anatomy], seed: int, per_file: int, end_shown: bool
) -> Iterator[Case]:
    """Windows that begin at a random inner line of a comment, docstring or string of several lines."""
    rng = np.random.default_rng((seed, 100 + end_shown))
    for index, (file, anatomy) in enumerate(zip(files, anatomies, strict=True)):
        ranges = np.concatenate([anatomy.literals[kind] for kind in LITERALS])
        begins = []
        for first, last in ranges[rng.permutation(len(ranges))][:per_file].tolist():
            begin = int(rng.integers(first + 1, last + 1))
            if (begin + LITERAL_WINDOW_LINES > last) is end_shown:
                begins.append(begin)
        yield from _windows(index, file, begins, LITERAL_WINDOW_LINES)


def _windows(index: int, file: LabelledFile, begins: Iterable[int], n_lines: int) -> Iterator[Case]:
    starts = split_lines(file.data).starts
    for begin in begins:
        lines = slice(begin, min(begin + n_lines, len(starts)))
        text = window_bytes(file.data, starts, begin, lines.stop)
        yield Case(index, begin, text, file.masks[lines], file.known[lines], "fragment")


def groups(cases: Iterable[Case], n_lines: int) -> Iterator[list[Case]]:
    """Cases gathered until they hold at least so many lines."""
    gathered: list[Case] = []
    count = 0
    for case in cases:
        gathered.append(case)
        count += len(case.masks)
        if count >= n_lines:
            yield gathered
            gathered, count = [], 0
    if gathered:
        yield gathered


def evidence_of_cases(cases: Sequence[Case], anatomies: Sequence[Anatomy]) -> Evidence:
    """What all lines of some cases show of their regions, in order; `anatomies` are of the files."""
    parts = [evidence_of(anatomies[case.file], case.begin, case.masks) for case in cases]
    return Evidence(
        np.concatenate([part.visible for part in parts]),
        np.concatenate([part.headed for part in parts]),
        np.concatenate([part.hidden for part in parts]),
    )
