"""The forms of generated text: read from ``forms/*.txt``, rendered by a writer.

A form begins with ``=== name | split`` and goes on to the next one. Its lines are patterns for the writer; those that
begin with ``%`` steer::

    %repeat 2-9 … %end           the lines between, two to nine times
    %maybe 0.4 … %end            the lines between, or nothing
    %one … %or … %or … %end      one of the parts
    %prose 2-5 PREFIX            a wrapped paragraph of that many lines, each after the prefix
    %code 3-8 LANGUAGE PREFIX    consecutive lines of code as some tool quotes them (``{line}`` counts in the prefix)

``%%`` begins a line with one percent sign. Each form serves one split, so none is met again in evaluation.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from linewise.training.corpus.manifest import Split

from .writer import Writer

_HEADER = re.compile(r"=== (\S.*) \| (\w+)")
_WIDTHS = (66, 72, 76, 80, 100, 140)


class FormError(ValueError):
    """A form that cannot be read; the message names its file, line and fault."""


@dataclass(frozen=True, slots=True)
class Line:
    """One pattern, one line."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """The body, ``low`` to ``high`` times; ``%maybe`` is one that may come to none (then ``chance`` < 1)."""

    low: int
    high: int
    body: tuple[Node, ...]
    chance: float = 1.0


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several bodies, each as likely."""

    bodies: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Lines of prose (``language`` None) or of quoted code after a prefix."""

    low: int
    high: int
    language: str | None
    prefix: str


Node = Line | Repeat | OneOf | Quote


@dataclass(frozen=True, slots=True)
class Form:
    """One form of text: its name, its family (the file it stands in), the split it serves, and its lines."""

    name: str
    family: str
    split: Split
    body: tuple[Node, ...]


def render(form: Form, writer: Writer) -> list[str]:
    """One document of a form: its lines, without line breaks."""
    return list(_render(form.body, writer))


def forms_of(split: Split) -> tuple[Form, ...]:
    """The forms that serve a split."""
    return tuple(form for form in all_forms() if form.split == split)


@cache
def all_forms() -> tuple[Form, ...]:
    """Every form of the package, in the order of the files; raises FormError."""
    folder = files(__package__).joinpath("forms")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".txt"))
    return tuple(
        form
        for name in names
        for form in parse_forms(folder.joinpath(name).read_text("utf-8"), name.removesuffix(".txt"))
    )


def parse_forms(content: str, family: str) -> Iterator[Form]:
    """The forms of one file; raises FormError naming the file and the line."""
    lines = content.split("\n")
    headers = {number: match for number, line in enumerate(lines) if (match := _HEADER.fullmatch(line))}
    for (start, header), end in zip(headers.items(), [*list(headers)[1:], len(lines)], strict=True):
        name, split = header.groups()
        if split not in list(Split):
            raise FormError(f"{family}:{start + 1}: unknown split {split!r}")
        body = lines[start + 1 : end]
        while body and not body[-1]:
            body.pop()
        nodes, used = _parse(body, 0, f"{family}:{start + 2}")
        if used != len(body):
            raise FormError(f"{family}:{start + 2 + used}: {body[used]!r} closes nothing")
        yield Form(name, family, Split(split), nodes)


def _parse(lines: Sequence[str], at: int, place: str) -> tuple[tuple[Node, ...], int]:
    """The nodes from a line on, up to the ``%or`` or ``%end`` that belongs to an outer one, and its number."""
    nodes: list[Node] = []
    while at < len(lines) and lines[at] not in ("%or", "%end"):
        line = lines[at]
        at += 1
        word, _, rest = line.partition(" ")
        match word:
            case "%repeat" | "%maybe" | "%one":
                bodies, at = _bodies(lines, at, place)
                nodes.append(_block(word, rest, bodies, f"{place}+{at}"))
            case "%prose" | "%code":
                nodes.append(_quote(word, rest, f"{place}+{at}"))
            case _:
                if line.startswith("%") and not line.startswith("%%"):
                    raise FormError(f"{place}+{at}: unknown directive {word!r}")
                nodes.append(Line(line[1:] if line.startswith("%%") else line))
    return tuple(nodes), at


def _bodies(lines: Sequence[str], at: int, place: str) -> tuple[tuple[tuple[Node, ...], ...], int]:
    """The parts between ``%or`` lines up to the ``%end``, and the number of the line after it."""
    bodies = []
    while True:
        body, at = _parse(lines, at, place)
        bodies.append(body)
        if at == len(lines):
            raise FormError(f"{place}: a directive without its %end")
        at += 1
        if lines[at - 1] == "%end":
            return tuple(bodies), at


def _block(word: str, rest: str, bodies: tuple[tuple[Node, ...], ...], place: str) -> Node:
    if word == "%one":
        return OneOf(bodies)
    if len(bodies) > 1:
        raise FormError(f"{place}: %or belongs to %one, not to {word}")
    if word == "%maybe":
        return Repeat(1, 1, bodies[0], float(rest))
    return Repeat(*_range(rest, place), bodies[0])


def _quote(word: str, rest: str, place: str) -> Quote:
    count, _, rest = rest.partition(" ")
    language, prefix = (None, rest) if word == "%prose" else rest.partition(" ")[::2]
    return Quote(*_range(count, place), language, prefix)


def _range(text: str, place: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)-(\d+)", text.strip())
    if not match:
        raise FormError(f"{place}: {text!r} is no range such as 2-9")
    return int(match[1]), int(match[2])


def _render(nodes: Sequence[Node], writer: Writer) -> Iterator[str]:
    rng = writer.rng
    for node in nodes:
        match node:
            case Line(pattern):
                yield writer.fill(pattern)
            case OneOf(bodies):
                yield from _render(rng.choice(bodies), writer)
            case Repeat(low, high, body, chance):
                if chance == 1 or rng.random() < chance:
                    for _ in range(rng.randint(low, high)):
                        yield from _render(body, writer)
            case Quote(low, high, None, prefix):
                for line in _paragraph(writer, rng.randint(low, high)):
                    yield writer.fill(prefix) + line
            case Quote(low, high, language, prefix):
                quoted = writer.code_lines(str(language), rng.randint(low, high))
                first = rng.randint(1, 900)
                for number, line in enumerate(quoted, first):
                    yield writer.fill(prefix.replace("{line}", f"{number:>4}")) + line


def _paragraph(writer: Writer, count: int) -> list[str]:
    """A paragraph of a number of lines, its sentences wrapped at one of the usual widths."""
    width = writer.rng.choice(_WIDTHS)
    text = ""
    while len(text) < count * width:
        text += writer.sentence().rstrip() + " "
    return textwrap.wrap(text, width, break_long_words=False)[:count]
