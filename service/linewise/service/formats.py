"""How labelled lines are written: the plain-text form for people, JSON Lines for programs.

Both are built a file at a time, or of a large one some lines at a time. A file has few distinct label sets, so each is
spelled once and looked up after that: writing must not be slower than labelling.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import click
import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import LABELS, Group, names_of
from linewise.features.lines import end_of_lines
from linewise.features.plain_text import NO_LABELS, align_lines, format_labels
from linewise.models import Prediction

UNCERTAIN_MARK = "?"
_COLOUR_OF_GROUP = {Group.SURFACE: "cyan", Group.CONSTRUCT: "yellow", Group.REGION: "blue"}
_PAINTED = {label.name: click.style(label.name, fg=_COLOUR_OF_GROUP[label.group]) for label in LABELS}
_SPELLED_SHARES = [f"{thousandth / 1000:.3f}" for thousandth in range(1001)]
_SPELLED_PERCENTS = [f"{hundredth / 100:.2f}" for hundredth in range(101)]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One file with its labels: the name it was given, its bytes, and what the classifier says of it."""

    name: str
    data: bytes
    prediction: Prediction

    @property
    def blocks(self) -> Iterator[Prediction]:
        """All its lines as one block."""
        return iter((self.prediction,))


@dataclass(frozen=True, slots=True)
class LabelledBlocks:
    """One large file with its labels, some lines at a time: ``blocks`` are of lines that follow each other."""

    name: str
    data: bytes
    blocks: Iterator[Prediction]


class OutputFormat(Protocol):
    """Turns labelled files into output, one file at a time."""

    def render(self, labelled: Labelled) -> str:
        """All output of one file, line breaks included."""

    def render_blocks(self, labelled: LabelledBlocks) -> Iterator[str]:
        """The same of a large file, piece by piece, with little of it in memory at a time."""


