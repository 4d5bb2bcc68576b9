"""The labels of plain text: every visible line is ``text``, every other ``blank``."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import Group, group_mask, mask_of
from linewise.features.lines import split_lines
from linewise.training.corpus.shards import LabelledFile

TEXT_LANGUAGE = "text"
"""What a document that is no program has in place of a language."""

TEXT = mask_of(["text"])
BLANK = mask_of(["blank"])
CODE = mask_of(["code"])
REGIONS = group_mask(Group.REGION)

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def lines_of(data: bytes) -> list[bytes]:
    """The lines of a text with their line breaks; joined they are the text again."""
    starts = split_lines(data).starts.tolist()
    return [data[start:end] for start, end in itertools.pairwise([*starts, len(data)])]


def text_masks(lines: Sequence[bytes]) -> NDArray[np.uint32]:
    """The label mask of each line of plain text, uint32 of shape (n_lines,); a byte-order mark is not visible."""
    masks = np.fromiter((TEXT if line.strip() else BLANK for line in lines), dtype=np.uint32, count=len(lines))
    if lines and lines[0].startswith(_BYTE_ORDER_MARK) and not lines[0][len(_BYTE_ORDER_MARK) :].strip():
        masks[0] = BLANK
    return masks


def text_document(lines: Sequence[str], project: str, package: str, path: str) -> LabelledFile:
    """A labelled document of lines of plain text, given without their line breaks; all of it is known."""
    data = "".join(line + "\n" for line in lines).encode()
    masks = text_masks(lines_of(data))
    return LabelledFile(TEXT_LANGUAGE, project, package, path, data, masks, np.ones(len(masks), dtype=np.bool_))
