"""Labels that agree with each other: the taxonomy's rules, applied to what the thresholds give.

Each label has a threshold of its own, so on a doubtful line they can contradict each other. The rules that form alone
decides settle it: a construct implies `code`, so what seems to begin where there surely is none does not; `text` stands
beside neither `code` nor `comment`; and a visible line has at least one of `code`, `comment`, `documentation` and
`text`. Probabilities stay as they are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import LABEL_INDEX, N_LABELS, Group, group_mask, mask_of

_BLANK, _CODE, _TEXT = (np.uint32(mask_of([name])) for name in ("blank", "code", "text"))
_IMPLIES_CODE = np.uint32(group_mask(Group.CONSTRUCT) | mask_of(["string", "delimiter"]))
_COMMENTS = np.uint32(mask_of(["comment", "documentation"]))
_NOT_TEXT = _IMPLIES_CODE | _CODE | _COMMENTS
_IMPLYING = _IMPLIES_CODE & (np.uint32(1) << np.arange(N_LABELS, dtype=np.uint32))  # (n_labels,)
_CODE_INDEX = LABEL_INDEX["code"]
_CARRIERS = np.array([LABEL_INDEX[name] for name in ("code", "comment", "documentation", "text")])


def reconcile(
    masks: NDArray[np.uint32], probabilities: NDArray[np.float32], *, complete: bool = True
) -> NDArray[np.uint32]:
    """The same masks where the labels agree; elsewhere the more probable side wins.

    Args:
        masks: labels as the thresholds give them, uint32 of shape (n_lines,).
        probabilities: float32 of shape (n_lines, n_labels).
        complete: whether a visible line that has none of `code`, `comment`, `documentation` and `text` gets the most
            probable of them; without it, such a line stays undecided.
    """
    masks = masks.copy()
    contested = np.flatnonzero((masks & _TEXT != 0) & (masks & _NOT_TEXT != 0))
    if len(contested):
        of_carriers = probabilities[np.ix_(contested, _CARRIERS)]
        is_text = of_carriers[:, 3] >= of_carriers[:, :3].max(axis=1)
        masks[contested[is_text]] &= ~_NOT_TEXT
        masks[contested[~is_text]] &= ~_TEXT
    begun = np.flatnonzero((masks & _IMPLIES_CODE != 0) & (masks & _CODE == 0))
    if len(begun):
        of_line = probabilities[begun]
        given = (masks[begun, None] & _IMPLYING) != 0
        most = np.where(given, of_line, 0).max(axis=1)
        is_code = most >= 1 - of_line[:, _CODE_INDEX]
        masks[begun[is_code]] |= _CODE
        masks[begun[~is_code]] &= ~_IMPLIES_CODE
    if complete:
        open_lines = np.flatnonzero(masks & (_CODE | _COMMENTS | _TEXT | _BLANK) == 0)
        if len(open_lines):
            best = _CARRIERS[probabilities[np.ix_(open_lines, _CARRIERS)].argmax(axis=1)]
            masks[open_lines] |= np.uint32(1) << best.astype(np.uint32)
    return masks
