"""The accuracy report: as Markdown for people, as plain values for programs."""

from __future__ import annotations

import math
from itertools import chain
from typing import Any

import numpy as np

from linewise.features.labels import LABEL_NAMES
from linewise.models.store import MODES
from linewise.training.oracle.captures import REGIONS
from linewise.training.oracle.unseen import UNSEEN
from linewise.training.trainer.evaluation import MIN_SUPPORT, Figures

from . import tables, tables_apart
from .accuracy import REGION, SURFACE_AND_CONSTRUCT, Accuracy
from .cases import STARTS_INSIDE, WHOLE, Told
from .damage import KINDS
from .goals import goals_of, goals_table
from .intervals import interval_of_exact, interval_of_f1
from .measuring import MODEL, PARSER, RIVALS, UNDAMAGED

_METHOD = """\
Every line's truth is what a parser and the queries of its language say of it in the whole file; lines that the
parser cannot read are left out. *Windows* are cut out at random places; nothing outside of them is shown. F1 is
the mean over languages of the mean over labels; cells (language, label) with fewer than {support} true lines
are left out and named. A region label is *visible* on a line where the window shows the first or the last line
of such a construct around it, and *hidden* elsewhere: nobody can know of it then. Intervals hold in 95% of
draws of other projects (bootstrap over projects, {draws} draws)."""

_RIVALS = """\
All answer for the same windows, a random part of those above: at most {windows:,} windows and some {lines:,}
lines of each language. **tree-sitter** is told the language and parses just what is shown: as it stands, in a
dummy function, in a dummy class; the reading that leaves the fewest lines unread counts, and its tree is read
by the queries that made the truth. *No wrappers* is the text as it stands alone. **Pygments** is told the language
too; its token types carry some of the labels, which have a column of their own. **majority** gives the labels
that most lines of the language have. Whole files parse by definition without fault."""

_DAMAGE = """\
Whole files with one damage at a random place; the twenty lines before and after it count, the damaged line does
not. The truth is that of the file before the damage. *before* is linewise on the same lines of the undamaged
file. F1 is the mean over labels, all languages' lines together."""

_EVIDENCE = """\
*recall, first line shown* is over the lines of constructs whose header stands in the window, *recall, last line
alone* over those of which it shows only the end: in most languages a brace, in Python any statement, which
says that something ends but hardly what.
*hidden: Brier skill* compares with answering the base rate, over the lines that no shown construct covers
(hidden ones and those of no such region); *not ruled out* is the share of hidden lines on which the mode
`high-confidence` gives the label or calls it uncertain: on the others its answer is confident and wrong."""

_BINDINGS = """\
Lines that bind one plain name. Right is who gives the one of `variable_declaration` and `assignment` that is
true and not the other. In windows a re-binding counts only where its first binding is shown."""

_CALIBRATION = """\
Expected calibration error over predictions between 0.05 and 0.95, in 15 bins of equal mass, with `context`
told, over code and the text part (which has no windows inside literals) together. A dash stands where too few
predictions lie between. The Brier skill is over all predictions, against the base rate."""

_MODES = """\
Means over the labels. *decided* is the share of lines on which the label is either given or ruled out; *ruled
out wrongly* the share of what is ruled out that was true."""


