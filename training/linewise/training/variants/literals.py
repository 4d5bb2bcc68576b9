"""Edits that put in what few programs hold and these are full of: strings of several lines, markup."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from linewise.features.labels import mask_of

from .edits import Edit, Place

_PATHS = mask_of(["import", "preprocessor", "annotation"])
_BEFORE = re.compile(rb"(?:[(=+:]|\breturn|,) ?$")
_AFTER = re.compile(rb"[),;\]]|\s*$", re.MULTILINE)
_TAG = ("div", "p", "li", "h1", "em", "td", "span", "section")


@dataclass(frozen=True, slots=True)
class Literal:
    """How a string of several lines is written.

    Attributes:
        opening: what begins it.
        closing: what ends it.
        joint: what stands between its lines.
        banned: letters that its lines may not hold; slashes where a grammar takes a line of the string that looks
            like a comment for one.
    """

    opening: str
    closing: str
    joint: str = "\n"
    banned: str = ""


_TRIPLE = Literal('"""', '"""', banned='"')
_CONTINUED = Literal('"', '"', "\\\n", '"')
_TEMPLATE = Literal("`", "`")
_RAW, _DOUBLE, _SINGLE = (
    Literal('R"(', ')"', banned=")"),
    Literal('"', '"', banned='"#{'),
    Literal("'", "'", banned="'"),
)
LITERALS = {
    "bash": (_SINGLE, Literal('"', '"', banned='"')),
    "c": (_CONTINUED,),
    "cpp": (_CONTINUED, _RAW, _RAW),
    "csharp": (Literal('@"', '"', banned='"'), Literal('@"', '"', banned='"'), Literal('"""\n', '\n"""', banned='"')),
    "go": (_TEMPLATE,),
    "java": (Literal('"""\n', '"""', banned='"/'),),
    "javascript": (_TEMPLATE, _TEMPLATE, _CONTINUED),
    "kotlin": (_TRIPLE,),
    "lua": (Literal("[[", "]]", banned="]"), Literal("[==[", "]==]", banned="]")),
    "php": (
        _SINGLE,
        Literal('"', '"', banned='"'),
        Literal("<<<TEXT\n", "\nTEXT", banned="/#"),
        Literal("<<<'SQL'\n", "\nSQL", banned="/#"),
    ),
    "python": (_TRIPLE, Literal("'''", "'''", banned="'")),
    "ruby": (_DOUBLE, _SINGLE, Literal("%q(", ")", banned="()"), Literal("%(", ")", banned="()#")),
    "rust": (Literal('"', '"', banned='"'), Literal('r#"', '"#', banned='"')),
    "scala": (_TRIPLE,),
    "swift": (Literal('"""\n', '\n"""', banned='"'),),
    "typescript": (_TEMPLATE,),
}


def long_strings(place: Place, share: float) -> Iterator[Edit]:
    """Strings of one line made ones of several, which hold what reads like comments and code."""
    forms = LITERALS[place.file.language]
    strings = place.captures["string"]
    for begin, end in zip(strings.starts.tolist(), strings.ends.tolist(), strict=True):
        if place.rng.random() >= share:
            continue
        index = bisect_right(place.lines.starts, begin) - 1
        start, stop = int(place.lines.starts[index]), int(place.lines.ends[index])
        if (
            end > stop
            or int(place.file.masks[index]) & _PATHS
            or place.file.data[begin : begin + 1] not in (b'"', b"'")
        ):
            continue
        if not _BEFORE.search(place.file.data, start, begin) or not _AFTER.match(place.file.data, end, stop):
            continue
        line = place.file.data[start:begin]
        own = line[: len(line) - len(line.lstrip())].decode()
        form = place.rng.choice(forms)
        yield Edit(begin, end, _literal(place, form, place.rng.choice(("", own, own + "    "))).encode())


def _literal(place: Place, form: Literal, indentation: str) -> str:
    lines = [_line(place, form) for _ in range(place.rng.randint(1, 6))]
    held = form.joint.join(indentation + line if line else "" for line in lines)
    if form.opening.endswith("\n"):
        return form.opening + held + form.closing
    first = _line(place, form) if form.joint != "\n" or place.rng.random() < 0.5 else ""
    last = form.joint + indentation if place.rng.random() < 0.4 else ""
    return form.opening + first + form.joint + held + last + form.closing


def _line(place: Place, form: Literal) -> str:
    """One line of a string: a comment by its look, code, prose, or nothing."""
    syntax, draw = place.syntax, place.rng.random()
    said = place.contents.comment()
    if draw < 0.3:
        said = f"{syntax.marker} {said}"
    elif draw < 0.35:
        said = f"/* {said}" if place.rng.random() < 0.5 else f"{said} */"
    elif draw < 0.55:
        said = place.rng.choice(place.contents.code or ("x",))
    elif draw < 0.65 and form.joint == "\n" and not form.opening.startswith("<<<"):
        return ""
    return "".join(letter for letter in said if letter not in form.banned + "\\$`").strip() or "x"


def templates(place: Place) -> Iterator[Edit]:
    """A page of markup behind a program of PHP that ends as a program."""
    data = place.file.data
    if (
        place.file.language != "php"
        or b"?>" in data
        or not data.startswith(b"<?php")
        or not data.rstrip().endswith(b"}")
    ):
        return
    end = len(data.rstrip())
    yield Edit(end, len(data), ("\n?>\n" + "\n".join(_markup(place, "", 0)) + "\n").encode())


def _markup(place: Place, indentation: str, depth: int) -> Iterator[str]:
    rng, name = place.rng, place.contents.name
    for _ in range(rng.randint(2, 5)):
        inner, draw, tag = indentation + rng.choice(("  ", "    ", "")), rng.random(), rng.choice(_TAG)
        if draw < 0.2 or depth > 2:
            yield f'{indentation}<{tag} class="{name()}"><?= {_shown(place)} ?></{tag}>'
        elif draw < 0.3:
            yield f"{indentation}<?php echo {_shown(place)}; ?>"
        elif draw < 0.4:
            yield f"{indentation}<{tag}>{_said(place)}</{tag}>"
        elif draw < 0.5:
            yield indentation + _said(place)
        elif draw < 0.6:
            yield f"{indentation}<{tag}>"
            yield from _markup(place, inner, depth + 1)
            yield f"{indentation}</{tag}>"
        elif draw < 0.8:
            yield f"{indentation}<?php foreach (${name()}->{name()}() as ${name()}): ?>"
            yield from _markup(place, inner, depth + 1)
            yield f"{indentation}<?php endforeach{rng.choice(('', ';'))} ?>"
        else:
            yield f"{indentation}<?php if ({_shown(place)}): ?>"
            yield from _markup(place, inner, depth + 1)
            if rng.random() < 0.4:
                yield f"{indentation}<?php else: ?>"
                yield from _markup(place, inner, depth + 1)
            yield f"{indentation}<?php endif{rng.choice(('', ';'))} ?>"


def _shown(place: Place) -> str:
    name = place.contents.name
    forms = (
        "${0}",
        "${0}->{1}",
        "{0}(${1})",
        "$this->{0}(${1}->{0})",
        "${0}['{1}']",
        "${0} ?: '{1}'",
        "esc(${0}->{1}())",
    )
    return place.rng.choice(forms).format(name(), name())


def _said(place: Place) -> str:
    return place.contents.comment().replace("<", "").replace(">", "")
