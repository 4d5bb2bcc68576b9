"""Damaged files: what half-typed code, a bad merge or a cut-off download look like, one damage a file.

Only the twenty lines before and after the damage count, with the truth they had before it; the damaged line itself is
left out, for what it is now is anybody's guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import mask_of
from linewise.features.lines import LineSpans, split_lines
from linewise.training.corpus.shards import LabelledFile

SCORED_LINES = 20
MIN_LINES, MAX_LINES = 12, 1_500
_CODE, _STRING = mask_of(["code"]), mask_of(["string"])
_NOT_CODE = mask_of(["comment", "documentation", "string", "text"])
_PRINTABLE = bytes(range(0x21, 0x7F))
_TOKEN = re.compile(rb"\w+|[^\w\s]")
_CLOSER = re.compile(rb"[)\]}]")
_QUOTE = re.compile(rb"[\"'`]")
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Damage:
    """One damaged file.

    Attributes:
        kind: what was done, a key of `KINDS`.
        file: index of the file in its language's list.
        text: the damaged text.
        lines: for each of its lines the line of the whole file that it was, -1 for a new one; int64 of (n_lines,).
        scored: which of its lines count, bool of shape (n_lines,).
    """

    kind: str
    file: int
    text: bytes
    lines: NDArray[np.int64]
    scored: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Edit:
    """Bytes start:end are replaced by `new` on line `line`; `n_new` lines stand where `n_old` were."""

    start: int
    end: int
    new: bytes
    line: int
    n_old: int = 1
    n_new: int = 1


Maker = Callable[[LabelledFile, LineSpans, np.random.Generator], _Edit | None]


def _line(file: LabelledFile, spans: LineSpans, rng: np.random.Generator, having: int = 0, lacking: int = 0) -> int:
    """A line that is not blank, with some of the labels `having` (if any are named) and none of `lacking`; -1: none."""
    for _ in range(_TRIES):
        line = int(rng.integers(len(spans)))
        mask = int(file.masks[line])
        if (not having or mask & having) and not mask & lacking:
            content = file.data[int(spans.starts[line]) : int(spans.ends[line])]
            if content.strip():
                return line
    return -1


def _character_deleted(file: LabelledFile, spans: LineSpans, rng: np.random.Generator) -> _Edit | None:
    line = _line(file, spans, rng)
    if line < 0:
        return None
    at = int(rng.integers(spans.starts[line], spans.ends[line]))
    return _Edit(at, at + 1, b"", line)


def _character_inserted(file: LabelledFile, spans: LineSpans, rng: np.random.Generator) -> _Edit | None:
    line = _line(file, spans, rng)
    if line < 0:
        return None
    at = int(rng.integers(spans.starts[line], spans.ends[line] + 1))
    return _Edit(at, at, bytes([_PRINTABLE[int(rng.integers(len(_PRINTABLE)))]]), line)


def _found(
    file: LabelledFile, spans: LineSpans, rng: np.random.Generator, pattern: re.Pattern[bytes], line: int
) -> tuple[int, int] | None:
    """A random match on a line, as byte positions of the file."""
    if line < 0:
        return None
    matches = list(pattern.finditer(file.data, int(spans.starts[line]), int(spans.ends[line])))
    return matches[int(rng.integers(len(matches)))].span() if matches else None


def _token_deleted(file: LabelledFile, spans: LineSpans, rng: np.random.Generator) -> _Edit | None:
    line = _line(file, spans, rng)
    found = _found(file, spans, rng, _TOKEN, line)
    return _Edit(*found, b"", line) if found else None


def _token_inserted(file: LabelledFile, spans: LineSpans, rng: np.random.Generator) -> _Edit | None:
    token = _found(file, spans, rng, _TOKEN, _line(file, spans, rng))
    line = _line(file, spans, rng)
    place = _found(file, spans, rng, _TOKEN, line)
    if token is None or place is None:
        return None
    return _Edit(place[0], place[0], file.data[slice(*token)] + b" ", line)


def _line_bytes(spans: LineSpans, line: int, size: int) -> tuple[int, int]:
    """Where a line stands, its line break included."""
    return int(spans.starts[line]), int(spans.starts[line + 1]) if line + 1 < len(spans) else size


def _line_deleted(file: LabelledFile, spans: LineSpans, rng: np.random.Generator) -> _Edit | None:
    line = _line(file, spans, rng)
    return _Edit(*_line_bytes(spans, line, len(file.data)), b"", line, n_new=0) if line >= 0 else None


def _line_inserted(file: LabelledFile, spans: LineSpans, rng: np.random.Generator) -> _Edit | None:
    copied, line = _line(file, spans, rng), _line(file, spans, rng)
    if copied < 0 or line < 0:
        return None
    start = int(spans.starts[line])
    content = file.data[int(spans.starts[copied]) : int(spans.ends[copied])]
    return _Edit(start, start, content + b"\n", line, n_old=0)


def _bracket_unclosed(file: LabelledFile, spans: LineSpans, rng: np.random.Generator) -> _Edit | None:
    line = _line(file, spans, rng, having=_CODE, lacking=_NOT_CODE)
    found = _found(file, spans, rng, _CLOSER, line)
    return _Edit(*found, b"", line) if found else None


def _quote_unclosed(file: LabelledFile, spans: LineSpans, rng: np.random.Generator) -> _Edit | None:
    line = _line(file, spans, rng, having=_STRING)
    found = _found(file, spans, rng, _QUOTE, line)
    return _Edit(*found, b"", line) if found else None


def _cut_in_half(file: LabelledFile, spans: LineSpans, rng: np.random.Generator) -> _Edit | None:
    line = int(rng.integers(len(spans) // 3, 2 * len(spans) // 3))
    start, end = int(spans.starts[line]), int(spans.ends[line])
    at = int(rng.integers(start, end + 1))
    if rng.random() < 0.5:
        return _Edit(at, len(file.data), b"", line, n_old=len(spans) - line, n_new=int(at > start))
    return _Edit(0, at, b"", line, n_old=line + 1, n_new=1)


KINDS: dict[str, Maker] = {
    "character deleted": _character_deleted,
    "character inserted": _character_inserted,
    "token deleted": _token_deleted,
    "token inserted": _token_inserted,
    "line deleted": _line_deleted,
    "line inserted": _line_inserted,
    "bracket unclosed": _bracket_unclosed,
    "quote unclosed": _quote_unclosed,
    "file cut in half": _cut_in_half,
}


def damaged_files(files: Sequence[LabelledFile], kind: str, seed: int, n_files: int) -> Iterator[Damage]:
    """So many files of middling length, each with one damage of a kind at a random place."""
    rng = np.random.default_rng((seed, 200 + list(KINDS).index(kind)))
    for index in rng.permutation(len(files)).tolist():
        if n_files <= 0:
            return
        file = files[index]
        if not MIN_LINES <= len(file.masks) <= MAX_LINES:
            continue
        spans = split_lines(file.data)
        for _ in range(_TRIES):
            edit = KINDS[kind](file, spans, rng)
            damage = _applied(kind, index, file, edit) if edit else None
            if damage is not None:
                yield damage
                n_files -= 1
                break


def _applied(kind: str, index: int, file: LabelledFile, edit: _Edit) -> Damage | None:
    """The damaged file; None where the edit made other lines than it says (a carriage return was torn off)."""
    text = file.data[: edit.start] + edit.new + file.data[edit.end :]
    n_lines = len(file.masks)
    if edit.start == 0 and edit.n_old > 1:  # the second half is left: its first line is the damaged one
        lines = np.arange(edit.line, n_lines)
        lines[0] = -1
        damaged_at = 0
    else:
        before = np.arange(edit.line)
        after = np.arange(edit.line + edit.n_old, n_lines)
        lines = np.concatenate((before, np.full(edit.n_new, -1), after))
        damaged_at = edit.line
    if len(split_lines(text)) != len(lines):
        return None
    away = np.arange(len(lines)) - damaged_at
    # Where a line was taken out, the line at its place is the first one after it.
    nearest_after = 0 if edit.n_new == 0 else 1
    near = (away >= -SCORED_LINES) & (away < SCORED_LINES + nearest_after)
    scored = near & (lines >= 0) & file.known[np.maximum(lines, 0)]
    return Damage(kind, index, text, lines, scored)