def as_markdown(accuracy: Accuracy, pictures: tuple[str, ...] = ()) -> str:
    """The whole report, from a heading of the third level on.

    Args:
        accuracy: what was measured.
        pictures: Markdown of pictures to show under the headline table.
    """
    whole = accuracy.figures(WHOLE)
    parts = [
        f"### Accuracy on the {accuracy.plan.split.value} split",
        _headline(accuracy),
        _METHOD.format(support=MIN_SUPPORT, draws="1,000"),
        tables.views_table(accuracy),
        *pictures,
        "#### Each kind of label apart",
        "Macro-F1 as above; micro-F1 over all lines, languages and labels of the kind.",
        tables.groups_table(accuracy),
        "### Goals",
        "What was aimed at, and what is reached; figures are compared as they are printed. A dash: not measured.",
        goals_table(goals_of(accuracy)),
        "### With more told",
        tables.told_table(accuracy),
        "### Rivals",
        _RIVALS.format(windows=accuracy.plan.rival_windows, lines=accuracy.plan.rival_lines),
        tables.rivals_table(accuracy),
        *chain.from_iterable(
            (f"#### By language, {view}", tables.rivals_by_language(accuracy, view)) for view in tables.WINDOWS
        ),
        "### Windows that start inside a comment, docstring or string",
        "Twenty lines from a random inner line on, nothing told; all languages' lines together.",
        tables.literals_table(accuracy),
        "### Damage",
        _DAMAGE,
        tables.damage_table(accuracy),
        "### Regions by evidence",
        _EVIDENCE,
        tables.evidence_table(accuracy),
        "### First binding",
        _BINDINGS,
        tables.bindings_table(accuracy),
        "### Calibration",
        _CALIBRATION,
        tables.calibration_table(accuracy),
        "### Modes",
        _MODES,
        tables.modes_table(accuracy),
        "### Text or code",
        "READMEs, manual pages, changelogs, logs, traces, mails, some mixed with code; nothing told.",
        tables_apart.text_table(accuracy),
        f"Of the languages' own lines in whole files, {tables_apart.code_called_text(accuracy, WHOLE):.3%} are called "
        "`text` and are none.",
        *_conformance(accuracy),
        *_unseen(accuracy),
        "### Which language",
        "Means over the languages; `.h` files are left out, for they may be of C or C++.",
        tables_apart.detection_table(accuracy),
        "### By label",
        "Precision and recall over all lines of whole files; region labels in windows where they are visible.",
        tables.labels_table(accuracy),
        "### By language",
        tables.languages_table(accuracy),
        "### By language and label, whole files",
        tables.cells_table(whole),
        "#### Left out for little support",
        tables.thin_cells(whole),
    ]
    return "\n\n".join(parts) + "\n"


def every_cell(accuracy: Accuracy) -> str:
    """F1 of every language and label on windows, regions where they are visible; for the model card."""
    return "\n".join(
        f"### By language and label, {view}\n\n{tables.cells_table(accuracy.figures(view, visible=True))}\n"
        for view in tables.WINDOWS
    )


def _conformance(accuracy: Accuracy) -> list[str]:
    if accuracy.conformance is None:
        return []
    return [
        "### Files labelled by hand",
        "One file of each language, made to hold what is special in it (`tests/conformance`); labelled by people, "
        "with no parser between.",
        tables_apart.conformance_table(accuracy.conformance),
    ]


def _unseen(accuracy: Accuracy) -> list[str]:
    if accuracy.unseen is None:
        return []
    projects = "; ".join(
        f"{UNSEEN[name].title}: {', '.join(found)}" for name, found in accuracy.unseen.projects.items()
    )
    return [
        "### Languages never seen",
        f"No training data of any kind holds them; their truth comes from queries of their own ({projects}). "
        "*close* are those that resemble a trained language.",
        tables_apart.unseen_table(accuracy.unseen),
    ]


def _headline(accuracy: Accuracy) -> str:
    digest = f", digest `{accuracy.split_digest[:16]}…`" if accuracy.split_digest else ""
    versions = ", ".join(f"{name} {version}" for name, version in accuracy.versions.items())
    single = [name for name, result in accuracy.views(WHOLE).items() if len(result.scores.all.projects) == 1]
    alone = f" Of {', '.join(single)} there is one project only." if single else ""
    return (
        f"Model `{accuracy.model_digest[:16]}…`, {accuracy.plan.split.value} split{digest}, corpus manifest "
        f"`{accuracy.manifest_digest[:16]}…`, seed {accuracy.plan.seed}; {versions}. Projects that training never saw; "
        f"thresholds of the mode `balanced`; nothing told of language or context unless said.{alone}"
    )


