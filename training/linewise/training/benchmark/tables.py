"""Markdown tables of the accuracy report, one function a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from linewise.features.labels import LABEL_INDEX, LABEL_NAMES, LABELS, Group
from linewise.models.store import MODES
from linewise.training.oracle.captures import REGIONS
from linewise.training.trainer.evaluation import MIN_SUPPORT, Figures

from .accuracy import REGION, SURFACE_AND_CONSTRUCT, Accuracy
from .cases import STARTS_INSIDE, WHOLE, WINDOW_LENGTHS, Told, window_name
from .damage import KINDS
from .intervals import Interval, interval_of_exact, interval_of_f1
from .measuring import MODEL, PARSER, RIVALS, UNDAMAGED
from .rivals.highlighter import CARRIED
from .tallies import merged

WINDOWS = tuple(window_name(length) for length in WINDOW_LENGTHS)
VIEWS = (WHOLE, *WINDOWS)
LITERAL_LABELS = ("code", "comment", "documentation", "string")


def shown(value: float) -> str:
    """A figure to three places, or a dash."""
    return "–" if math.isnan(value) else f"{value:.3f}"


def percent(value: float) -> str:
    """A share in percent, or a dash."""
    return "–" if math.isnan(value) else f"{value:.1%}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose first column is text and whose others are numbers."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def mean(values: Iterable[float]) -> float:
    """The mean of what is a number; NaN where nothing is."""
    numbers = [value for value in values if not math.isnan(value)]
    return sum(numbers) / len(numbers) if numbers else math.nan


def pooled_f1(figures: Figures) -> float:
    """Macro-F1 over labels, all languages' lines put together; for samples too thin to part by language."""
    return mean(merged(list(figures.by_language.values())).f1.tolist())


def micro_f1(figures: Figures, columns: Sequence[int]) -> float:
    """F1 over all lines and labels of some columns together."""
    total = merged(list(figures.by_language.values()))
    right = total.true_positives[list(columns)].sum()
    wrong = (total.false_positives + total.false_negatives)[list(columns)].sum()
    return float(2 * right / max(2 * right + wrong, 1))


def views_table(accuracy: Accuracy) -> str:
    """The headline: each view with nothing told, with intervals."""

    def cell(value: float, interval: Interval) -> str:
        return "–" if math.isnan(value) else f"{shown(value)} ({shown(interval.low)}–{shown(interval.high)})"

    seed = accuracy.plan.seed
    rows = []
    for view in VIEWS:
        figures, visible = accuracy.figures(view), accuracy.figures(view, visible=True)
        projects, of_visible = accuracy.projects(view), accuracy.projects(view, visible=True)
        total = merged(list(figures.by_language.values()))
        rows.append(
            [
                view,
                cell(figures.overall(SURFACE_AND_CONSTRUCT), interval_of_f1(projects, SURFACE_AND_CONSTRUCT, seed)),
                cell(visible.overall(REGION), interval_of_f1(of_visible, REGION, seed)),
                shown(figures.overall(REGION)),
                f"{figures.exact():.1%} ({interval_line(interval_of_exact(projects, seed))})",
                shown(micro_f1(figures, range(len(LABELS)))),
                f"{total.n_lines:,}",
            ]
        )
    header = ["view", "surface + construct", "region, visible", "region, all", "every label right", "micro-F1", "lines"]
    return table(header, rows)


def interval_line(interval: Interval) -> str:
    """An interval of shares in percent."""
    return f"{interval.low:.1%}–{interval.high:.1%}"


def groups_table(accuracy: Accuracy) -> str:
    """Macro- and micro-F1 of surface, construct and region labels apart."""
    rows = []
    for view in VIEWS:
        figures, visible = accuracy.figures(view), accuracy.figures(view, visible=True)
        cells = []
        for group, found in (
            (Group.SURFACE, figures),
            (Group.CONSTRUCT, figures),
            (Group.REGION, visible),
            (Group.REGION, figures),
        ):
            columns = [index for index, label in enumerate(LABELS) if label.group is group]
            cells += [shown(found.overall((group,))), shown(micro_f1(found, columns))]
        rows.append([view, *cells])
    names = ("surface", "construct", "region, visible", "region, all")
    return table(["view", *[f"{name}: {kind}" for name in names for kind in ("macro", "micro")]], rows)


def told_table(accuracy: Accuracy) -> str:
    """Each view by what is told besides the text."""
    rows = []
    for view in VIEWS:
        for group, visible in ((SURFACE_AND_CONSTRUCT, False), (REGION, True)):
            cells = [shown(accuracy.figures(view, told, visible=visible).overall(group)) for told in Told]
            rows.append([f"{view}, {'region, visible' if visible else 'surface + construct'}", *cells])
    return table(["told", *[told.value for told in Told]], rows)


