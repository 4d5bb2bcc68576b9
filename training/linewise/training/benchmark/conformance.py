"""The model on files that were labelled by hand: no parser stands between what the labels mean and these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linewise.features.languages import LANGUAGE_NAMES
from linewise.features.plain_text import PlainTextError, parse_plain_text
from linewise.models import pipeline, store
from linewise.models.pipeline import Document
from linewise.training.trainer.evaluation import Counts
from linewise.training.trainer.perceptron import label_targets

from .cases import Told
from .tallies import given_labels, merged

TOLD = (Told.NOTHING, Told.BOTH)


class ConformanceError(ValueError):
    """A folder that holds no files labelled by hand, or one that cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class Conformance:
    """What came out, by what was told and by language."""

    counts: Mapping[Told, Mapping[str, Counts]]

    def exact(self, told: Told) -> float:
        """Share of all lines with every label right."""
        return merged(self.counts[told].values()).exact


def source_folder() -> Path | None:
    """The files of the source tree that this module lies in; None where it was installed without one."""
    folder = Path(__file__).parents[4] / "tests" / "conformance"
    return folder if folder.is_dir() else None


def measure_conformance(model: Path, folder: Path) -> Conformance:
    """Label ``LANGUAGE.txt`` of every language that the folder has, and count.

    Raises:
        ConformanceError: it has none, or one is not in the plain-text form.
        ModelError: the model cannot be used.
    """
    saved = store.load(model)
    counts: dict[Told, dict[str, Counts]] = {told: {} for told in TOLD}
    for language in LANGUAGE_NAMES:
        path = folder / f"{language}.txt"
        if not path.is_file():
            continue
        try:
            expected = parse_plain_text(path.read_bytes())
        except PlainTextError as error:
            raise ConformanceError(f"{path}: {error}") from error
        truth = label_targets(np.array(expected.masks, dtype=np.uint32)).astype(bool)
        for told in TOLD:
            hint = (language, "file") if told is Told.BOTH else (None, "unknown")
            probabilities = pipeline.answer(saved.networks, [Document(expected.data, *hint)]).probabilities
            thresholds = saved.thresholds["balanced"].of_lines(np.array([len(truth)]))
            counts[told][language] = Counts()
            counts[told][language].add(truth, given_labels(probabilities, thresholds))
    if not counts[Told.NOTHING]:
        raise ConformanceError(f"{folder} has no file named after a language, such as python.txt")
    return Conformance(counts)
