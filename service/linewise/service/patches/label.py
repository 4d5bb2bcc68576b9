"""The labels of a patch's lines, on each side of it.

A hunk's side is the text of the lines that are on that side, labelled as a fragment: the patch alone tells enough.
Where the whole contents are known, each side of a file is labelled whole, and its hunks take their lines' labels out of
that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import N_LABELS, Group, group_mask, mask_of
from linewise.features.languages import language_of_file_name, language_of_shebang
from linewise.features.lines import split_lines
from linewise.models import Document, Prediction

from ..labelling import BatchClassifier
from .model import FilePatch, Hunk, PatchLine

SURE_MODE = "high-confidence"
LEAST_LIKELY = 0.5
"""A label is more likely than not from this probability on."""
LEAST_POSSIBLE = 0.05
"""A label cannot be ruled out from this probability on."""
CHUNK_BYTES = 1 << 20
CHUNK_FILES = 256
_BITS = np.uint32(1) << np.arange(N_LABELS, dtype=np.uint32)
_BLANK = mask_of(["blank"])
_VISIBLE = (group_mask(Group.SURFACE) | group_mask(Group.CONSTRUCT)) & ~_BLANK


class LineLabels(NamedTuple):
    """One line's labels on one side, as bit masks.

    ``given`` and ``uncertain`` are by the mode that was asked for. Verdicts rest on the others: the labels that are
    given with high confidence, those that are more likely than not, and those that cannot be ruled out.
    """

    given: int
    uncertain: int
    sure: int
    likely: int
    possible: int


Side = tuple[LineLabels | None, ...]
"""The labels on one side of each line of a hunk; None for those that are not on that side."""


@dataclass(frozen=True, slots=True)
class HunkLabels:
    """A hunk with the labels of its lines on each old side and on the new one."""

    hunk: Hunk
    old: tuple[Side, ...]
    new: Side


@dataclass(frozen=True, slots=True)
class FileLabels:
    """A file's part of a patch with its labels.

    ``language`` is told by the file's name, or by the first line of its whole content; None where neither tells.
    ``whole`` says whether the whole contents were known.
    """

    patch: FilePatch
    hunks: tuple[HunkLabels, ...]
    language: str | None
    whole: bool


@dataclass(frozen=True, slots=True)
class Contents:
    """The whole contents of a file on each side, and the row of each hunk's first line there, from 0.

    ``rows[k][h]`` is of hunk ``h`` on old side ``k``; the last ``k`` is the new side, as it is in ``sides``.
    """

    sides: tuple[bytes, ...]
    rows: tuple[tuple[int, ...], ...]


class ContentSource(Protocol):
    """Where whole contents come from."""

    def contents(self, patches: Sequence[FilePatch]) -> list[Contents | None]:
        """The whole contents of each file; None where they are not known."""


def label_patch(
    classifier: BatchClassifier,
    patches: Iterable[FilePatch],
    *,
    mode: str = "balanced",
    source: ContentSource | None = None,
) -> Iterator[FileLabels]:
    """Label the files of a patch, in order.

    Args:
        classifier: labels texts.
        patches: the files.
        mode: by which thresholds labels are given; verdicts use the high-confidence ones whatever is asked here.
        source: where whole contents come from, if from anywhere.
    """
    for chunk in _chunks(patches):
        known = source.contents(chunk) if source is not None else [None] * len(chunk)
        plan = PatchPlan(chunk, known, mode)
        yield from plan.assemble(list(classifier.classify_many(plan.documents())))


class PatchPlan:
    """Which texts of some files are to be labelled, and how the answers become the labels of the files."""

    def __init__(self, patches: Sequence[FilePatch], contents: Sequence[Contents | None], mode: str) -> None:
        """Plan the files of a patch, with their whole contents where they are known; mode as in `label_patch`."""
        self._plans = [_FilePlan(patch, known) for patch, known in zip(patches, contents, strict=True)]
        self._mode = mode

    def documents(self) -> list[Document]:
        """The texts to label, in the order in which `assemble` takes the answers."""
        modes = [SURE_MODE] if self._mode == SURE_MODE else [SURE_MODE, self._mode]
        return [document for mode in modes for plan in self._plans for document in plan.documents(mode)]

    def assemble(self, predictions: Sequence[Prediction]) -> list[FileLabels]:
        """The labels of the files, by one prediction for each of the texts."""
        n_texts = sum(plan.n_documents for plan in self._plans)
        sure, shown = predictions[:n_texts], predictions[-n_texts:] if n_texts else ()
        documents = [document for plan in self._plans for document in plan.documents(SURE_MODE)]
        rows = iter([_row_labels(*row) for row in zip(documents, sure, shown, strict=True)])
        return [plan.assemble([next(rows) for _ in range(plan.n_documents)]) for plan in self._plans]


def _chunks(patches: Iterable[FilePatch]) -> Iterator[list[FilePatch]]:
    chunk: list[FilePatch] = []
    size = 0
    for patch in patches:
        chunk.append(patch)
        size += sum(len(line.content) + 1 for hunk in patch.hunks for line in hunk.lines)
        if size >= CHUNK_BYTES or len(chunk) >= CHUNK_FILES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


class _FilePlan:
    """Which texts of one file are to be labelled, and how its hunks take their labels out of the answers."""

    def __init__(self, patch: FilePatch, contents: Contents | None) -> None:
        self._patch = patch
        self._contents = contents
        self._n_sides = patch.n_old_sides + 1
        if contents is not None:
            self._texts = list(contents.sides)
        else:
            self._texts = [
                b"".join(line.content + b"\n" for line in hunk.lines if self._is_on(line, side))
                for hunk in patch.hunks
                for side in range(self._n_sides)
            ]
        self.n_documents = len(self._texts)

    def documents(self, mode: str) -> Iterator[Document]:
        context = "fragment" if self._contents is None else "file"
        for index, text in enumerate(self._texts):
            is_new = index % self._n_sides == self._n_sides - 1
            name = self._patch.new_path if is_new else self._patch.old_path
            yield Document(text, filename=name or self._patch.path, context=context, mode=mode)

    def assemble(self, rows: list[list[LineLabels]]) -> FileLabels:
        hunks = []
        for index, hunk in enumerate(self._patch.hunks):
            sides = []
            for side in range(self._n_sides):
                if self._contents is None:
                    labels = iter(rows[index * self._n_sides + side])
                else:
                    labels = iter(rows[side][self._contents.rows[side][index] :])
                sides.append(tuple(next(labels) if self._is_on(line, side) else None for line in hunk.lines))
            hunks.append(HunkLabels(hunk, tuple(sides[:-1]), sides[-1]))
        return FileLabels(self._patch, tuple(hunks), self._language(), self._contents is not None)

    def _is_on(self, line: PatchLine, side: int) -> bool:
        return line.is_new if side == self._n_sides - 1 else line.is_old(side)

    def _language(self) -> str | None:
        languages = {
            language_of_file_name(path) for path in (self._patch.old_path, self._patch.new_path) if path is not None
        }
        if languages == {None} and self._contents is not None:
            texts = [text for text in self._contents.sides if text]
            languages = {language_of_shebang(text[:200].split(b"\n", 1)[0]) for text in texts}
        if len(languages) != 1:
            return None
        (language,) = languages
        return language.name if language else None


def _row_labels(document: Document, sure: Prediction, shown: Prediction) -> list[LineLabels]:
    """The labels of what a patch takes for a line: text up to a line feed, whatever carriage returns are in it."""
    assert isinstance(document.text, bytes)
    likely = (sure.probabilities >= LEAST_LIKELY) @ _BITS
    possible = sure.masks | (sure.probabilities >= LEAST_POSSIBLE) @ _BITS
    columns = [shown.masks, shown.uncertain_masks, sure.masks, likely, possible]
    first = _first_lines(document.text)
    if first is not None:
        columns = [_joined(column, first) for column in columns]
    return list(map(LineLabels, *(column.tolist() for column in columns)))


def _first_lines(text: bytes) -> NDArray[np.intp] | None:
    """The index of the first line of each row; None where every row is one line."""
    if text.count(b"\r") == text.count(b"\r\n"):
        return None
    feeds = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == 0x0A)
    rows = np.searchsorted(feeds, split_lines(text).starts)
    return np.flatnonzero(np.diff(rows, prepend=-1))


def _joined(masks: NDArray[np.uint32], first: NDArray[np.intp]) -> NDArray[np.uint32]:
    """The labels of rows of several lines: all that their lines have, blank only if all are blank."""
    joined = np.bitwise_or.reduceat(masks, first)
    return np.where(joined & np.uint32(_VISIBLE), joined & ~np.uint32(_BLANK), joined)
