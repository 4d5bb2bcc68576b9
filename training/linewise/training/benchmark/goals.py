"""What the benchmark is to show, beside what it shows: every goal that was set, and whether it is reached."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from linewise.features.labels import LABEL_INDEX, LABEL_NAMES, Group
from linewise.training.oracle.captures import REGIONS
from linewise.training.oracle.unseen import UNSEEN
from linewise.training.trainer.evaluation import MIN_SUPPORT, Figures

from .accuracy import REGION, SURFACE_AND_CONSTRUCT, Accuracy
from .cases import STARTS_INSIDE, WHOLE, Told
from .damage import KINDS
from .measuring import MODEL, PARSER, UNDAMAGED
from .tables import LITERAL_LABELS, VIEWS, WINDOWS, hidden_sums, mean, percent, pooled_f1, shown

F1_SURFACE_CONSTRUCT = dict(zip(VIEWS, (0.98, 0.975, 0.97, 0.96, 0.95, 0.94), strict=True))
F1_REGION = dict(zip(VIEWS[:-1], (0.975, 0.95, 0.94, 0.93, 0.92), strict=True))
HONEST_SHARE = 0.9
EXACT, LANGUAGE_F1, LABEL_F1 = 0.95, 0.96, 0.92
LITERAL_F1 = 0.95
DAMAGE_LOSS = 0.02
FIRST_BINDING, REBINDING = 0.93, 0.85
UNSEEN_CLOSE, UNSEEN_FAR = 0.90, 0.78
TEXT_F1 = 0.98
CONFORMANCE = 0.92
LABEL_ERROR, MEAN_ERROR = 0.08, 0.05
CONFIDENT_PRECISION = 0.99
DETECTED = {WHOLE: 0.99, "20 lines": 0.95, "5 lines": 0.88}
_ROUNDING = 0.0005
"""Figures are compared as they are printed, to three places."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal; `met` is None where it was not measured."""

    what: str
    target: str
    reached: str
    met: bool | None


def goals_of(accuracy: Accuracy) -> tuple[Goal, ...]:
    """Every goal, in the order of the report."""
    return (
        *_f1(accuracy),
        *_whole_files(accuracy),
        *_hidden(accuracy),
        *_literals(accuracy),
        *_damage(accuracy),
        *_bindings(accuracy),
        *_unseen(accuracy),
        *_text(accuracy),
        *_conformance(accuracy),
        *_hints(accuracy),
        *_parser(accuracy),
        *_calibration(accuracy),
        *_confident(accuracy),
        *_detection(accuracy),
    )


def _at_least(what: str, bound: float, value: float, named: str = "", *, shares: bool = False) -> Goal:
    """A goal that a figure is to reach; `named` says whose figure it is."""
    text = percent if shares else shown
    met = None if math.isnan(value) else value >= bound - _ROUNDING * (not shares)
    target = f"{bound:.0%}" if shares else f"{bound:g}"
    return Goal(what, f"≥ {target}", text(value) + (f" ({named})" if named else ""), met)


def _least(values: Mapping[str, float]) -> tuple[float, str]:
    """The least of some figures that are numbers, and whose it is."""
    numbers = {name: value for name, value in values.items() if not math.isnan(value)}
    if not numbers:
        return math.nan, ""
    name = min(numbers, key=lambda one: numbers[one])
    return numbers[name], name


def _f1(accuracy: Accuracy) -> Iterator[Goal]:
    for view in VIEWS:
        figures, visible = accuracy.figures(view), accuracy.figures(view, visible=True)
        yield _at_least(
            f"F1, surface + construct, {view}", F1_SURFACE_CONSTRUCT[view], figures.overall(SURFACE_AND_CONSTRUCT)
        )
        if view == WHOLE:
            yield _at_least(f"F1, region, {view}", F1_REGION[view], figures.overall(REGION))
        elif view in F1_REGION:
            yield _at_least(f"F1, region where visible, {view}", F1_REGION[view], visible.overall(REGION))


def _whole_files(accuracy: Accuracy) -> Iterator[Goal]:
    figures = accuracy.figures(WHOLE)
    yield _at_least("every label of a line right, whole file", EXACT, figures.exact(), shares=True)
    yield _at_least("least language, whole file", LANGUAGE_F1, *_least(figures.of_languages()))
    value, name = _least(figures.of_labels())
    yield _at_least("least label, whole file", LABEL_F1, value, f"`{name}`" if name else "")