def rivals_table(accuracy: Accuracy) -> str:
    """Everyone on the same sample of each view."""
    rows = []
    for view in VIEWS:
        for name in (MODEL, *RIVALS):
            figures = accuracy.rival_figures(view, name)
            visible = accuracy.rival_figures(view, name, visible=True)
            if figures is None or visible is None:
                continue
            rows.append(
                [
                    f"{view}, {name}",
                    shown(figures.overall(SURFACE_AND_CONSTRUCT)),
                    shown(_carried(figures)),
                    shown(visible.overall(REGION)),
                    shown(figures.overall(REGION)),
                    f"{figures.exact():.1%}",
                ]
            )
    header = ["view, who", "surface + construct", "labels Pygments can carry", "region, visible", "region, all"]
    return table([*header, "every label right"], rows)


def _carried(figures: Figures) -> float:
    cells = figures.table()[:, list(CARRIED)]
    return mean(mean(row) for row in cells.tolist())


def rivals_by_language(accuracy: Accuracy, view: str) -> str:
    """The model and the parser on the same windows, language by language."""
    found = [
        (accuracy.rival_figures(view, name), accuracy.rival_figures(view, name, visible=True))
        for name in (MODEL, PARSER)
    ]
    columns = []
    for figures, visible in found:
        if figures is not None and visible is not None:
            columns += [
                figures.of_languages(SURFACE_AND_CONSTRUCT),
                visible.of_languages(REGION),
                figures.of_languages(REGION),
            ]
    rows = [[name, *[shown(column.get(name, math.nan)) for column in columns]] for name in accuracy.languages]
    groups = ["surface + construct", "region, visible", "region, all"]
    return table(["language", *[f"{name}: {group}" for name in (MODEL, PARSER) for group in groups]], rows)


def literals_table(accuracy: Accuracy) -> str:
    """Windows that begin inside a comment, docstring or string."""
    rows = []
    for view in STARTS_INSIDE.values():
        for name in (MODEL, *RIVALS[:-1]):
            figures = accuracy.rival_figures(view, name)
            if figures is None:
                continue
            counts = merged(list(figures.by_language.values()))
            f1 = [float(counts.f1[LABEL_INDEX[label]]) for label in LITERAL_LABELS]
            micro = micro_f1(figures, [LABEL_INDEX[label] for label in LITERAL_LABELS])
            rows.append([f"{view}, {name}", shown(mean(f1)), shown(micro), *map(shown, f1), f"{counts.n_lines:,}"])
    return table(["view, who", "mean", "micro-F1", *[f"`{label}`" for label in LITERAL_LABELS], "lines"], rows)


def damage_table(accuracy: Accuracy) -> str:
    """The lines around each kind of damage; all languages' lines together."""
    rows = []
    for name, kinds in (("all kinds", tuple(KINDS)), *((kind, (kind,)) for kind in KINDS)):
        after, before, parsed = (accuracy.damage(kinds, who) for who in (MODEL, UNDAMAGED, PARSER))
        values = [pooled_f1(figures) for figures in (before, after)]
        rows.append(
            [
                name,
                *map(shown, values),
                _difference(values[1] - values[0]),
                f"{before.exact():.1%}",
                f"{after.exact():.1%}",
                shown(pooled_f1(parsed)),
                f"{merged(list(after.by_language.values())).n_lines:,}",
            ]
        )
    header = ["damage", "before", "after", "difference", "every label right before", "after", "tree-sitter after"]
    return table([*header, "lines"], rows)


def _difference(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:+.3f}"


def evidence_table(accuracy: Accuracy) -> str:
    """What windows show of regions, and how honest the answers are where they show nothing."""
    rows = []
    for view in WINDOWS:
        f1 = accuracy.figures(view, visible=True).of_labels()
        for label in REGIONS:
            visible, hidden, out, error, base = hidden_sums(accuracy, view, label)
            headed, headed_given, tailed_given = visible_sums(accuracy, view, label)
            tailed = visible - headed
            rows.append(
                [
                    f"{view}, `{label}`",
                    percent(visible / max(visible + hidden, 1)),
                    percent(hidden / max(visible + hidden, 1)),
                    shown(f1[label]),
                    percent(headed_given / headed if headed else math.nan),
                    percent(tailed_given / tailed if tailed else math.nan),
                    shown(1 - error / base if base else math.nan),
                    percent(1 - out / hidden if hidden else math.nan),
                ]
            )
    header = ["view, label", "visible", "hidden", "F1, visible", "recall, first line shown", "recall, last line alone"]
    return table([*header, "hidden: Brier skill", "hidden: not ruled out"], rows)


def visible_sums(accuracy: Accuracy, view: str, label: str) -> tuple[float, ...]:
    """Of a region label: lines with the first line in view; those given the label, by first and by last line."""
    return _sums(accuracy, view, label, ("headed", "headed_given", "tailed_given"))


def hidden_sums(accuracy: Accuracy, view: str, label: str) -> tuple[float, ...]:
    """Of a region label, all languages: lines visible, hidden, ruled out; squared error, that of the base rates."""
    return _sums(accuracy, view, label, ("visible", "hidden", "ruled_out", "squared_error", "base_error"))


def _sums(accuracy: Accuracy, view: str, label: str, names: Sequence[str]) -> tuple[float, ...]:
    column = LABEL_INDEX[label]
    found = accuracy.hidden(view).values()
    return tuple(sum(float(getattr(counts, name)[column]) for counts in found) for name in names)


