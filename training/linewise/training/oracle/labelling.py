"""From a text to its true labels: parse, capture, and turn byte positions into lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, partial
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray
from tree_sitter import Node, Parser

from linewise.features.labels import Group, group_mask, mask_of
from linewise.features.lines import LineSpans, split_lines

from ..grammars import Dialect, load_grammar
from .bindings import resolve
from .captures import EVERY_LINE, POINTS, REGIONS, Captures, IntArray, Spans, capture
from .damage import known_lines
from .embedded import unfolded
from .errors import OracleError
from .macro_text import with_macro_texts
from .mended import Mended
from .profile import Profile
from .profiles import profile_of
from .surface import Surface

MAX_BYTES = 1 << 24
"""Larger texts are refused: a tree takes some fifty times the memory of its text."""

_CODE = mask_of(["code"])
_CONSTRUCTS = group_mask(Group.CONSTRUCT)
_DEFINITIONS = mask_of(["function_definition", "type_definition"])
_DELIMITER = mask_of(["delimiter"])
_EVERY_LINE = mask_of(EVERY_LINE)
_PREPROCESSOR = mask_of(["preprocessor"])
_MENDED_WELL = 0.95
"""No further dialect is tried where a changed text leaves fewer lines unknown."""
_LONE_RETURN = re.compile(rb"\r(?!\n)")


@dataclass(frozen=True, slots=True)
class Truth:
    """The labels of a text's lines.

    ``masks`` is uint32 of shape (n_lines,), one bit a label; ``known`` is bool of the same shape: where it is
    false the text could not be parsed, and the mask means nothing.
    """

    masks: NDArray[np.uint32]
    known: NDArray[np.bool_]


def label_file(data: bytes, language: str, *, file_name: str | None = None) -> Truth:
    """The true labels of a whole file.

    Args:
        data: the file's bytes.
        language: name or alias of its language.
        file_name: where given, its extension chooses among the language's dialects.

    Raises:
        UnknownLanguageError: the language is none of linewise's.
        OracleError: the text is too large, or the language has no query file.
    """
    profile = profile_of(language)
    if len(data) > MAX_BYTES:
        raise OracleError(f"{len(data)} bytes are more than the {MAX_BYTES} that the oracle takes")
    lines = split_lines(data)
    extension = PurePosixPath(file_name).suffix.lower() if file_name else ""
    best: Truth | None = None
    mended: Mended | None = None
    for dialect in sorted(profile.dialects, key=lambda dialect: extension not in dialect.extensions):
        truth = _label(data, lines, dialect, profile)
        if best is None or truth.known.sum() > best.known.sum():
            best = truth
        if best.known.all():
            break
        if mended is None and profile.mend is not None:
            mended = profile.mend(data)
        if mended is not None:
            truth = _label(data, lines, dialect, profile, mended)
            if truth.known.sum() > best.known.sum():
                best = truth
            if best.known.mean() > _MENDED_WELL:
                break
    if best is None:
        raise OracleError(f"the profile of {language} has no dialect")
    return best


@cache
def _parser(dialect: Dialect) -> Parser:
    return Parser(load_grammar(dialect.module, dialect.function))


def parsed(data: bytes, dialect: Dialect, profile: Profile) -> Node:
    """A text's syntax tree in one of its language's dialects; raises OracleError."""
    # Grammars know no line break `\r`; whoever prepares a text keeps every byte's place.
    source = _LONE_RETURN.sub(b"\n", data) if b"\r" in data else data
    if profile.prepare is not None:
        source = profile.prepare(source)
        if len(source) != len(data):
            raise OracleError(f"the preparation of {profile.language} changed a text's length")
    return _parser(dialect).parse(source).root_node


def _label(data: bytes, lines: LineSpans, dialect: Dialect, profile: Profile, mended: Mended | None = None) -> Truth:
    source = data if mended is None else mended.source
    root = parsed(source, dialect, profile)
    captures = capture(root, dialect)
    if mended is not None:
        captures = mended.add_to(captures)
    captures = with_macro_texts(data, captures)
    opaque: tuple[tuple[int, int], ...] = ()
    if profile.telling is not None:
        parse = partial(parsed, dialect=dialect, profile=profile)
        captures, opaque = unfolded(source, captures, dialect, parse, profile.telling)
    surface = Surface(data, lines, captures, profile.documentation)
    masks = surface.masks.copy()
    if len(lines):
        _Labelling(data, lines, captures, surface, profile).write(masks)
    known = known_lines(root, source, lines, dialect, profile)
    for start, end in (*opaque, *(mended.lost if mended is not None else ())):
        first, last = np.searchsorted(lines.starts, (start, end - 1), side="right") - 1
        known[first : last + 1] = False
    if not captures.complete:
        known[:] = False
    return Truth(masks, known)


class _Labelling:
    """The construct and region labels of one text, from its captures."""

    def __init__(self, data: bytes, lines: LineSpans, captures: Captures, surface: Surface, profile: Profile) -> None:
        self._data = data
        self._lines = lines
        self._captures = captures
        self._surface = surface
        self._profile = profile
        annotations = captures["annotation"]
        self._annotation_ends = dict(zip(annotations.starts.tolist(), annotations.ends.tolist(), strict=True))

    def write(self, masks: NDArray[np.uint32]) -> None:
        """Add the labels to ``masks`` of shape (n_lines,)."""
        for name in EVERY_LINE:
            self._mark_spans(masks, self._captures[name], mask_of([name]))
        self._continue_directives(masks)
        masks[self._surface.string_interiors()] &= ~np.uint32(_EVERY_LINE)
        for name in POINTS:
            self._mark_points(masks, self._captures[name].starts, mask_of([name]))
        declared, assigned = resolve(self._data, self._captures, self._profile.free_names_are_global)
        self._mark_points(masks, declared, mask_of(["variable_declaration"]))
        self._mark_points(masks, assigned, mask_of(["assignment"]))
        # Nothing begins in a comment or in text, and a comment's line within an import is none of it.
        masks[(masks & _CODE) == 0] &= ~np.uint32(_CONSTRUCTS)
        # A method whose computed name begins with brackets alone on a line: its line is that of a definition.
        masks[(masks & _DEFINITIONS) != 0] &= ~np.uint32(_DELIMITER)
        for name in REGIONS:
            spans = self._captures[name]
            self._mark_spans(masks, Spans(self._past_annotations(spans.starts), spans.ends), mask_of([name]))

    def _lines_of(self, positions: IntArray) -> IntArray:
        return np.searchsorted(self._lines.starts, positions, side="right") - 1

    def _past_annotations(self, starts: IntArray) -> IntArray:
        """Where constructs begin whose nodes begin with annotations: at the first code after these."""
        if not self._annotation_ends or not len(starts):
            return starts
        return np.array([self._past_annotation(start) for start in starts.tolist()], dtype=np.int64)

    def _past_annotation(self, start: int) -> int:
        code = self._surface.code_positions
        while start in self._annotation_ends:
            at = int(np.searchsorted(code, self._annotation_ends[start], side="left"))
            if at == len(code):
                break
            start = int(code[at])
        return start

    def _mark_points(self, masks: NDArray[np.uint32], starts: IntArray, bit: int) -> None:
        if len(starts):
            masks[self._lines_of(self._past_annotations(starts))] |= np.uint32(bit)

    def _mark_spans(self, masks: NDArray[np.uint32], spans: Spans, bit: int) -> None:
        filled = spans.only(spans.ends > spans.starts)
        if not len(filled):
            return
        n_lines = len(masks)
        first = self._lines_of(filled.starts)
        last = np.maximum(self._lines_of(self._surface.last_visible(filled.ends)), first)
        depth = np.bincount(first, minlength=n_lines + 1) - np.bincount(last + 1, minlength=n_lines + 1)
        masks[np.cumsum(depth)[:n_lines] > 0] |= np.uint32(bit)

    def _continue_directives(self, masks: NDArray[np.uint32]) -> None:
        """A directive goes on where its line ends in a backslash, whatever the grammar makes of the next."""
        ends = self._lines.ends
        for first in np.flatnonzero(masks[:-1] & _PREPROCESSOR).tolist():
            line = first
            while line < len(masks) - 1 and self._data[ends[line] - 1] == ord("\\"):
                line += 1
                masks[line] |= np.uint32(_PREPROCESSOR)
