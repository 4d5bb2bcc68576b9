"""Accuracy figures as Markdown and as JSON."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linewise.features.labels import LABELS, Group
from linewise.training.trainer.evaluation import MIN_SUPPORT, Figures

from .accuracy import SURFACE_AND_CONSTRUCT, Accuracy

_REGION = (Group.REGION,)


def as_markdown(accuracy: Accuracy, split_digest: str | None) -> str:
    """All tables of a report, beginning with a heading of the third level."""
    whole = accuracy.view("whole file").figures
    digest = f", digest `{split_digest[:16]}…`" if split_digest else ""
    parts = [
        f"### Accuracy on the {accuracy.split.value} split",
        f"Model `{accuracy.model_digest[:16]}…`{digest}. Projects that training never saw; neither language nor "
        "context is told; thresholds of the mode `balanced`. F1 is the mean over languages of the mean over labels; "
        f"cells (language, label) with fewer than {MIN_SUPPORT} true lines are left out.",
        _views(accuracy),
        "Text documents (READMEs, logs, traces, mails): F1 of `text` "
        + ", ".join(f"{view.text.of_labels()['text']:.3f} ({view.name})" for view in accuracy.views)
        + ".",
        "### By label, whole files",
        _labels(whole),
        "### By language",
        _languages(accuracy),
        "### By language and label, whole files",
        _cells(whole),
        "### Left out for little support",
        _thin(whole),
        "### Which language",
        _detection(accuracy),
    ]
    return "\n\n".join(parts) + "\n"


def as_json(accuracy: Accuracy, split_digest: str | None) -> dict[str, Any]:
    """The same figures as plain values."""
    views = {}
    for view in accuracy.views:
        views[view.name] = {
            "macro_f1": view.figures.overall(),
            "macro_f1_surface_construct": view.figures.overall(SURFACE_AND_CONSTRUCT),
            "macro_f1_region": view.figures.overall(_REGION),
            "exact_lines": view.figures.exact(),
            "labels": {name: _number(value) for name, value in view.figures.of_labels().items()},
            "languages": view.figures.of_languages(),
            "text": {name: _number(value) for name, value in view.text.of_labels().items() if not math.isnan(value)},
            "cells": {
                language: {
                    label.name: {"f1": _number(float(counts.f1[index])), "support": int(counts.support[index])}
                    for index, label in enumerate(LABELS)
                }
                for language, counts in view.figures.by_language.items()
            },
        }
    detection = {row.name: {"apart": row.apart, "merged": row.merged} for row in accuracy.detection}
    return {
        "split": accuracy.split.value,
        "split_digest": split_digest,
        "model_digest": accuracy.model_digest,
        "views": views,
        "language_detection": detection,
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _shown(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _views(accuracy: Accuracy) -> str:
    rows = [
        [
            view.name,
            _shown(view.figures.overall()),
            _shown(view.figures.overall(SURFACE_AND_CONSTRUCT)),
            _shown(view.figures.overall(_REGION)),
            f"{view.figures.exact():.1%}",
            f"{sum(counts.n_lines for counts in view.figures.by_language.values()):,}",
        ]
        for view in accuracy.views
    ]
    return _table(["view", "F1, all labels", "surface + construct", "region", "every label right", "lines"], rows)


def _labels(figures: Figures) -> str:
    values = figures.of_labels()
    support = np.sum([counts.support for counts in figures.by_language.values()], axis=0)
    return _table(
        ["label", "F1", "true lines"],
        [
            [f"`{label.name}`", _shown(values[label.name]), f"{int(support[index]):,}"]
            for index, label in enumerate(LABELS)
        ],
    )


def _languages(accuracy: Accuracy) -> str:
    whole, single = accuracy.view("whole file").figures, accuracy.view("1 line").figures
    columns = [
        whole.of_languages(),
        whole.of_languages(SURFACE_AND_CONSTRUCT),
        whole.of_languages(_REGION),
        single.of_languages(SURFACE_AND_CONSTRUCT),
    ]
    rows = [
        [language, *[_shown(column[language]) for column in columns], f"{counts.exact:.1%}", f"{counts.n_lines:,}"]
        for language, counts in whole.by_language.items()
    ]
    return _table(
        [
            "language",
            "all labels",
            "surface + construct",
            "region",
            "1 line, surface + construct",
            "every label right",
            "lines",
        ],
        rows,
    )


def _cells(figures: Figures) -> str:
    table = figures.table()
    rows = [
        [f"`{label.name}`", *[_shown(float(value)) for value in table[:, index]]] for index, label in enumerate(LABELS)
    ]
    return _table(["label", *figures.by_language], rows)


def _thin(figures: Figures) -> str:
    cells = [f"{language} `{label}` ({support})" for language, label, support in figures.thin_cells()]
    return ", ".join(cells) + "." if cells else "None."


def _detection(accuracy: Accuracy) -> str:
    rows = [[row.name, f"{row.apart:.1%}", f"{row.merged:.1%}", f"{row.n_documents:,}"] for row in accuracy.detection]
    return _table(["view", "right", "C/C++ and JavaScript/TypeScript merged", "documents"], rows)
