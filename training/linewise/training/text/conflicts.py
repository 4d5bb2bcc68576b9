"""Merge conflicts inside labelled code: the marker lines are ``text``, the code keeps its labels.

A marker's region labels are those of the code it stands in. Markers are put only where both neighbours leave no
doubt about them: between two loops of one nesting a marker would be in none of them, though both lines are.
"""

from __future__ import annotations

import itertools
import random
import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import mask_of
from linewise.training.corpus.shards import LabelledFile

from .plain import REGIONS, TEXT, lines_of

MAX_CONFLICTS = 3
"""So many conflicts at most go into one file."""
_MAX_SPAN = 14

# A line that begins a construct may end the neighbour's region and open one of its own.
_OPENERS = {
    mask_of(["in_type"]): mask_of(["type_definition"]),
    mask_of(["in_function"]): mask_of(["function_definition", "lambda"]),
    mask_of(["in_loop"]): mask_of(["loop"]),
    mask_of(["in_conditional"]): mask_of(["conditional"]),
    mask_of(["in_exception"]): mask_of(["exception"]),
}
_BINDS = np.uint32(mask_of(["variable_declaration", "assignment"]))
_BRANCHES = (
    "feature/{0}",
    "{0}",
    "fix-{0}",
    "origin/main",
    "main",
    "master",
    "develop",
    "{1:07x} ({0})",
    "{2:040x}",
    "theirs",
    "stashed changes",
    "refs/remotes/origin/{0}",
    "{1:x}... {0}",
)
_TOPICS = ("parser", "login", "release-2", "cleanup", "upgrade", "api", "tests", "cache", "retry", "i18n", "refactor")
# To change a name of several parts changes no label but a first binding's, these few keywords apart.
_KEYWORDS = frozenset(
    b"""require_once require_relative include_once co_return co_yield co_await static_cast dynamic_cast const_cast
    reinterpret_cast static_assert thread_local macro_rules define_method attr_reader attr_writer attr_accessor
    didSet willSet""".split()
)
_LONG_NAME = re.compile(rb"\b(?:[a-z]+_[a-z_]+|[a-z]+[A-Z][A-Za-z]+)\b")


@dataclass(frozen=True, slots=True)
class _Line:
    """One line with its line break, its mask, and whether the mask is known."""

    content: bytes
    mask: int
    known: bool


def insert_conflicts(labelled_file: LabelledFile, rng: random.Random) -> LabelledFile:
    """A file with one to three conflicts put into it; the same file where no place is fit for one.

    Its own lines all stay, in their order. A conflict's sides are either the parts of a run of lines or the run and
    a copy of it with a name changed.
    """
    lines = [
        _Line(content, int(mask), bool(known))
        for content, mask, known in zip(
            lines_of(labelled_file.data), labelled_file.masks, labelled_file.known, strict=True
        )
    ]
    clear = dict(_clear_places(labelled_file.masks, labelled_file.known))
    spans = _spans(sorted(clear), rng)
    if not spans:
        return labelled_file
    line_break = b"\r\n" if lines[0].content.endswith(b"\r\n") else b"\n"
    if not lines[-1].content.endswith((b"\n", b"\r")):
        lines[-1] = replace(lines[-1], content=lines[-1].content + line_break)
    for start, stop in reversed(spans):
        # From the last to the first, so that the numbers of the places stay true.
        lines[start:stop] = _conflict(lines, start, stop, clear, line_break, rng)
    return replace(
        labelled_file,
        data=b"".join(line.content for line in lines),
        masks=np.array([line.mask for line in lines], dtype=np.uint32),
        known=np.array([line.known for line in lines], dtype=np.bool_),
    )


def _clear_places(masks: NDArray[np.uint32], known: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The places before a line where a marker's regions are beyond doubt, with these regions."""
    if len(masks) < 2:
        return []
    before, after = masks[:-1], masks[1:]
    both = before & after & np.uint32(REGIONS)
    clear = known[:-1] & known[1:]
    for region, opener in _OPENERS.items():
        clear &= ((both & np.uint32(region)) == 0) | ((after & np.uint32(opener)) == 0)
    return [(int(at) + 1, int(both[at])) for at in np.flatnonzero(clear)]


def _spans(places: list[int], rng: random.Random) -> list[tuple[int, int]]:
    """One to three runs of lines that begin and end at a clear place, in order, none touching another."""
    starts = [place for place, following in itertools.pairwise(places) if following <= place + _MAX_SPAN]
    spans: list[tuple[int, int]] = []
    for _ in range(rng.randint(1, MAX_CONFLICTS) if starts else 0):
        start = rng.choice(starts)
        stop = rng.choice([place for place in places if start < place <= start + _MAX_SPAN])
        if all(stop < other[0] or start > other[1] for other in spans):
            spans.append((start, stop))
    return sorted(spans)


def _conflict(
    lines: list[_Line], start: int, stop: int, clear: dict[int, int], line_break: bytes, rng: random.Random
) -> list[_Line]:
    """The lines of a run as a conflict."""
    middles = [place for place in clear if start <= place <= stop]
    middle = rng.choice(middles)
    # A run that opens a region and leaves it open, said twice, would leave a marker's regions in doubt.
    copied = rng.random() < 0.5 and clear[start] == clear[stop]
    if not copied:
        ours, theirs, between = lines[start:middle], lines[middle:stop], clear[middle]
    else:
        ours, between = lines[start:stop], clear[start]
        theirs = _changed(ours, rng)

    def marker(sign: bytes, name: str, regions: int) -> _Line:
        said = sign + (b" " + name.encode() if name else b"") + line_break
        return _Line(said, TEXT | regions, True)

    first = "HEAD" if rng.random() < 0.7 else _branch(rng)
    result = [marker(b"<" * 7, first, clear[start]), *ours]
    if rng.random() < 0.3:
        base = rng.choice(("", "merged common ancestors", "base", f"{rng.getrandbits(28):07x}"))
        result.append(marker(b"|" * 7, base, between))
        # The base is one side's text again, or nothing where both sides added theirs.
        result.extend(theirs if copied and rng.random() < 0.4 else [])
    result.append(marker(b"=" * 7, "", between))
    return [*result, *theirs, marker(b">" * 7, _branch(rng), clear[stop])]


def _branch(rng: random.Random) -> str:
    return rng.choice(_BRANCHES).format(rng.choice(_TOPICS), rng.getrandbits(28), rng.getrandbits(160))


def _changed(lines: list[_Line], rng: random.Random) -> list[_Line]:
    """A copy of some lines in which one name is another, where that changes no label."""
    bound = {name for line in lines if line.mask & int(_BINDS) for name in _LONG_NAME.findall(line.content)}
    names = sorted({name for line in lines for name in _LONG_NAME.findall(line.content)} - bound - _KEYWORDS)
    if not names:
        return list(lines)
    old = rng.choice(names)
    new = old + rng.choice((b"2", b"New", b"_new", b"V2", b"Async", b"_ex"))
    pattern = re.compile(rb"\b" + re.escape(old) + rb"\b")
    return [replace(line, content=pattern.sub(new, line.content)) for line in lines]
