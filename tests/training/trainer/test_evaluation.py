import numpy as np
import pytest

from linewise.features.labels import LABEL_INDEX, N_LABELS, Group, mask_of
from linewise.models.store import N_SIZES, Thresholds
from linewise.training.corpus.shards import LabelledFile
from linewise.training.trainer.evaluation import MIN_SUPPORT, Counts, Figures, measure, random_windows, whole_files
from linewise.training.trainer.perceptron import label_targets

CALL, LOOP = LABEL_INDEX["call"], LABEL_INDEX["loop"]


def counts_of(truth: list[list[str]], given: list[list[str]]) -> Counts:
    counts = Counts()
    masks = [
        label_targets(np.array([mask_of(names) for names in rows], np.uint32)).astype(bool) for rows in (truth, given)
    ]
    counts.add(*masks)
    return counts


def test_f1_is_two_thirds_where_half_of_what_is_given_is_wrong() -> None:
    counts = counts_of([["call"]] * MIN_SUPPORT + [[]] * MIN_SUPPORT, [["call"]] * 2 * MIN_SUPPORT)
    assert counts.f1[CALL] == pytest.approx(2 / 3)
    assert counts.exact == 0.5
    assert np.isnan(counts.f1[LOOP])


def test_thin_cells_are_left_out_of_means_and_named() -> None:
    good = counts_of([["call"]] * MIN_SUPPORT + [["loop"]] * 5, [["call"]] * MIN_SUPPORT + [[]] * 5)
    figures = Figures({"go": good})
    assert figures.overall() == 1.0
    assert figures.thin_cells() == [("go", "loop", 5)]
    assert np.isnan(figures.of_labels()["loop"])


def test_every_language_counts_alike() -> None:
    right = counts_of([["call"]] * MIN_SUPPORT, [["call"]] * MIN_SUPPORT)
    wrong = counts_of([["call"]] * 50 * MIN_SUPPORT, [[]] * 50 * MIN_SUPPORT)
    figures = Figures({"go": right, "rust": wrong})
    assert figures.overall((Group.CONSTRUCT,)) == 0.5
    assert figures.of_labels()["call"] == 0.5


def test_lines_of_unknown_truth_are_not_counted() -> None:
    masks = np.full(4, mask_of(["code"]), np.uint32)
    file = LabelledFile("go", "p", "k", "f", b"a\nb\nc\nd\n", masks, np.array([True, False, True, False]))
    shown: list[int] = []

    def answer(documents: list) -> np.ndarray:
        shown.append(len(documents))
        return np.ones((4, N_LABELS), np.float32)

    half = np.full((N_SIZES, N_LABELS), 0.5, np.float32)
    figures = measure({"go": whole_files([file])}, answer, Thresholds(half, half))
    assert figures.by_language["go"].n_lines == 2
    assert shown == [1]


def test_windows_show_the_lines_whose_truth_they_carry() -> None:
    data = b"".join(b"%d\n" % number for number in range(100))
    file = LabelledFile("go", "p", "k", "f", data, np.arange(100, dtype=np.uint32), np.ones(100, bool))
    samples = list(random_windows([file], 7, seed=1))
    assert len(samples) == 14
    for sample in samples:
        assert [int(line) for line in sample.document.text.split()] == sample.masks.tolist()
    assert [s.masks[0] for s in samples] == [s.masks[0] for s in random_windows([file], 7, seed=1)]
