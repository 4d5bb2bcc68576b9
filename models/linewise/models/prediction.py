"""What the classifier answers: one immutable value per text, the same for every face."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import names_of


@dataclass(frozen=True, slots=True)
class Line:
    """One line's answer.

    Attributes:
        number: 1-based.
        labels: the labels that the line has, in the order of the taxonomy.
        uncertain: labels that it may have: their probability is between the mode's two thresholds.
    """

    number: int
    labels: tuple[str, ...]
    uncertain: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """The labels of every line of one text.

    Attributes:
        masks: each line's labels as a bit mask (bit k is `LABELS[k]`), uint32 of shape (n_lines,).
        uncertain_masks: the same for uncertain labels.
        probabilities: float32 of shape (n_lines, n_labels).
        language: the name of the text's language, None where it seems to be none of those known.
        language_score: the probability of that answer, 1.0 where the language was given.
        model_digest: SHA-256 of the model that answered.
        taxonomy_version: version of the labels' definitions.
    """

    masks: NDArray[np.uint32]
    uncertain_masks: NDArray[np.uint32]
    probabilities: NDArray[np.float32]
    language: str | None
    language_score: float
    model_digest: str
    taxonomy_version: str

    def __len__(self) -> int:
        return len(self.masks)

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every line with its labels by name."""
        pairs = zip(self.masks.tolist(), self.uncertain_masks.tolist(), strict=True)
        return tuple(
            Line(number, label_names(mask), label_names(uncertain)) for number, (mask, uncertain) in enumerate(pairs, 1)
        )


@lru_cache(maxsize=1 << 16)
def label_names(mask: int) -> tuple[str, ...]:
    """`names_of`, remembered: real code has a few thousand different masks."""
    return names_of(mask)