def text_lines(data: bytes) -> list[str]:
    """The lines of a text without their line breaks, as many as `linewise.features.lines` counts.

    Bytes that are no UTF-8 become replacement characters.
    """
    text = data.decode("utf-8", "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


@dataclass(slots=True)
class TextFormat:
    """The plain-text form, each file under its name where there is more than one."""

    scores: bool = False
    colour: bool = False
    headers: bool = False
    _first: bool = True

    def render(self, labelled: Labelled) -> str:
        """The plain-text form of one file."""
        return self._header(labelled.name) + self._body(_Shown.of(labelled.prediction, self.scores), labelled.data)

    def render_blocks(self, labelled: LabelledBlocks) -> Iterator[str]:
        """The same of a large file. How wide the labels are is known when all lines have theirs."""
        shown = [_Shown.of(block, self.scores) for block in labelled.blocks]
        width = max((block.width() for block in shown), default=0)
        yield self._header(labelled.name)
        end = 0
        for block in shown:
            begin, end = end, end_of_lines(labelled.data, end, len(block.masks))
            yield self._body(block, labelled.data[begin:end], width)

    def _header(self, name: str) -> str:
        if not self.headers:
            return ""
        header = f"{'' if self._first else chr(10)}==> {printable_name(name)} <==\n"
        self._first = False
        return header

    def _body(self, shown: _Shown, data: bytes, width: int = 0) -> str:
        return "\n".join(
            [*align_lines(shown.spell(), text_lines(data), paint_labels if self.colour else None, width), ""]
        )


def printable_name(name: str) -> str:
    """A file's name for people: control characters, which could steer the terminal, are escaped."""
    return "".join(
        character if character.isprintable() or "\udc80" <= character <= "\udcff" else ascii(character)[1:-1]
        for character in name
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    """What stands left of some lines: their labels, and where scores are wanted, those that are left open and percents.

    Attributes:
        masks, uncertain: as in `Prediction`.
        percents: uint8 of shape (n_lines, n_labels).
    """

    masks: NDArray[np.uint32]
    uncertain: NDArray[np.uint32] | None
    percents: NDArray[np.uint8] | None

    @classmethod
    def of(cls, prediction: Prediction, scores: bool) -> _Shown:
        if not scores:
            return cls(prediction.masks, None, None)
        return cls(
            prediction.masks, prediction.uncertain_masks, np.rint(prediction.probabilities * 100).astype(np.uint8)
        )

    def spell(self) -> list[str]:
        if self.uncertain is None or self.percents is None:
            return list(map(format_labels, self.masks.tolist()))
        rows = zip(self.masks.tolist(), self.uncertain.tolist(), self.percents.tolist(), strict=True)
        return [_scored_labels(mask, uncertain, row) for mask, uncertain, row in rows]

    def width(self) -> int:
        """The most that is spelled for a line. Each share takes as much as any other."""
        if self.uncertain is None:
            return max(map(len, map(format_labels, np.unique(self.masks).tolist())), default=0)
        pairs = np.unique(self.masks.astype(np.uint64) << np.uint64(32) | self.uncertain).tolist()
        no_shares = [0] * len(LABELS)
        return max((len(_scored_labels(pair >> 32, pair & 0xFFFF_FFFF, no_shares)) for pair in pairs), default=0)


def _scored_labels(mask: int, uncertain: int, percents: Sequence[int]) -> str:
    """A line's labels with their probabilities; those that are left open stand among them, marked."""
    parts = [
        f"{LABELS[index].name}={_SPELLED_PERCENTS[percents[index]]}" + UNCERTAIN_MARK * (uncertain >> index & 1)
        for index in _indices(mask | uncertain)
    ]
    return ",".join(parts) or NO_LABELS


@lru_cache(maxsize=1 << 14)
def _indices(mask: int) -> tuple[int, ...]:
    return tuple(index for index in range(len(LABELS)) if mask >> index & 1)


def paint_labels(left: str) -> str:
    """Colour each label name by its group; scores and commas stay plain."""
    painted = []
    for part in left.split(","):
        name, equals, score = part.partition("=")
        painted.append(f"{_PAINTED.get(name, name)}{equals}{score}")
    return ",".join(painted)


@dataclass(frozen=True, slots=True)
class JsonLinesFormat:
    """One JSON object a line: path, line, labels, uncertain, language, and scores where they are wanted."""

    scores: bool = False

    def render(self, labelled: Labelled) -> str:
        """The JSON objects of one file's lines. Names that are no UTF-8 appear as escaped lone surrogates."""
        return self._objects(labelled.name, labelled.prediction, 1)

    def render_blocks(self, labelled: LabelledBlocks) -> Iterator[str]:
        """The same of a large file."""
        first = 1
        for block in labelled.blocks:
            yield self._objects(labelled.name, block, first)
            first += len(block)

    def _objects(self, name: str, prediction: Prediction, first: int) -> str:
        start = f'{{"path": {json.dumps(name)}, "line": '
        end = f', "language": {json.dumps(prediction.language)}'
        label_sets = map(_label_fields, prediction.masks.tolist(), prediction.uncertain_masks.tolist())
        if not self.scores:
            return "".join([f"{start}{number}{fields}{end}}}\n" for number, fields in enumerate(label_sets, first)])
        scores = _score_fields(prediction.probabilities)
        return "".join(
            f"{start}{number}{fields}{end}, {score}}}\n"
            for number, (fields, score) in enumerate(zip(label_sets, scores, strict=True), first)
        )


@lru_cache(maxsize=1 << 14)
def _label_fields(mask: int, uncertain: int) -> str:
    labels, open_labels = json.dumps(names_of(mask)), json.dumps(names_of(uncertain))
    return f', "labels": {labels}, "uncertain": {open_labels}'


def _score_fields(probabilities: NDArray[np.float32]) -> Iterable[str]:
    """The probability of every label, line by line; ``probabilities`` is of shape (n_lines, n_labels)."""
    template = '"scores": {' + ", ".join(f'"{label.name}": %s' for label in LABELS) + "}"
    thousandths: Sequence[Sequence[int]] = np.rint(probabilities * 1000).astype(np.int64).tolist()
    return (template % tuple(map(_SPELLED_SHARES.__getitem__, row)) for row in thousandths)
