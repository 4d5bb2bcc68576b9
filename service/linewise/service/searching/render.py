"""How matches are written: as ripgrep writes them, for people and as JSON Lines."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import click

from linewise.models import Prediction
from linewise.models.prediction import label_names

from ..formats import printable_name
from .matching import Match


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in one file: at least one line."""

    name: str
    matches: Sequence[Match]
    prediction: Prediction


class SearchFormat(Protocol):
    """Turns what was found into output."""

    def file(self, found: Found) -> bytes:
        """The output of one file."""

    def closing(self, searched: int) -> bytes:
        """What stands at the end, after so many files were searched."""


@dataclass(slots=True)
class LinesFormat:
    """The matching lines, with what was asked for before them: ``path:line:text``, or under the path."""

    names: bool = True
    numbers: bool = False
    heading: bool = False
    colour: bool = False
    _begun: bool = False

    def file(self, found: Found) -> bytes:
        """The matching lines of one file."""
        name = _styled(_name(found.name), self.colour, fg="magenta")
        parts: list[bytes] = []
        if self.heading and self.names:
            parts.append((b"\n" if self._begun else b"") + name + b"\n")
        self._begun = True
        for match in found.matches:
            if self.names and not self.heading:
                parts.append(name + b":")
            if self.numbers:
                parts.append(_styled(str(match.row + 1).encode(), self.colour, fg="green") + b":")
            parts.append(_marked(match, colour=self.colour) + b"\n")
        return b"".join(parts)

    def closing(self, searched: int) -> bytes:
        """Nothing."""
        return b""


@dataclass(frozen=True, slots=True)
class NamesFormat:
    """The names of the files with matches, with their numbers of lines if asked for."""

    counts: bool = False
    names: bool = True
    colour: bool = False

    def file(self, found: Found) -> bytes:
        """One line."""
        name = _styled(_name(found.name), self.colour, fg="magenta") if self.names else b""
        number = str(len(found.matches)).encode()
        return name + (b":" if self.names and self.counts else b"") + (number if self.counts else b"") + b"\n"

    def closing(self, searched: int) -> bytes:
        """Nothing."""
        return b""


@dataclass(slots=True)
class JsonSearchFormat:
    """JSON Lines like ripgrep's: ``begin``, ``match`` and ``end`` for each file, and a ``summary``."""

    _totals: dict[str, int] = field(
        default_factory=lambda: {"searches_with_match": 0, "matched_lines": 0, "matches": 0}
    )

    def file(self, found: Found) -> bytes:
        """The messages of one file."""
        path = _text_or_bytes(os.fsencode(found.name))
        matches = sum(len(match.spans) for match in found.matches)
        numbers = {"matched_lines": len(found.matches), "matches": matches}
        for name, number in {"searches_with_match": 1, **numbers}.items():
            self._totals[name] += number
        return b"".join(
            [
                _message("begin", {"path": path}),
                *(_message("match", {"path": path, **_fields(match, found.prediction)}) for match in found.matches),
                _message("end", {"path": path, "language": found.prediction.language, "stats": numbers}),
            ]
        )

    def closing(self, searched: int) -> bytes:
        """The summary."""
        return _message("summary", {"stats": {"searches": searched, **self._totals}})


def _fields(match: Match, prediction: Prediction) -> dict[str, Any]:
    return {
        "lines": _text_or_bytes(match.content + match.line_break),
        "line_number": match.row + 1,
        "absolute_offset": match.start,
        "submatches": [
            {"match": _text_or_bytes(match.content[start:end]), "start": start, "end": end}
            for start, end in match.spans
        ],
        "labels": label_names(int(prediction.masks[match.row])),
        "uncertain": label_names(int(prediction.uncertain_masks[match.row])),
    }


def _message(kind: str, data: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "data": data}, separators=(",", ":")).encode() + b"\n"


def _text_or_bytes(data: bytes) -> dict[str, str]:
    """Bytes as JSON can hold them: as text where they are UTF-8, in base64 elsewhere."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"bytes": base64.b64encode(data).decode()}


def _name(name: str) -> bytes:
    return os.fsencode(printable_name(name))


def _marked(match: Match, *, colour: bool) -> bytes:
    """A line with its matches in colour."""
    if not colour:
        return match.content
    parts, at = [], 0
    for start, end in match.spans:
        if end > start:
            parts += [match.content[at:start], _styled(match.content[start:end], True, fg="red", bold=True)]
            at = end
    return b"".join([*parts, match.content[at:]])


def _styled(data: bytes, colour: bool, **styles: Any) -> bytes:
    if not colour:
        return data
    before, after = click.style("\0", **styles).split("\0")
    return before.encode() + data + after.encode()