def _hidden(accuracy: Accuracy) -> Iterator[Goal]:
    for view in WINDOWS:
        skills, honest = {}, {}
        for label in REGIONS:
            _, hidden, out, error, base = hidden_sums(accuracy, view, label)
            if hidden >= MIN_SUPPORT:
                skills[f"`{label}`"] = 1 - error / base if base else math.nan
                honest[f"`{label}`"] = 1 - out / hidden
        skill, name = _least(skills)
        met = None if math.isnan(skill) else skill > 0
        reached = f"{shown(skill)} ({name})" if skills else "–"
        yield Goal(f"hidden regions, Brier skill, least label, {view}", "> 0", reached, met)
        what = f"hidden regions, no confident wrong label, least label, {view}"
        yield _at_least(what, HONEST_SHARE, *_least(honest), shares=True)


def _literals(accuracy: Accuracy) -> Iterator[Goal]:
    figures = accuracy.literals(MODEL)
    by_label = figures.of_labels() if figures is not None else {}
    values = {f"`{name}`": by_label[name] for name in LITERAL_LABELS if name in by_label}
    least, name = _least(values)
    what = "windows that start inside a literal, mean F1 of `code`, `comment`, `documentation`, `string`"
    yield _at_least(what, LITERAL_F1, mean(values.values()), f"least {name} {shown(least)}" if name else "")


def _damage(accuracy: Accuracy) -> Iterator[Goal]:
    losses = {kind: _loss(accuracy, [kind]) for kind in KINDS}
    greatest = max((value for value in losses.values() if not math.isnan(value)), default=math.nan)
    worst = next((kind for kind, value in losses.items() if value == greatest), "")
    for what, value, name in (
        ("all kinds", _loss(accuracy, list(KINDS)), ""),
        ("the worst kind", greatest, worst),
    ):
        met = None if math.isnan(value) else value <= DAMAGE_LOSS + _ROUNDING
        reached = "–" if math.isnan(value) else f"{-value:+.3f}" + (f" ({name})" if name else "")
        yield Goal(f"damage, F1 against the lines undamaged, {what}", f"≥ −{DAMAGE_LOSS}", reached, met)


def _loss(accuracy: Accuracy, kinds: list[str]) -> float:
    return pooled_f1(accuracy.damage(kinds, UNDAMAGED)) - pooled_f1(accuracy.damage(kinds, MODEL))


def _bindings(accuracy: Accuracy) -> Iterator[Goal]:
    counts = accuracy.bindings(WHOLE)
    for what, bound, values in (
        ("first binding, accuracy, whole file", FIRST_BINDING, {name: one.accuracy for name, one in counts.items()}),
        (
            "first binding, recall of re-bindings, whole file",
            REBINDING,
            {name: one.recall_of_later for name, one in counts.items() if one.n_later},
        ),
    ):
        value, name = _least(values)
        yield _at_least(what, bound, mean(values.values()), f"least {name} {shown(value)}" if name else "")


def _unseen(accuracy: Accuracy) -> Iterator[Goal]:
    found = accuracy.unseen.views[WHOLE].of_languages() if accuracy.unseen is not None else {}
    for name, language in UNSEEN.items():
        bound = UNSEEN_CLOSE if language.close else UNSEEN_FAR
        yield _at_least(f"{language.title}, never seen, whole file", bound, found.get(name, math.nan))


def _text(accuracy: Accuracy) -> Iterator[Goal]:
    result = accuracy.text.views.get((WHOLE, Told.NOTHING))
    f1 = float(result.scores.all.total.f1[LABEL_INDEX["text"]]) if result is not None else math.nan
    yield _at_least("text or code, F1 of `text`, whole documents", TEXT_F1, f1)


def _conformance(accuracy: Accuracy) -> Iterator[Goal]:
    found = accuracy.conformance
    value = found.exact(Told.NOTHING) if found is not None else math.nan
    yield _at_least("files labelled by hand, every label of a line right", CONFORMANCE, value, shares=True)


