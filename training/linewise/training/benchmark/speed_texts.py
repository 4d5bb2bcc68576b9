"""What a line costs in texts of growing size, and in awkward ones: both should depend on nothing but their length."""

from __future__ import annotations

import resource
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from linewise.models import Classifier

AWKWARD_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Awkward:
    """An awkward text: nanoseconds a byte for it, and for one of half its size."""

    name: str
    megabytes: float
    seconds: float
    nanoseconds_per_byte: float
    nanoseconds_per_byte_at_half: float


def lines_of(text: bytes, n_lines: int) -> bytes:
    """The text's lines from its first on, over and over, as many as asked for."""
    lines = text.splitlines(keepends=True)
    repeated = lines * (n_lines // len(lines) + 1)
    return b"".join(repeated[:n_lines])


def processor_time(work: Callable[[], object]) -> float:
    """Seconds of processor time, child processes included."""
    before = _used()
    work()
    return _used() - before


def _used() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def measure_curve(classifier: Classifier, text: bytes, sizes: Sequence[int]) -> dict[int, float]:
    """Median microseconds of processor time a line for texts of so many lines, each answered three times at least."""
    curve = {}
    for size in sizes:
        repeated = lines_of(text, size)
        times = [
            processor_time(lambda: classifier.classify(repeated, filename="a.py"))  # noqa: B023
            for _ in range(max(3, min(25, 300_000 // size)))
        ]
        curve[size] = statistics.median(times) / size * 1e6
    return curve


def _staircase(levels: int) -> bytes:
    return b"".join(b" " * level + b"if x:\n" for level in range(levels))


def _zigzag(lines: int) -> bytes:
    return b"".join((b" " * (line % 90) + b"if x:\n") if line % 2 else b"# x\n" for line in range(lines))


AWKWARD: tuple[tuple[str, Callable[[int], bytes], int], ...] = (
    ("one line of 10 MB", lambda size: b"x = 1 + " * (size // 8), 10_000_000),
    ("one line of 10 MB that is a string", lambda size: b'x = "' + b"words of it " * (size // 12) + b'"', 10_000_000),
    ("a million empty lines", lambda size: b"\n" * size, 1_000_000),
    ("a million lines that end in a carriage return", lambda size: b"x\r" * size, 1_000_000),
    ("ten million brackets", lambda size: b"(" * size, 10_000_000),
    ("ten million brackets, a line each fourth", lambda size: b"((((\n" * (size // 4), 10_000_000),
    ("a million levels: lines that each open a brace", lambda size: b"{\n" * size, 1_000_000),
    ("4,000 levels of indentation", _staircase, 4_000),
    ("deep indentation, each other line a comment", _zigzag, 200_000),
    ("a million heredocs without an end", lambda size: b"#!/bin/sh\n" + b"cat <<EOF\n" * size, 1_000_000),
    ("ten million quotes", lambda size: b"'\"" * (size // 2), 10_000_000),
)
"""Texts by a size that is halved for comparison. A million levels of spaces would be 500 GB: what they cost shows in
4,000 of them, and in a million levels of braces."""


def measure_awkward(classifier: Classifier, name: str, make: Callable[[int], bytes], size: int) -> Awkward:
    """What an awkward text costs, and one of half its size: medians of runs that take turns."""
    texts = (make(size), make(size // 2))
    file_name = "a.sh" if texts[0].startswith(b"#!/bin/sh") else "a.py"
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(AWKWARD_ROUNDS):
        for text, taken in zip(texts, times, strict=True):
            taken.append(processor_time(lambda: classifier.classify(text, filename=file_name)))  # noqa: B023
    seconds, half_seconds = (statistics.median(taken) for taken in times)
    return Awkward(
        name, len(texts[0]) / 1e6, seconds, seconds / len(texts[0]) * 1e9, half_seconds / len(texts[1]) * 1e9
    )
