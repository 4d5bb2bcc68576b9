"""Labelling rows: texts in, the values of the added columns out. One bad row never costs another its labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, Protocol

from linewise.features.languages import UnknownLanguageError, language_named
from linewise.features.lines import encode
from linewise.models import Classifier, Document, Prediction

from ..batch.summary import SUMMARY_COLUMNS, columns_of, summarize_stream
from .columns import LINE_LABELS, LINE_UNCERTAIN, REASON, STATUS
from .options import RowOptions

Columns = dict[str, list[Any]]
"""Values by column name, one for each row; None where a row has none."""


class Status(StrEnum):
    """How a row ended."""

    LABELLED = "labelled"
    SKIPPED = "skipped"
    FAILED = "failed"


class Reason(StrEnum):
    """Why a row was not labelled."""

    NULL = "null"
    TOO_LARGE = "too large"
    NOT_TEXT = "not text"
    NOT_CLASSIFIED = "not classified"
    NOT_JSON = "not a JSON object"
    NO_COLUMN = "no text column"


STATUS_OF_REASON = {
    Reason.NULL: Status.SKIPPED,
    Reason.TOO_LARGE: Status.SKIPPED,
    Reason.NOT_TEXT: Status.FAILED,
    Reason.NOT_CLASSIFIED: Status.FAILED,
    Reason.NOT_JSON: Status.FAILED,
    Reason.NO_COLUMN: Status.FAILED,
}


class ManyClassifier(Protocol):
    """What labelling needs of a classifier."""

    def classify_many(self, texts: Iterable[str | bytes | Document]) -> Iterator[Prediction]:
        """One prediction for each text, in order."""


@cache
def process_classifier() -> Classifier:
    """The classifier of this process: loaded when it is first needed, then shared. Raises ModelError."""
    return Classifier.load()


def label_rows(
    texts: Sequence[object],
    languages: Sequence[object] | None,
    filenames: Sequence[object] | None,
    options: RowOptions,
    classifier: ManyClassifier,
) -> Columns:
    """The added columns for some rows.

    Args:
        texts: each row's text. What is no string and no bytes is marked; a `Reason` stands for a row that has none.
        languages: each row's language, or None where no column tells it.
        filenames: each row's file name, likewise.
        options: how to label.
        classifier: what labels.
    """
    reasons = [_reason_against(text, options) for text in texts]
    documents = {
        row: Document(
            encode(text),
            language=_known_language(languages[row]) if languages is not None else None,
            filename=_file_name(filenames[row]) if filenames is not None else None,
            context=options.context,
            mode=options.mode,
        )
        for row, text in enumerate(texts)
        if reasons[row] is None and isinstance(text, str | bytes)
    }
    masks: list[Any] = [None] * len(texts)
    uncertain: list[Any] = [None] * len(texts)
    labelled: list[int] = []

    def predictions() -> Iterator[Prediction]:
        for row, prediction in _classify(classifier, documents):
            if prediction is None:
                reasons[row] = Reason.NOT_CLASSIFIED
                continue
            labelled.append(row)
            if options.with_lines:
                masks[row], uncertain[row] = prediction.masks, prediction.uncertain_masks
            yield prediction

    summary = columns_of(summarize_stream(predictions()))
    columns: Columns = {
        STATUS: [Status.LABELLED.value if reason is None else STATUS_OF_REASON[reason].value for reason in reasons],
        REASON: [None if reason is None else reason.value for reason in reasons],
        **{name: _spread(summary[name], labelled, len(texts)) for name in SUMMARY_COLUMNS},
    }
    # Not null: a column of whole numbers with gaps is one of fractions to numpy and pandas.
    columns["lines"] = [lines or 0 for lines in columns["lines"]]
    if options.with_lines:
        columns[LINE_LABELS], columns[LINE_UNCERTAIN] = masks, uncertain
    return {options.prefix + name: values for name, values in columns.items()}


def _reason_against(text: object, options: RowOptions) -> Reason | None:
    """Why a row's text cannot be labelled, None if it can."""
    if text is None:
        return Reason.NULL
    if isinstance(text, Reason):
        return text
    if not isinstance(text, str | bytes):
        # pandas says NaN where a text is missing.
        return Reason.NULL if text != text else Reason.NOT_TEXT  # noqa: PLR0124
    if len(text) > options.max_bytes:
        return Reason.TOO_LARGE
    data = encode(text)
    # An upper bound that costs little, before the lines are counted as they are defined.
    n_breaks = data.count(b"\n") + data.count(b"\r")
    return Reason.TOO_LARGE if len(data) > options.max_bytes or n_breaks > options.max_lines else None


@lru_cache(maxsize=4096)
def _language_name(name: str) -> str | None:
    try:
        return language_named(name).name
    except UnknownLanguageError:
        return None


def _known_language(value: object) -> str | None:
    return _language_name(value) if isinstance(value, str) else None


def _file_name(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _classify(classifier: ManyClassifier, documents: dict[int, Document]) -> Iterator[tuple[int, Prediction | None]]:
    """The prediction for each row, in order; None for those that the classifier cannot answer."""
    rows = list(documents)
    done = 0
    try:
        for prediction in classifier.classify_many(documents.values()):
            yield rows[done], prediction
            done += 1
    except Exception:  # whatever it is, the others shall have their labels
        for row in rows[done:]:
            yield row, _classify_one(classifier, documents[row])


def _classify_one(classifier: ManyClassifier, document: Document) -> Prediction | None:
    try:
        return next(iter(classifier.classify_many([document])))
    except Exception:
        return None


def _spread(values: list[Any], rows: list[int], length: int) -> list[Any]:
    """The values at the places of their rows, None everywhere else."""
    if len(rows) == length:
        return values
    spread: list[Any] = [None] * length
    for row, value in zip(rows, values, strict=True):
        spread[row] = value
    return spread
