"""Counts, calibration and intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewise.features.labels import LABEL_INDEX, N_LABELS, Group
from linewise.models.store import LineThresholds
from linewise.training.benchmark.calibration import Calibration
from linewise.training.benchmark.intervals import interval_of_exact, interval_of_f1
from linewise.training.benchmark.measuring import Scores
from linewise.training.benchmark.tallies import Decisions, HiddenRegions, ProjectCounts, given_labels
from linewise.training.oracle.evidence import Evidence
from linewise.training.trainer.evaluation import MIN_SUPPORT

CALL, LOOP, IN_LOOP = LABEL_INDEX["call"], LABEL_INDEX["loop"], LABEL_INDEX["in_loop"]


def column(values: list[float], index: int, dtype: type = bool) -> np.ndarray:
    array = np.zeros((len(values), N_LABELS), dtype=dtype)
    array[:, index] = values
    return array


def pair(lower: float, upper: float) -> LineThresholds:
    """Those of one line, or of any number."""
    return LineThresholds(*(np.full((1, N_LABELS), value, np.float32) for value in (lower, upper)))


def test_projects_are_counted_apart() -> None:
    counts = ProjectCounts(["a", "b"])
    counts.add(np.array([0, 1, 1]), column([1, 1, 0], CALL), column([1, 0, 1], CALL))
    assert [c.n_lines for c in counts.counts] == [1, 2]
    assert (counts.total.true_positives[CALL], counts.total.false_positives[CALL], counts.total.n_exact) == (1, 1, 1)


def test_hidden_regions_do_not_count_among_the_visible() -> None:
    truth, given = column([1, 1, 0], IN_LOOP), column([1, 0, 1], IN_LOOP)
    visible = column([1, 0, 0], IN_LOOP)
    evidence = Evidence(visible, visible, column([0, 1, 0], IN_LOOP))
    scores = Scores.empty(["a"])
    scores.add(np.zeros(3, int), truth, given, evidence)
    assert scores.all.total.false_negatives[IN_LOOP] == 1
    total = scores.visible.total
    assert (total.true_positives[IN_LOOP], total.false_positives[IN_LOOP], total.false_negatives[IN_LOOP]) == (1, 1, 0)


def test_who_answers_the_base_rate_has_no_skill_and_rules_nothing_out() -> None:
    truth = column([1, 1, 0, 0, 0, 0, 0, 0], IN_LOOP)
    nothing = np.zeros_like(truth)
    hidden = HiddenRegions()
    probabilities = column([0.25] * 8, IN_LOOP, np.float32)
    hidden.add(truth, nothing, probabilities, Evidence(nothing, nothing, truth), pair(0.1, 0.9))
    assert hidden.squared_error[IN_LOOP] == pytest.approx(hidden.base_error[IN_LOOP])
    assert (hidden.hidden[IN_LOOP], hidden.ruled_out[IN_LOOP]) == (2, 0)


def test_lines_that_see_the_header_are_counted_apart_from_those_that_see_the_end() -> None:
    truth, headed = column([1, 1, 1, 1], IN_LOOP), column([1, 1, 0, 0], IN_LOOP)
    regions = HiddenRegions()
    given = column([1, 1, 0, 1], IN_LOOP)
    regions.add(truth, given, given.astype(np.float32), Evidence(truth, headed, ~truth), pair(0.1, 0.9))
    assert (regions.visible[IN_LOOP], regions.headed[IN_LOOP]) == (4, 2)
    assert (regions.headed_given[IN_LOOP], regions.tailed_given[IN_LOOP]) == (2, 1)


def test_decisions_part_given_uncertain_and_ruled_out() -> None:
    decisions = Decisions()
    truth = column([1, 0, 1, 1], CALL)
    probabilities = column([0.95, 0.9, 0.5, 0.1], CALL, np.float32)
    decisions.add(truth, probabilities, probabilities >= np.float32(0.9), pair(0.2, 0.9))
    assert [decisions.given[CALL], decisions.given_right[CALL], decisions.uncertain[CALL]] == [2, 1, 1]
    assert [decisions.ruled_out[CALL], decisions.ruled_out_right[CALL], decisions.true[CALL]] == [1, 0, 3]
    decisions.merge(decisions)
    assert (decisions.n_lines, decisions.true[CALL]) == (8, 6)


def test_labels_are_given_as_the_classifier_gives_them() -> None:
    probabilities = column([0.9, 0.1], CALL, np.float32)
    probabilities[0, LABEL_INDEX["code"]] = 0.2
    call = given_labels(probabilities, pair(0.2, 0.5))
    assert call[0, [CALL, LABEL_INDEX["code"]]].all()
    assert call[1].sum() == 1
    assert not given_labels(column([0.1], CALL, np.float32), pair(0.2, 0.5), complete=False).any()


def test_an_honest_forecaster_is_calibrated_and_a_boastful_one_is_not() -> None:
    rng = np.random.default_rng(0)
    honest, boastful = Calibration(), Calibration()
    probability = rng.uniform(0.1, 0.6, 20_000)
    truth = column((rng.uniform(size=20_000) < probability).tolist(), CALL)
    honest.add(truth, column(probability.tolist(), CALL, np.float32))
    boastful.add(truth, column((probability + 0.3).tolist(), CALL, np.float32))
    assert honest.errors()[CALL] < 0.02
    assert boastful.errors()[CALL] == pytest.approx(0.3, abs=0.02)
    assert honest.brier_skill()[CALL] > 0 > boastful.brier_skill()[CALL]
    assert np.isnan(honest.errors()[LOOP])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=200), st.integers(0, 5))
def test_bins_hold_every_unsure_prediction_once(values: list[float], seed: int) -> None:
    calibration = Calibration()
    truth = column(np.random.default_rng(seed).integers(0, 2, len(values)).tolist(), CALL)
    probabilities = column(values, CALL, np.float32)
    calibration.add(truth, probabilities)
    rows = calibration.reliability(CALL)
    unsure = (calibration.count[CALL][50:950]).sum()
    assert rows[:, 2].sum() == unsure
    assert calibration.count[CALL].sum() == len(values)
    assert ((rows[:, :2] >= 0) & (rows[:, :2] <= 1)).all()


def counts_of(n_right: int, n_wrong: int) -> list[np.ndarray]:
    truth = column([1] * (n_right + n_wrong), CALL)
    return [truth, column([1] * n_right + [0] * n_wrong, CALL)]


def test_intervals_are_as_wide_as_projects_differ() -> None:
    alike, unlike = ProjectCounts("abc"), ProjectCounts("abc")
    for index, n_right in enumerate((100, 300, 500)):
        alike.add(np.full(600, index), *counts_of(300, 300))
        unlike.add(np.full(600, index), *counts_of(n_right, 600 - n_right))
    even, spread = (interval_of_f1([counts], (Group.CONSTRUCT,), 1) for counts in (alike, unlike))
    assert even.low == even.high == pytest.approx(2 / 3)
    assert spread.low < 2 / 3 - 0.1 < 2 / 3 + 0.1 < spread.high
    assert interval_of_exact([alike], 1).low == 0.5


def test_without_enough_true_lines_there_is_no_interval() -> None:
    thin = ProjectCounts("a")
    thin.add(np.zeros(10, int), *counts_of(5, 5))
    assert MIN_SUPPORT > 10
    assert np.isnan(interval_of_f1([thin], (Group.CONSTRUCT,), 1).low)
