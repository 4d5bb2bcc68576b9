"""How matches are written: as ripgrep writes them, for people and as JSON Lines."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

import click

from linewise.models.prediction import label_names

from ..formats import printable_name
from .found import Found
from .matching import Match


class SearchFormat(Protocol):
    """Turns what was found into output."""

    def file(self, name: str, found: Iterable[Found]) -> Iterator[bytes]:
        """The output of one file by the lines that were found in it, piece by piece; nothing where none was."""

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

    def file(self, name: str, found: Iterable[Found]) -> Iterator[bytes]:
        """The matching lines of one file."""
        shown_name = _styled(_name(name), self.colour, fg="magenta")
        before = b""
        if self.heading and self.names:
            before = (b"\n" if self._begun else b"") + shown_name + b"\n"
        for line in found:
            self._begun = True
            number = b""
            if self.names and not self.heading:
                before = shown_name + b":"
            if self.numbers:
                number = _styled(str(line.match.row + 1).encode(), self.colour, fg="green") + b":"
            yield before + number + _marked(line.match, colour=self.colour) + b"\n"
            before = b""

    def closing(self, searched: int) -> bytes:
        """Nothing."""
        return b""


@dataclass(frozen=True, slots=True)
class NamesFormat:
    """The names of the files with matches, with their numbers of lines if asked for."""

    counts: bool = False
    names: bool = True
    colour: bool = False

    def file(self, name: str, found: Iterable[Found]) -> Iterator[bytes]:
        """One line. For a name alone no further line is looked for than the first."""
        count = sum(1 for _ in (found if self.counts else islice(found, 1)))
        if not count:
            return
        shown_name = _styled(_name(name), self.colour, fg="magenta") if self.names else b""
        number = str(count).encode()
        yield shown_name + (b":" if self.names and self.counts else b"") + (number if self.counts else b"") + b"\n"

    def closing(self, searched: int) -> bytes:
        """Nothing."""
        return b""


@dataclass(slots=True)
class JsonSearchFormat:
    """JSON Lines like ripgrep's: ``begin``, ``match`` and ``end`` for each file, and a ``summary``."""

    _totals: dict[str, int] = field(
        default_factory=lambda: {"searches_with_match": 0, "matched_lines": 0, "matches": 0}
    )

    def file(self, name: str, found: Iterable[Found]) -> Iterator[bytes]:
        """The messages of one file."""
        path = _text_or_bytes(os.fsencode(name))
        numbers = {"matched_lines": 0, "matches": 0}
        language = None
        for line in found:
            if not numbers["matched_lines"]:
                yield _message("begin", {"path": path})
            numbers["matched_lines"] += 1
            numbers["matches"] += len(line.match.spans)
            language = line.language
            yield _message("match", {"path": path, **_fields(line)})
        if not numbers["matched_lines"]:
            return
        for key, number in {"searches_with_match": 1, **numbers}.items():
            self._totals[key] += number
        yield _message("end", {"path": path, "language": language, "stats": numbers})

    def closing(self, searched: int) -> bytes:
        """The summary."""
        return _message("summary", {"stats": {"searches": searched, **self._totals}})


def _fields(line: Found) -> dict[str, Any]:
    match = line.match
    return {
        "lines": _text_or_bytes(match.content + match.line_break),
        "line_number": match.row + 1,
        "absolute_offset": match.start,
        "submatches": [
            {"match": _text_or_bytes(match.content[start:end]), "start": start, "end": end}
            for start, end in match.spans
        ],
        "labels": label_names(line.mask),
        "uncertain": label_names(line.uncertain_mask),
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
