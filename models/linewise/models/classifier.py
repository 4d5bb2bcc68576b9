"""The classifier that people import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from linewise.features import kernel
from linewise.features.labels import N_LABELS, TAXONOMY_VERSION
from linewise.features.languages import (
    LANGUAGE_NAMES,
    language_named,
    language_of_file_name,
    language_of_shebang,
)
from linewise.features.lines import encode

from . import pipeline, store
from .decision import reconcile
from .layout import CONTEXTS
from .prediction import Prediction

BATCH_BYTES = 1 << 17
"""Texts are gathered up to about so many bytes: enough to spread the fixed costs, few enough to stay in cache."""
BATCH_DOCUMENTS = 256
BLOCK_LINES = 1 << 16
"""How many lines `classify_blocks` yields at a time."""
_BITS = np.uint32(1) << np.arange(N_LABELS, dtype=np.uint32)


class OptionError(ValueError):
    """An option of `classify` that is none of the allowed values; the message names both."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its options, for `Classifier.classify_many`; see `Classifier.classify`."""

    text: str | bytes
    language: str | None = None
    filename: str | None = None
    context: str = "unknown"
    mode: str = "balanced"


class Classifier:
    """Labels lines. Immutable after loading, so one instance may serve any number of threads."""

    def __init__(self, model: store.SavedModel) -> None:
        self._model = model

    @classmethod
    def load(cls, folder: str | Path | None = None) -> Classifier:
        """Read a model folder, by default the one that ships with the package; raises ModelError."""
        return cls(store.load(Path(folder) if folder is not None else store.default_folder()))

    @property
    def info(self) -> store.ModelInfo:
        """What the loaded model says of itself."""
        return self._model.info

    def classify(
        self,
        text: str | bytes,
        *,
        language: str | None = None,
        filename: str | None = None,
        context: str = "unknown",
        mode: str = "balanced",
    ) -> Prediction:
        """Label every line of one text.

        Args:
            text: any text; bytes are taken as UTF-8 or any other superset of ASCII.
            language: its language, by name or alias. It wins over the file name, and that over detection.
            filename: its file name or path, which may tell the language.
            context: `file` if the text is whole, `fragment` if it is cut out of one, `unknown`.
            mode: which thresholds turn probabilities into labels: `high-confidence`, `balanced` or `best-guess`.

        Raises:
            UnknownLanguageError: if the language is none that linewise knows.
            OptionError: if context or mode is none of the above.
        """
        return next(self.classify_many([Document(text, language, filename, context, mode)]))

    def classify_many(self, texts: Iterable[str | bytes | Document]) -> Iterator[Prediction]:
        """Label many texts, one Prediction each, in order; raises as `classify`, at the text that is at fault."""
        pending: list[tuple[pipeline.Document, str]] = []
        size = 0
        for item in texts:
            document, mode = _checked(item if isinstance(item, Document) else Document(item))
            if pending and size + len(document.text) > BATCH_BYTES:
                yield from self._answer(pending)
                pending, size = [], 0
            pending.append((document, mode))
            size += len(document.text)
            if len(pending) >= BATCH_DOCUMENTS:
                yield from self._answer(pending)
                pending, size = [], 0
        if pending:
            yield from self._answer(pending)

    def classify_blocks(self, document: str | bytes | Document, *, lines: int = BLOCK_LINES) -> Iterator[Prediction]:
        """Label one text and yield its lines block by block: the same answer, with less of it in memory at a time.

        For texts of millions of lines, whose probabilities take 108 bytes a line. The text is held whole, and a few
        hundred bytes of working memory for each of its lines.

        Args:
            document: the text, with its options if there are any.
            lines: how many lines a block has, or a few more or less: at least about 2,000.

        Yields:
            Predictions for consecutive lines, each of whose `lines` count from 1 anew; none for a text without lines.

        Raises:
            UnknownLanguageError, OptionError: as `classify`, when the first block is asked for.
        """
        checked, mode = _checked(document if isinstance(document, Document) else Document(document))
        for answers in pipeline.answer_blocks(self._model.networks, checked, lines):
            yield from self._predictions(answers, [mode])

    def _answer(self, pending: list[tuple[pipeline.Document, str]]) -> Iterator[Prediction]:
        answers = pipeline.answer(self._model.networks, [document for document, _ in pending])
        return self._predictions(answers, [mode for _, mode in pending])

    def _predictions(self, answers: pipeline.Answers, modes: Sequence[str]) -> Iterator[Prediction]:
        """What the answers mean for each document, in its mode."""
        offsets = answers.line_offsets.tolist()
        # For all lines at once: what is fixed about a call counts once a batch, not once a text.
        sizes = np.repeat(store.sizes_of(answers.n_lines), np.diff(answers.line_offsets)).astype(np.uint8)
        likeliest = pipeline.likeliest(answers.language_scores).tolist()
        masks_of = {mode: self._masks(answers.probabilities, sizes, mode) for mode in set(modes)}
        for index, mode in enumerate(modes):
            lines = slice(offsets[index], offsets[index + 1])
            masks, uncertain_masks = masks_of[mode]
            scores, best = answers.language_scores[index], likeliest[index]
            yield Prediction(
                masks=masks[lines],
                uncertain_masks=uncertain_masks[lines],
                probabilities=answers.probabilities[lines],
                language=LANGUAGE_NAMES[best] if 0 <= best < len(LANGUAGE_NAMES) else None,
                language_score=float(1 - scores.sum() if best == pipeline.NO_LANGUAGE else scores[best]),
                model_digest=self._model.info.digest,
                taxonomy_version=TAXONOMY_VERSION,
            )

    def _masks(
        self, probabilities: NDArray[np.float32], sizes: NDArray[np.uint8], mode: str
    ) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """The labels that each line has in a mode, and those that it may have besides, as bit masks."""
        given, possible = _reached(probabilities, sizes, self._model.thresholds[mode])
        given = reconcile(given, probabilities, complete=mode != "high-confidence")
        return given, possible & ~given


def _reached(
    probabilities: NDArray[np.float32], sizes: NDArray[np.uint8], thresholds: store.Thresholds
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """The labels whose upper thresholds are reached, and those whose lower ones are; uint32 of shape (n_lines,).

    `sizes` are the thresholds' rows that serve the lines, (n_lines,).
    """
    if (compiled := kernel.load()) is not None:
        given, possible = np.empty((2, len(probabilities)), dtype=np.uint32)
        lower, upper = thresholds.lower, thresholds.upper
        compiled.call("lw_masks", probabilities, *probabilities.shape, sizes, lower, upper, given, possible)
        return given, possible
    above = probabilities >= thresholds.upper[sizes]
    return above @ _BITS, ((probabilities >= thresholds.lower[sizes]) & ~above) @ _BITS


def _checked(document: Document) -> tuple[pipeline.Document, str]:
    """The document as the pipeline takes it, its language settled; raises as `Classifier.classify`."""
    if document.context not in CONTEXTS:
        raise OptionError(f"context is {document.context[:40]!r}; it can be {', '.join(CONTEXTS)}")
    if document.mode not in store.MODES:
        raise OptionError(f"mode is {document.mode[:40]!r}; it can be {', '.join(store.MODES)}")
    data = encode(document.text)
    language = None
    if document.language is not None:
        language = language_named(document.language)
    else:
        if document.filename is not None:
            language = language_of_file_name(document.filename)
        if language is None and data.startswith(b"#!"):
            language = language_of_shebang(data[:200].split(b"\n", 1)[0])
    return pipeline.Document(data, language.name if language else None, document.context), document.mode
