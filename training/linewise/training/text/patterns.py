"""Patterns: lines with slots in, read into their parts.

A slot is ``{name}``, ``{name:argument}``, ``{variable=name:argument}`` (the value is kept) or ``{=variable}`` (the
kept value again); ``~<8``, ``~>8`` or ``~^8`` at its end pads it to a width. An argument may hold slots itself.
Braces that begin no slot (``{"key": 1}``, ``{ }``) stand for themselves, ``{lb}`` and ``{rb}`` for braces that would.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_OPENING = re.compile(r"\{(?:([a-z]\w*)?(=))?([a-zA-Z]\w*)(?=[:}~])")
_PADDING = re.compile(r"~([<>^]\d+)$")


class SlotError(ValueError):
    """A slot that nothing fills, a variable that is not set, or a slot without end; the message shows the pattern."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot; where ``recalled`` is true, ``name`` is a variable's."""

    name: str
    argument: str
    variable: str | None
    recalled: bool
    padding: str


@lru_cache(maxsize=20_000)
def parts_of(pattern: str) -> tuple[str | Slot, ...]:
    """The literal text and the slots of a pattern, in order; raises SlotError where a slot has no end."""
    parts: list[str | Slot] = []
    done = 0
    while match := _OPENING.search(pattern, done):
        end = _closing(pattern, match.start())
        variable, equals, name = match.groups()
        rest = pattern[match.end() : end]
        padding = _PADDING.search(rest)
        argument = (rest[: padding.start()] if padding else rest).removeprefix(":")
        parts.append(pattern[done : match.start()])
        parts.append(Slot(name, argument, variable, bool(equals) and variable is None, padding[1] if padding else ""))
        done = end + 1
    parts.append(pattern[done:])
    return tuple(part for part in parts if part != "")


@lru_cache(maxsize=20_000)
def alternatives(argument: str) -> tuple[str, ...]:
    r"""The parts of an argument between the bars that stand in no inner slot; ``\|`` is a bar of the text."""
    found, depth, current = [], 0, ""
    for character in argument:
        depth += (character == "{") - (character == "}")
        if character != "|" or depth > 0:
            current += character
        elif current.endswith("\\"):
            current = current[:-1] + "|"
        else:
            found.append(current)
            current = ""
    return (*found, current)


def _closing(pattern: str, start: int) -> int:
    depth = 0
    for at in range(start, len(pattern)):
        depth += (pattern[at] == "{") - (pattern[at] == "}")
        if depth == 0:
            return at
    raise SlotError(f"a slot without end in {pattern!r}")