def _hints(accuracy: Accuracy) -> Iterator[Goal]:
    """With the language told nothing may get worse."""
    for what, group, visible in (
        ("surface + construct", SURFACE_AND_CONSTRUCT, False),
        ("region, visible", REGION, True),
    ):
        gains = {
            view: accuracy.figures(view, Told.LANGUAGE, visible=visible).overall(group)
            - accuracy.figures(view, visible=visible).overall(group)
            for view in VIEWS
        }
        value, name = _least(gains)
        met = None if math.isnan(value) else value >= -_ROUNDING
        reached = "–" if math.isnan(value) else f"{value:+.3f} ({name})"
        yield Goal(f"language told, {what}, least gain of all views", "≥ 0", reached, met)


def _parser(accuracy: Accuracy) -> Iterator[Goal]:
    for view in WINDOWS:
        for what, group, visible in (
            ("surface + construct", SURFACE_AND_CONSTRUCT, False),
            ("region, visible", REGION, True),
            ("region, all", REGION, False),
        ):
            ours, theirs = (accuracy.rival_figures(view, who, visible=visible) for who in (MODEL, PARSER))
            if ours is None or theirs is None:
                yield Goal(f"languages better than tree-sitter, {what}, {view}", "all", "–", None)
                continue
            lost, total = _compared(ours, theirs, group)
            reached = f"{total - len(lost)} of {total}" + (f" (not {', '.join(lost)})" if lost else "")
            yield Goal(
                f"languages better than tree-sitter, {what}, {view}", "all", reached, not lost if total else None
            )


def _compared(ours: Figures, theirs: Figures, group: Sequence[Group]) -> tuple[list[str], int]:
    """The languages in which the other is as good or better, and how many could be compared."""
    pairs = {name: (value, theirs.of_languages(group)[name]) for name, value in ours.of_languages(group).items()}
    valid = {name: pair for name, pair in pairs.items() if not any(math.isnan(value) for value in pair)}
    return [name for name, (own, other) in valid.items() if own <= other], len(valid)


def _calibration(accuracy: Accuracy) -> Iterator[Goal]:
    for view in (*VIEWS, *STARTS_INSIDE.values()):
        errors = dict(zip(LABEL_NAMES, accuracy.calibration(view).errors().tolist(), strict=True))
        value, name = _least({label: -error for label, error in errors.items()})
        average = mean(errors.values())
        met = None if math.isnan(value) else -value <= LABEL_ERROR + _ROUNDING and average <= MEAN_ERROR + _ROUNDING
        reached = "–" if math.isnan(value) else f"{-value:.3f} (`{name}`), mean {average:.3f}"
        target = f"each ≤ {LABEL_ERROR}, mean ≤ {MEAN_ERROR}"
        yield Goal(f"expected calibration error, {view}", target, reached, met)


def _confident(accuracy: Accuracy) -> Iterator[Goal]:
    decisions = accuracy.decisions(WHOLE, "high-confidence")
    precision = {
        LABEL_NAMES[index]: float(decisions.given_right[index] / decisions.given[index])
        for index in np.flatnonzero((decisions.true >= MIN_SUPPORT) & (decisions.given > 0)).tolist()
    }
    low = [f"`{name}` {value:.3f}" for name, value in precision.items() if value < CONFIDENT_PRECISION - _ROUNDING]
    reached = f"{len(precision) - len(low)} of {len(precision)} labels" + (f" (not {', '.join(low)})" if low else "")
    met = None if not precision else not low
    what = "mode `high-confidence`, precision, whole file"
    yield Goal(what, f"≥ {CONFIDENT_PRECISION} where reachable", reached if precision else "–", met)


def _detection(accuracy: Accuracy) -> Iterator[Goal]:
    rows = {row.name: row.merged for row in accuracy.detection()}
    for view, bound in DETECTED.items():
        yield _at_least(f"which language, pairs merged, {view}", bound, rows.get(view, math.nan), shares=True)


def goals_table(goals: Sequence[Goal]) -> str:
    """A Markdown table of goals, the outcome last."""
    marks = {True: "✓", False: "✗", None: "–"}
    lines = ["| what | goal | reached | |", "| --- | ---: | ---: | :---: |"]
    return "\n".join(
        [*lines, *[f"| {goal.what} | {goal.target} | {goal.reached} | {marks[goal.met]} |" for goal in goals]]
    )
