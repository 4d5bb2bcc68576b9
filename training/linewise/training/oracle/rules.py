"""The rules of the taxonomy that a line's labels and characters decide by themselves, over any labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import Group, group_mask, mask_of
from linewise.features.lines import split_lines

_SPACE = np.zeros(256, dtype=np.bool_)
_SPACE[list(b" \t\v\f\r\n")] = True


@dataclass(frozen=True, slots=True)
class Violation:
    """A line (1-based) and the rule that its labels break."""

    line: int
    rule: str


def violations(masks: NDArray[np.uint32], data: bytes) -> list[Violation]:
    """Which lines break a rule that form alone decides, in the order of the lines.

    Args:
        masks: uint32 of shape (n_lines,), the labels of each line.
        data: the text.

    Raises:
        ValueError: there are not as many masks as the text has lines.
    """
    lines = split_lines(data)
    if len(lines) != len(masks):
        raise ValueError(f"{len(masks)} label sets for {len(lines)} lines")
    if not len(lines):
        return []
    visible = ~_SPACE[np.frombuffer(data, dtype=np.uint8)]
    if data.startswith(b"\xef\xbb\xbf"):
        visible[:3] = False
    seen = np.logical_or.reduceat(visible, lines.starts)

    def has(*names: str) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = (masks & np.uint32(mask_of(names))) != 0
        return found

    constructs = (masks & np.uint32(group_mask(Group.CONSTRUCT))) != 0
    beside_blank = (masks & np.uint32(~(group_mask(Group.REGION) | mask_of(["blank"])) & 0xFFFFFFFF)) != 0
    checks = (
        ("blank is not what the text says", has("blank") == seen),
        ("a blank line has other than region labels", has("blank") & beside_blank),
        (
            "a visible line has none of code, comment, documentation, text",
            seen & ~has("code", "comment", "documentation", "text"),
        ),
        ("a construct without code", constructs & ~has("code")),
        ("string or delimiter without code", has("string", "delimiter") & ~has("code")),
        ("text beside code, comment or documentation", has("text") & has("code", "comment", "documentation")),
        ("delimiter on a line that lies in a string", has("delimiter") & has("string")),
        (
            "a definition begins on a delimiter line",
            has("delimiter") & has("function_definition", "type_definition"),
        ),
        ("loop without in_loop", has("loop") & ~has("in_loop")),
        ("lambda without in_function", has("lambda") & ~has("in_function")),
    )
    found = [Violation(int(line) + 1, rule) for rule, broken in checks for line in np.flatnonzero(broken)]
    return sorted(found, key=lambda violation: violation.line)
