"""The plain-text form of labelled lines: ``labels | text``, one line a line.

::

    code,loop,in_function,in_loop            | for item in queue:
    blank,in_function                        |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from .labels import LABEL_INDEX, mask_of, names_of
from .lines import split_lines

NO_LABELS = "-"
SEPARATOR = " | "


class PlainTextError(ValueError):
    """Text that is not of the plain-text form; the message names the line."""


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text's bytes, its lines joined by line feeds, and each line's label mask."""

    data: bytes
    masks: tuple[int, ...]


@lru_cache(maxsize=1 << 14)
def format_labels(mask: int) -> str:
    """The labels of a mask, comma-separated in the order of the taxonomy, ``-`` where there are none."""
    return ",".join(names_of(mask)) or NO_LABELS


def format_lines(masks: Iterable[int], lines: Iterable[str]) -> list[str]:
    """The plain-text form of each line, its labels padded to one width."""
    return align_lines([format_labels(int(mask)) for mask in masks], lines)


def align_lines(
    lefts: Sequence[str], lines: Iterable[str], paint: Callable[[str], str] | None = None, width: int = 0
) -> list[str]:
    """What stands left of each line, padded to one width, then the separator and the line.

    Args:
        lefts: the left side of each line.
        lines: the texts of the lines, as many.
        paint: adds colour to a left side, which takes no place on the screen and so does not count as width.
        width: the least width, for lines that others are to stand below or above.
    """
    distinct = set(lefts)
    width = max([width, *map(len, distinct)])
    padded = {}
    for left in distinct:
        padding = " " * (width - len(left))
        padded[left] = f"{paint(left) if paint else left}{padding}{SEPARATOR}"
    bare = {left: whole.rstrip(" ") for left, whole in padded.items()}
    return [padded[left] + text if text else bare[left] for left, text in zip(lefts, lines, strict=True)]


def parse_plain_text(content: bytes) -> LabelledText:
    """Read labelled lines back; raises PlainTextError naming the first line that is not of the form."""
    masks: list[int] = []
    texts: list[bytes] = []
    spans = split_lines(content)
    for number, (start, end) in enumerate(zip(spans.starts.tolist(), spans.ends.tolist(), strict=True), 1):
        left, bar, text = content[start:end].partition(b" |")
        if not bar or (text and not text.startswith(b" ")):
            raise PlainTextError(f"line {number}: no ' | ' between labels and text")
        names = [] if left.strip() == b"-" else left.decode("utf-8", "replace").strip().split(",")
        for name in names:
            if name not in LABEL_INDEX:
                raise PlainTextError(f"line {number}: unknown label {name!r}")
        masks.append(mask_of(names))
        texts.append(text[1:])
    return LabelledText(b"".join(text + b"\n" for text in texts), tuple(masks))
