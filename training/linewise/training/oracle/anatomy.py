"""Where a file's constructs, literals and names stand: the line ranges from which its labels come.

A label says that a line lies in some loop, not in which. Whoever asks whether a fragment shows the beginning or the end
of that loop needs the loops one by one. This module decides no label: it runs the same query once more and keeps, of
several ways to read the file, the one that gives the region labels which are already known as the truth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import Group, group_mask, mask_of
from linewise.features.lines import LineSpans, split_lines

from ..grammars import Dialect
from .bindings import resolve
from .captures import REGIONS, Captures, IntArray, capture
from .embedded import unfolded
from .labelling import _Labelling, parsed
from .macro_text import with_macro_texts
from .mended import Mended
from .profile import Profile
from .profiles import profile_of
from .surface import Surface

LITERALS = ("comment", "documentation", "string")
"""The kinds of `Anatomy.literals`."""
_REGION_MASK = np.uint32(group_mask(Group.REGION))


@dataclass(frozen=True, slots=True)
class Bindings:
    """Plain names that are bound, in text order; int64 and bool arrays of shape (n_bindings,).

    Attributes:
        lines: the line of each.
        first: whether it brings the name into being.
        first_lines: the line of the first binding of that name (a parameter counts), its own where `first` is true.
    """

    lines: IntArray
    first: NDArray[np.bool_]
    first_lines: IntArray


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A file's line ranges; each is an int64 array of shape (n_ranges, 2): first and last line, both included.

    Attributes:
        regions: by region label, the constructs.
        literals: by kind (`LITERALS`), the comments, docstrings and strings that go over several lines.
        bindings: in languages that declare by assigning.
        sure: bool of shape (n_lines,); False where the ranges do not give the region labels of the truth.
    """

    regions: Mapping[str, IntArray]
    literals: Mapping[str, IntArray]
    bindings: Bindings
    sure: NDArray[np.bool_]


def anatomy_of(data: bytes, language: str, masks: NDArray[np.uint32], *, file_name: str | None = None) -> Anatomy:
    """The line ranges of a whole file.

    Args:
        data: the file's bytes.
        language: name or alias of its language.
        masks: its labels, uint32 of shape (n_lines,), as `label_file` gives them.
        file_name: where given, its extension chooses among the language's dialects.

    Raises:
        UnknownLanguageError: the language is none of linewise's.
        OracleError: the language has no query file.
    """
    profile = profile_of(language)
    lines = split_lines(data)
    best: Anatomy | None = None
    for dialect, mended in _readings(data, profile, file_name):
        found = _Reading(data, lines, profile, dialect, mended).anatomy(masks)
        if best is None or found.sure.sum() > best.sure.sum():
            best = found
        if best.sure.all():
            break
    assert best is not None, "every profile has a dialect"
    return best


def _readings(data: bytes, profile: Profile, file_name: str | None) -> Iterator[tuple[Dialect, Mended | None]]:
    extension = PurePosixPath(file_name).suffix.lower() if file_name else ""
    dialects = sorted(profile.dialects, key=lambda dialect: extension not in dialect.extensions)
    for dialect in dialects:
        yield dialect, None
    if profile.mend is not None:
        mended = profile.mend(data)
        for dialect in dialects:
            yield dialect, mended