def as_json(accuracy: Accuracy) -> dict[str, Any]:
    """The figures as plain values; what is not a number is None."""
    plan = accuracy.plan
    return {
        "split": plan.split.value,
        "split_digest": accuracy.split_digest,
        "manifest_digest": accuracy.manifest_digest,
        "model_digest": accuracy.model_digest,
        "seed": plan.seed,
        "windows_per_file": plan.windows_per_file,
        "versions": dict(accuracy.versions),
        "goals": [
            {"what": goal.what, "goal": goal.target, "reached": goal.reached, "met": goal.met}
            for goal in goals_of(accuracy)
        ],
        "views": {
            view: _view(accuracy, view) for view in (*tables.VIEWS, *STARTS_INSIDE.values()) if accuracy.views(view)
        },
        "told": {
            view: {
                told.value: {
                    "surface_construct": _number(accuracy.figures(view, told).overall(SURFACE_AND_CONSTRUCT)),
                    "region_visible": _number(accuracy.figures(view, told, visible=True).overall(REGION)),
                }
                for told in Told
            }
            for view in tables.VIEWS
        },
        "rivals": {
            view: {
                name: _summary(figures, visible)
                for name in (MODEL, *RIVALS)
                if (figures := accuracy.rival_figures(view, name)) is not None
                and (visible := accuracy.rival_figures(view, name, visible=True)) is not None
            }
            for view in (*tables.VIEWS, *STARTS_INSIDE.values())
        },
        "damage": {
            kind: {
                name: _number(tables.pooled_f1(accuracy.damage([kind], name))) for name in (MODEL, UNDAMAGED, PARSER)
            }
            for kind in KINDS
        },
        "bindings": {
            view: {
                language: {
                    "accuracy": counts.accuracy,
                    "recall_of_later": counts.recall_of_later,
                    "n_first": counts.n_first,
                    "n_later": counts.n_later,
                }
                for language, counts in accuracy.bindings(view).items()
            }
            for view in tables.VIEWS
        },
        "text": {
            view: _number(result.scores.all.total.f1[LABEL_NAMES.index("text")])
            for (view, _), result in accuracy.text.views.items()
        },
        "unseen": {
            view: {name: _number(value) for name, value in figures.of_languages().items()}
            for view, figures in (accuracy.unseen.views if accuracy.unseen else {}).items()
        },
        "conformance": {
            told.value: {language: one.exact for language, one in counts.items()}
            for told, counts in (accuracy.conformance.counts if accuracy.conformance else {}).items()
        },
        "language_detection": {row.name: {"apart": row.apart, "merged": row.merged} for row in accuracy.detection()},
    }


def _view(accuracy: Accuracy, view: str) -> dict[str, Any]:
    figures, visible = accuracy.figures(view), accuracy.figures(view, visible=True)
    projects, seed = accuracy.projects(view), accuracy.plan.seed
    calibration = accuracy.calibration(view)
    intervals = {
        "surface_construct": interval_of_f1(projects, SURFACE_AND_CONSTRUCT, seed),
        "region_visible": interval_of_f1(accuracy.projects(view, visible=True), REGION, seed),
        "exact_lines": interval_of_exact(projects, seed),
    }
    return {
        **_summary(figures, visible),
        "intervals": {name: [_number(pair.low), _number(pair.high)] for name, pair in intervals.items()},
        "cells": {
            language: {
                name: {
                    "precision": _share(counts.true_positives[index], counts.false_positives[index]),
                    "recall": _share(counts.true_positives[index], counts.false_negatives[index]),
                    "f1": _number(counts.f1[index]),
                    "support": int(counts.support[index]),
                }
                for index, name in enumerate(LABEL_NAMES)
            }
            for language, counts in visible.by_language.items()
        },
        "calibration_error": _by_label(calibration.errors()),
        "brier_skill": _by_label(calibration.brier_skill()),
        "hidden": {
            language: {
                name: {
                    "visible": int(hidden.visible[index]),
                    "hidden": int(hidden.hidden[index]),
                    "ruled_out": int(hidden.ruled_out[index]),
                    "squared_error": float(hidden.squared_error[index]),
                    "base_error": float(hidden.base_error[index]),
                }
                for name in REGIONS
                for index in [LABEL_NAMES.index(name)]
            }
            for language, hidden in accuracy.hidden(view).items()
        },
        "modes": {mode: _mode(accuracy, view, mode) for mode in MODES},
    }


def _summary(figures: Figures, visible: Figures) -> dict[str, Any]:
    return {
        "macro_f1": _number(figures.overall()),
        "surface_construct": _number(figures.overall(SURFACE_AND_CONSTRUCT)),
        "region": _number(figures.overall(REGION)),
        "region_visible": _number(visible.overall(REGION)),
        "exact_lines": figures.exact(),
        "languages": {
            name: {"surface_construct": _number(value), "region_visible": _number(regions.get(name, math.nan))}
            for regions in [visible.of_languages(REGION)]
            for name, value in figures.of_languages(SURFACE_AND_CONSTRUCT).items()
        },
    }


def _mode(accuracy: Accuracy, view: str, mode: str) -> dict[str, Any]:
    decisions = accuracy.decisions(view, mode)
    return {
        "coverage": _by_label(1 - decisions.uncertain / max(decisions.n_lines, 1)),
        "precision": _by_label(decisions.given_right / np.where(decisions.given > 0, decisions.given, np.nan)),
        "recall": _by_label(decisions.given_right / np.where(decisions.true > 0, decisions.true, np.nan)),
    }


def _by_label(values: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, float | None]:
    return {name: _number(value) for name, value in zip(LABEL_NAMES, values.tolist(), strict=True)}


def _share(right: float, wrong: float) -> float | None:
    return float(right / (right + wrong)) if right + wrong else None


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
