"""How right the labels are, in each view of a split: whole files and windows of 40 to 1 lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import Group
from linewise.features.languages import LANGUAGE_INDEX
from linewise.models import pipeline
from linewise.models.pipeline import Document, Networks
from linewise.models.store import SavedModel
from linewise.training.corpus.manifest import Split
from linewise.training.trainer.evaluation import Figures, answer_with, measure, random_windows, whole_files
from linewise.training.trainer.run import Corpus
from linewise.training.trainer.sampling import Sample, batches

WINDOW_LENGTHS = (40, 20, 7, 3, 1)
SEED = 7
SURFACE_AND_CONSTRUCT = (Group.SURFACE, Group.CONSTRUCT)
_ALIKE = {"c": "cpp", "typescript": "javascript"}


@dataclass(frozen=True, slots=True)
class View:
    """One way of showing the split to the model, and what came out; `text` are the figures of the text part alone."""

    name: str
    figures: Figures
    text: Figures


@dataclass(frozen=True, slots=True)
class LanguageFigures:
    """Share of documents whose language is right, and the same with C/C++ and JavaScript/TypeScript merged."""

    name: str
    apart: float
    merged: float
    n_documents: int


@dataclass(frozen=True, slots=True)
class Accuracy:
    """All figures of one model on one split; nothing was told of language or context."""

    split: Split
    model_digest: str
    views: tuple[View, ...]
    detection: tuple[LanguageFigures, ...]

    def view(self, name: str) -> View:
        """The view of that name; raises KeyError."""
        for view in self.views:
            if view.name == name:
                return view
        raise KeyError(name)


def measure_accuracy(model: SavedModel, corpus: Corpus, split: Split, mode: str = "balanced") -> Accuracy:
    """Label every view of a split and count."""
    thresholds = model.thresholds[mode].upper
    answer = answer_with(model.networks)
    views = []
    for n_lines in (0, *WINDOW_LENGTHS):
        name = f"{n_lines} lines" if n_lines > 1 else "1 line" if n_lines else "whole file"
        code = {language: _samples(corpus, language, n_lines) for language in corpus.code}
        views.append(
            View(
                name,
                measure(code, answer, thresholds),
                measure({"text": _samples(corpus, "text", n_lines)}, answer, thresholds),
            )
        )
    detection = tuple(
        _detect(name, model.networks, {language: _samples(corpus, language, n) for language in corpus.code})
        for name, n in (("whole file", 0), ("20 lines", 20), ("5 lines", 5))
    )
    return Accuracy(split, model.info.digest, tuple(views), detection)


def _samples(corpus: Corpus, language: str, n_lines: int) -> Iterator[Sample]:
    files = corpus.text if language == "text" else corpus.code[language]
    return random_windows(files, n_lines, SEED) if n_lines else whole_files(files)


def _detect(name: str, networks: Networks, samples: Mapping[str, Iterator[Sample]]) -> LanguageFigures:
    apart, merged = [], []
    n_documents = 0
    for language, stream in samples.items():
        right = alike = total = 0
        for group in batches(stream, 20_000):
            found = _languages(networks, [sample.document for sample in group])
            right += int((found == LANGUAGE_INDEX[language]).sum())
            same = [
                index
                for other, index in LANGUAGE_INDEX.items()
                if _ALIKE.get(other, other) == _ALIKE.get(language, language)
            ]
            alike += int(np.isin(found, same).sum())
            total += len(group)
        apart.append(right / max(total, 1))
        merged.append(alike / max(total, 1))
        n_documents += total
    return LanguageFigures(name, float(np.mean(apart)), float(np.mean(merged)), n_documents)


def _languages(networks: Networks, documents: list[Document]) -> NDArray[np.intp]:
    best: NDArray[np.intp] = pipeline.prepare(networks.language, documents).language_scores.argmax(axis=1)
    return best
