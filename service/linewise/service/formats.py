"""How labelled lines are written: the plain-text form for people, JSON Lines for programs.

Both are built a file at a time. A file has few distinct label sets, so each is spelled once and looked up
after that: writing must not be slower than labelling.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import click
import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import LABELS, Group, names_of
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


class OutputFormat(Protocol):
    """Turns labelled files into output, one file at a time."""

    def render(self, labelled: Labelled) -> str:
        """All output of one file, line breaks included."""


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
        prediction = labelled.prediction
        lefts = _scored_labels(prediction) if self.scores else _plain_labels(prediction.masks)
        lines = align_lines(lefts, text_lines(labelled.data), paint_labels if self.colour else None)
        body = "\n".join([*lines, ""])
        if not self.headers:
            return body
        header = f"{'' if self._first else chr(10)}==> {printable_name(labelled.name)} <==\n"
        self._first = False
        return header + body


def printable_name(name: str) -> str:
    """A file's name for people: control characters, which could steer the terminal, are escaped."""
    return "".join(
        character if character.isprintable() or "\udc80" <= character <= "\udcff" else ascii(character)[1:-1]
        for character in name
    )


def _plain_labels(masks: NDArray[np.uint32]) -> list[str]:
    return list(map(format_labels, masks.tolist()))


def _scored_labels(prediction: Prediction) -> list[str]:
    """Each line's labels with their probabilities; those that are left open stand among them, marked."""
    hundredths = np.rint(prediction.probabilities * 100).astype(np.int64)
    spelled = []
    for mask, uncertain, row in zip(
        prediction.masks.tolist(), prediction.uncertain_masks.tolist(), hundredths.tolist(), strict=True
    ):
        parts = [
            f"{LABELS[index].name}={_SPELLED_PERCENTS[row[index]]}" + UNCERTAIN_MARK * (uncertain >> index & 1)
            for index in _indices(mask | uncertain)
        ]
        spelled.append(",".join(parts) or NO_LABELS)
    return spelled


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
        prediction = labelled.prediction
        start = f'{{"path": {json.dumps(labelled.name)}, "line": '
        end = f', "language": {json.dumps(prediction.language)}'
        label_sets = map(_label_fields, prediction.masks.tolist(), prediction.uncertain_masks.tolist())
        if not self.scores:
            return "".join([f"{start}{number}{fields}{end}}}\n" for number, fields in enumerate(label_sets, 1)])
        scores = _score_fields(prediction.probabilities)
        return "".join(
            f"{start}{number}{fields}{end}, {score}}}\n"
            for number, (fields, score) in enumerate(zip(label_sets, scores, strict=True), 1)
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