def bindings_table(accuracy: Accuracy) -> str:
    """First bindings and later ones."""
    rows = []
    for view in VIEWS[:-1]:
        for language, counts in accuracy.bindings(view).items():
            rows.append(
                [
                    f"{view}, {language}",
                    shown(counts.accuracy),
                    shown(counts.first_right / max(counts.n_first, 1)),
                    shown(counts.recall_of_later if counts.n_later else math.nan),
                    f"{counts.n_first:,}",
                    f"{counts.n_later:,}",
                ]
            )
    header = ["view, language", "accuracy", "of first bindings", "recall of re-bindings", "first", "later"]
    return table(header, rows)


def calibration_table(accuracy: Accuracy) -> str:
    """Expected calibration error of each label and view, and Brier skill on whole files and single lines."""
    views = (*VIEWS, *STARTS_INSIDE.values())
    found = {view: accuracy.calibration(view) for view in views}
    errors = {view: calibration.errors() for view, calibration in found.items()}
    skills = [found[view].brier_skill() for view in (WHOLE, WINDOWS[-1])]
    rows = [
        [f"`{name}`", *[shown(errors[view][index]) for view in views], *[shown(skill[index]) for skill in skills]]
        for index, name in enumerate(LABEL_NAMES)
    ]
    means = [mean(errors[view].tolist()) for view in views]
    rows.append(["**mean**", *map(shown, means), *[shown(mean(skill.tolist())) for skill in skills]])
    rows.append(["**greatest**", *[shown(_greatest(errors[view].tolist())) for view in views], "", ""])
    return table(["label", *views, f"Brier skill, {WHOLE}", f"Brier skill, {WINDOWS[-1]}"], rows)


def _greatest(values: Iterable[float]) -> float:
    return max((value for value in values if not math.isnan(value)), default=math.nan)


def modes_table(accuracy: Accuracy) -> str:
    """What each mode decides on each view: labels that some line has, all languages together."""
    rows = []
    for view in VIEWS:
        for mode in MODES:
            d = accuracy.decisions(view, mode)
            there = d.true >= MIN_SUPPORT
            precision = d.given_right[there] / np.maximum(d.given[there], 1)
            recall = d.given_right[there] / d.true[there]
            wrong_out = 1 - d.ruled_out_right[there] / np.maximum(d.ruled_out[there], 1)
            coverage = 1 - d.uncertain[there] / max(d.n_lines, 1)
            cells = [coverage, precision, recall, wrong_out]
            means = [percent(mean(values.tolist())) for values in cells]
            least = percent(float(precision.min(initial=1)) if there.any() else math.nan)
            rows.append([f"{view}, {mode}", *means[:2], least, *means[2:]])
    header = ["view, mode", "decided", "precision", "least precise label", "recall", "ruled out wrongly"]
    return table(header, rows)


def labels_table(accuracy: Accuracy) -> str:
    """Precision, recall and F1 by label on whole files, F1 on windows."""
    whole = accuracy.figures(WHOLE)
    total = merged(list(whole.by_language.values()))
    of_views = [accuracy.figures(view, visible=True).of_labels() for view in VIEWS]
    rows = []
    for index, name in enumerate(LABEL_NAMES):
        right = float(total.true_positives[index])
        rows.append(
            [
                f"`{name}`",
                shown(right / max(right + float(total.false_positives[index]), 1)),
                shown(right / max(float(total.support[index]), 1)),
                *[shown(values[name]) for values in of_views],
                f"{int(total.support[index]):,}",
            ]
        )
    return table(["label", "precision", "recall", *[f"F1, {view}" for view in VIEWS], "true lines"], rows)


def languages_table(accuracy: Accuracy) -> str:
    """Every language on whole files and on windows."""
    whole = accuracy.figures(WHOLE)
    columns = [whole.of_languages(), whole.of_languages(SURFACE_AND_CONSTRUCT), whole.of_languages(REGION)]
    for view in WINDOWS:
        columns.append(accuracy.figures(view).of_languages(SURFACE_AND_CONSTRUCT))
        columns.append(accuracy.figures(view, visible=True).of_languages(REGION))
    rows = [
        [
            language,
            *[shown(column.get(language, math.nan)) for column in columns],
            f"{counts.exact:.1%}",
            f"{counts.n_lines:,}",
        ]
        for language, counts in whole.by_language.items()
    ]
    header = ["language", "all", "surface + construct", "region"]
    for view in WINDOWS:
        header += [f"{view}: surface + construct", f"{view}: region, visible"]
    return table([*header, "every label right", "lines"], rows)


def cells_table(figures: Figures) -> str:
    """F1 of every language and label."""
    values = figures.table()
    rows = [[f"`{name}`", *map(shown, values[:, index].tolist())] for index, name in enumerate(LABEL_NAMES)]
    return table(["label", *figures.by_language], rows)


def thin_cells(figures: Figures) -> str:
    """The cells that are left out, by name."""
    cells = [f"{language} `{label}` ({support})" for language, label, support in figures.thin_cells()]
    return ", ".join(cells) + "." if cells else "None."
