"""Edits of several lines: bodies on their header's line, wrapped brackets, blocks of comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from linewise.features.labels import mask_of

from .edits import Edit, Place

_CODE, _COMMENT = mask_of(["code"]), mask_of(["comment"])
_DOCUMENTED, _IN_TYPE = mask_of(["documentation"]), mask_of(["in_type"])
_REINDENTED = 0.15
"""The share of variants whose indentation is changed, as it is by whoever pastes or mixes."""
_HEADER = re.compile(rb"\s*(?:if|for|while)\s*\(.*\)\s*\{")
_PYTHON_HEADER = re.compile(rb"\s*(?:if|for|while|with|else|elif|try|finally|except|def|class)\b.*:")
_RUBY_HEADER = re.compile(rb"(\s*)(if|unless|while|until)\s+(.+)")
_SIMPLE = re.compile(rb"\s*[A-Za-z_$@*&(][^{}#]*")
_SHELL = {b"then": b"fi", b"do": b"done"}


def joined_bodies(place: Place, share: float) -> Iterator[Edit]:
    """Bodies of one statement on the line of their header."""
    language = place.file.language
    for index in range(len(place.lines) - 2):
        three = [place.line(index + k) for k in range(3)]
        if place.rng.random() >= share or not all(int(place.file.masks[index + k]) & _CODE for k in range(2)):
            continue
        if not all(place.ends_in_code(index + k) for k in range(2)) or not _SIMPLE.fullmatch(three[1]):
            continue
        joined, used = _joined(language, three, place)
        if joined is not None:
            begin, end = int(place.lines.starts[index]), int(place.lines.ends[index + used - 1])
            yield Edit(begin, end, joined)


def _joined(language: str, three: list[bytes], place: Place) -> tuple[bytes | None, int]:
    """Three lines as one, and how many of them it takes the place of."""
    head, body, tail = three[0].rstrip(), three[1].strip(), three[2].strip()
    if _depth(three[1]) <= _depth(three[0]):
        return None, 0
    if language == "python":
        ends = _depth(three[2]) <= _depth(three[0]) and bool(tail)
        fits = ends and _PYTHON_HEADER.fullmatch(head) and not body.startswith((b'"', b"'", b"if ", b"for ", b"def "))
        fits = fits and not re.match(rb"(?:while|with|try|class|async|@)\b", body) and not body.endswith((b",", b":"))
        return (head + b" " + body, 2) if fits else (None, 0)
    if language == "ruby":
        match = _RUBY_HEADER.fullmatch(head)
        if match and tail == b"end" and not re.search(rb"\b(?:do|if|unless|then|end)\b|,$", body + b" " + match[3]):
            return match[1] + body + b" " + match[2] + b" " + match[3], 3
        return None, 0
    if language == "lua":
        fits = tail == b"end" and head.endswith((b" then", b" do", b")")) and not body.endswith((b",", b"("))
        return (head + b" " + body + b" end", 3) if fits else (None, 0)
    if language == "bash":
        for begin, end in _SHELL.items():
            if head.endswith((b" " + begin, b";" + begin)) and tail == end and not body.endswith((b"|", b"&", b"(")):
                return head + b" " + body + b"; " + end, 3
        return None, 0
    if not head.endswith(b"{") or tail != b"}":
        return None, 0
    end = place.syntax.statement_end.encode()
    if body.endswith((b",", b"(", b"[", b"=", b"&&", b"||", b":")) or (end and not body.endswith(end)):
        return None, 0
    if place.syntax.bare_body and _HEADER.fullmatch(head) and place.rng.random() < 0.6:
        return head[:-1].rstrip() + b" " + body, 3
    return head + b" " + body + b" }", 3


def wrapped(place: Place, share: float) -> Iterator[Edit]:
    """Line breaks behind brackets that open and behind commas in them, some with a comment before them."""
    if place.file.language == "bash":
        return
    strings, marker = place.captures["string"], place.syntax.marker
    for index in range(len(place.lines)):
        if place.rng.random() >= share or not place.ends_in_code(index) or int(place.file.masks[index]) & _COMMENT:
            continue
        line, start = place.line(index), int(place.lines.starts[index])
        if len(line) < 30 or line.lstrip()[:1] in b"#@":
            continue
        inner = b"\n" + line[: len(line) - len(line.lstrip())] + (b"\t" if line[:1] == b"\t" else b"    ")
        depth, places = 0, []
        for position, letter in enumerate(line):
            depth += (letter == 40) - (letter == 41)
            if (letter == 40 or (letter == 44 and depth > 0)) and line[position + 1 : position + 2] not in (b")", b""):
                places.append(position + 1)
        if line.count(b"(") != line.count(b")") or not places:
            continue
        positions = np.array(places) + start
        positions = positions[~strings.contain(positions) & ~strings.contain(positions - 1)]
        for position in positions.tolist():
            if place.rng.random() < 0.5:
                comment = f"  {marker} {place.contents.comment()}".encode() if place.rng.random() < 0.1 else b""
                after = position + (place.file.data[position : position + 1] == b" ")
                yield Edit(position, after, comment + inner)


def blocks_of_comments(place: Place, count: int) -> Iterator[Edit]:
    """Comments of several lines: of lines that were comments each, and of code that was none."""
    if place.syntax.block is None:
        return
    opening, closing = place.syntax.block
    marker = place.syntax.marker.encode()
    runs = _runs_of_comments(place, marker)
    for begin, end in place.rng.sample(runs, min(count, len(runs))):
        held = [place.line(index).strip()[len(marker) :] for index in range(begin, end)]
        if any(closing.encode() in line or b"*/" in line for line in held):
            continue
        indentation = b"" if opening.startswith("=") else _indentation(place.line(begin))
        lines = [indentation + opening.encode(), *held, indentation + closing.encode()]
        yield Edit(int(place.lines.starts[begin]), int(place.lines.ends[end - 1]), b"\n".join(lines))
    for _ in range(place.rng.randint(0, count)):
        index = place.rng.randrange(len(place.lines))
        if not index or not place.ends_in_code(index - 1) or not int(place.file.masks[index]) & _CODE:
            continue
        if not place.line(index - 1).rstrip().endswith((b";", b"}", b"{", b"end", b")")):
            continue
        length = place.rng.randint(1, 6)
        held = [place.contents.inside_block(closing).encode() for _ in range(length)]
        indentation = b"" if opening.startswith("=") else _indentation(place.line(index))
        lines = [indentation + opening.encode(), *(indentation + line for line in held), indentation + closing.encode()]
        start = int(place.lines.starts[index])
        yield Edit(start, start, b"\n".join(lines) + b"\n")


def reindented(place: Place) -> Iterator[Edit]:
    """All indentation anew: none, none for what types hold, or by another unit; most texts are left as they are."""
    draw = place.rng.random()
    keeps_depth = place.file.language == "python"
    for index in range(len(place.lines)):
        indentation = _indentation(place.line(index))
        if not indentation or draw > _REINDENTED:
            continue
        if draw < _REINDENTED / 3 and not keeps_depth:
            changed = b""
        elif draw < _REINDENTED * 2 / 3 and not keeps_depth:
            first = 1 if indentation[:1] == b"\t" else 4 if indentation[:4] == b"    " else 2
            changed = indentation[first:] if int(place.file.masks[index]) & _IN_TYPE else indentation
        else:
            changed = indentation.replace(b"\t", b"    ") if b"\t" in indentation else indentation.replace(b"  ", b"\t")
        start = int(place.lines.starts[index])
        yield Edit(start, start + len(indentation), changed)


def _runs_of_comments(place: Place, marker: bytes) -> list[tuple[int, int]]:
    """Runs of two to twelve lines that hold a comment of one line and nothing else."""
    runs, begin = [], None
    for index in range(len(place.lines) + 1):
        there = (
            index < len(place.lines)
            and int(place.file.masks[index]) & (_COMMENT | _CODE | _DOCUMENTED) == _COMMENT
            and place.line(index).strip().startswith(marker)
            and not place.line(index).strip().startswith((b"#!", b"--[", b"///"))
        )
        if there and begin is None:
            begin = index
        elif not there and begin is not None:
            if 2 <= index - begin <= 12:
                runs.append((begin, index))
            begin = None
    return runs


def _indentation(line: bytes) -> bytes:
    return line[: len(line) - len(line.lstrip())]


def _depth(line: bytes) -> int:
    return len(_indentation(line))