class _Reading:
    """One way to read a file: a dialect, and the text as it is or mended."""

    def __init__(
        self, data: bytes, lines: LineSpans, profile: Profile, dialect: Dialect, mended: Mended | None
    ) -> None:
        source = data if mended is None else mended.source
        captures = capture(parsed(source, dialect, profile), dialect)
        if mended is not None:
            captures = mended.add_to(captures)
        captures = with_macro_texts(data, captures)
        if profile.telling is not None:
            parse = partial(parsed, dialect=dialect, profile=profile)
            captures, _ = unfolded(source, captures, dialect, parse, profile.telling)
        self._data = data
        self._lines = lines
        self._profile = profile
        self._captures: Captures = captures
        self._surface = Surface(data, lines, captures, profile.documentation)
        self._labelling = _Labelling(data, lines, captures, self._surface, profile)

    def anatomy(self, masks: NDArray[np.uint32]) -> Anatomy:
        regions = {name: self._region(name) for name in REGIONS}
        covered = np.zeros(len(self._lines), dtype=np.uint32)
        for name, ranges in regions.items():
            covered[in_any(ranges, len(covered))] |= np.uint32(mask_of([name]))
        return Anatomy(regions, self._literals(), self._bindings(), covered == masks & _REGION_MASK)

    def _lines_of(self, positions: IntArray) -> IntArray:
        return np.searchsorted(self._lines.starts, positions, side="right") - 1

    def _region(self, name: str) -> IntArray:
        spans = self._captures[name]
        starts = self._labelling._past_annotations(spans.starts)
        filled = spans.ends > starts
        if not filled.any():
            return np.empty((0, 2), dtype=np.int64)
        first = self._lines_of(starts[filled])
        last = np.maximum(self._lines_of(self._surface.last_visible(spans.ends[filled])), first)
        return np.unique(np.stack((first, last), axis=1), axis=0)

    def _literals(self) -> dict[str, IntArray]:
        found: dict[str, list[tuple[int, int]]] = {kind: [] for kind in LITERALS}
        for capture_name in ("comment", "documentation", "docstring", "string"):
            spans = self._captures[capture_name]
            if not len(spans):
                continue
            first = self._lines_of(spans.starts)
            last = self._lines_of(np.maximum(spans.ends - 1, spans.starts))
            for index in np.flatnonzero(last > first).tolist():
                kind = self._kind(capture_name, int(spans.starts[index]), int(spans.ends[index]))
                found[kind].append((int(first[index]), int(last[index])))
        return {kind: np.array(sorted(set(ranges)), dtype=np.int64).reshape(-1, 2) for kind, ranges in found.items()}

    def _kind(self, capture_name: str, start: int, end: int) -> str:
        if capture_name == "comment":
            pattern = self._profile.documentation
            return "documentation" if pattern and pattern.match(self._data, start, end) else "comment"
        return "string" if capture_name == "string" else "documentation"

    def _bindings(self) -> Bindings:
        declared, assigned = resolve(self._data, self._captures, self._profile.free_names_are_global)
        taken: list[tuple[int, bytes, int]] = []  # (position, name, 0: bound without a label, 1: first, 2: later)
        after = set(declared.tolist()), set(assigned.tolist())
        for name in ("bound", "binding"):
            spans = self._captures[name]
            for start, end in zip(spans.starts.tolist(), spans.ends.tolist(), strict=True):
                kind = 1 if start in after[0] else 2 if start in after[1] else 0
                taken.append((start, self._data[start:end], kind))
        taken.sort()
        rows: list[tuple[int, bool, int]] = []
        # The nearest earlier place that brings the name into being: a name is seldom shared between open scopes.
        born: dict[bytes, int] = {}
        for start, bound, kind in taken:
            if kind < 2:
                born[bound] = start
            if kind:
                rows.append((start, kind == 1, born.get(bound, start)))
        starts, first, origins = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
        return Bindings(
            self._lines_of(np.array(starts, dtype=np.int64)),
            np.array(first, dtype=np.bool_),
            self._lines_of(np.array(origins, dtype=np.int64)),
        )


def in_any(ranges: IntArray, n_lines: int) -> NDArray[np.bool_]:
    """Whether each line lies in some range: bool of shape (n_lines,)."""
    depth = np.bincount(ranges[:, 0], minlength=n_lines + 1) - np.bincount(ranges[:, 1] + 1, minlength=n_lines + 1)
    covered: NDArray[np.bool_] = np.cumsum(depth)[:n_lines] > 0
    return covered
