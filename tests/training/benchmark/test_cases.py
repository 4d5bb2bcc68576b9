"""What is shown, what counts of it, and what it gives evidence of."""

from __future__ import annotations

import numpy as np
import pytest

from linewise.features.labels import LABEL_INDEX
from linewise.features.lines import split_lines
from linewise.training.benchmark.bindings import BindingCounts, plain_bindings
from linewise.training.benchmark.cases import (
    Case,
    Told,
    evidence_of_cases,
    literal_windows,
    random_windows,
    whole_files,
)
from linewise.training.benchmark.damage import KINDS, SCORED_LINES, damaged_files
from linewise.training.corpus.shards import LabelledFile
from linewise.training.oracle.anatomy import Anatomy, anatomy_of
from linewise.training.trainer.perceptron import label_targets

LOOP = LABEL_INDEX["in_loop"]


def anatomy(file: LabelledFile) -> Anatomy:
    return anatomy_of(file.data, file.language, file.masks)


def window(file: LabelledFile, begin: int, end: int) -> Case:
    lines = slice(begin, end)
    return Case(0, begin, b"", file.masks[lines], file.known[lines], "fragment")


def test_windows_show_the_lines_whose_truth_they_carry(make_file) -> None:
    files = [make_file(), make_file(b"x = 1\n")]
    cases = list(random_windows(files, 3, seed=1, per_file=40))
    assert len(cases) == len(files[0].masks) // 3
    lines = files[0].data.splitlines()
    for case in cases:
        assert case.text.splitlines() == lines[case.begin : case.begin + 3]
        np.testing.assert_array_equal(case.masks, files[0].masks[case.begin : case.begin + 3])


def test_what_is_told_is_told(make_file) -> None:
    (case,) = whole_files([make_file()])
    assert case.document("python", Told.NOTHING).language is None
    told = case.document("python", Told.BOTH)
    assert (told.language, told.context) == ("python", "file")
    assert case.document("text", Told.LANGUAGE).language is None


def test_literal_windows_begin_after_the_first_line_of_a_literal(make_file) -> None:
    file = make_file()
    cases = list(literal_windows([file], [anatomy(file)], 1, 10, end_shown=True))
    assert len(cases) == 2
    assert {case.begin for case in cases} <= {1, 2, 19, 20}
    assert not list(literal_windows([file], [anatomy(file)], 1, 10, end_shown=False))


def test_a_region_is_visible_where_its_header_or_its_end_is_shown(make_file) -> None:
    file = make_file()
    found = anatomy(file)
    inside = evidence_of_cases([window(file, 14, 16)], [found])
    assert inside.hidden[:, LOOP].all()
    assert not inside.visible[:, LOOP].any()
    assert inside.visible[:, LABEL_INDEX["in_conditional"]].all()
    for begin, end in ((13, 16), (14, 17)):
        shown = evidence_of_cases([window(file, begin, end)], [found])
        assert shown.visible[:, LOOP].all()
        assert shown.headed[:, LOOP].all() == (begin == 13)
        assert not shown.hidden[:, LOOP].any()


def test_lines_whose_construct_is_not_known_are_neither_visible_nor_hidden(make_file) -> None:
    file = make_file()
    found = anatomy(file)
    doubtful = Anatomy(found.regions, found.literals, found.bindings, np.zeros(len(file.masks), dtype=bool))
    evidence = evidence_of_cases([window(file, 13, 17)], [doubtful])
    assert not (evidence.visible | evidence.hidden).any()


@pytest.mark.parametrize("kind", list(KINDS))
def test_damage_leaves_the_lines_around_it_as_they_were(kind: str, make_file) -> None:
    file = make_file()
    before = file.data.split(b"\n")
    damaged = [damage for seed in range(15) for damage in damaged_files([file], kind, seed, 1)]
    assert damaged
    for damage in damaged:
        spans = split_lines(damage.text)
        assert damage.text != file.data or "inserted" in kind or kind == "file cut in half"
        assert damage.scored.shape == damage.lines.shape == (len(spans),)
        assert 0 < damage.scored.sum() <= 2 * SCORED_LINES
        for line in np.flatnonzero(damage.scored).tolist():
            assert damage.text[spans.starts[line] : spans.ends[line]] == before[damage.lines[line]]


def test_damage_is_the_same_for_the_same_seed(make_file) -> None:
    files = [make_file(), make_file(project="q")]
    first, second = ([d.text for d in damaged_files(files, "token deleted", 3, 2)] for _ in range(2))
    assert first == second
    assert len(first) == 2


def test_bindings_count_where_the_first_one_is_shown(make_file) -> None:
    file = make_file()
    bindings = plain_bindings(file, anatomy(file))
    assert np.flatnonzero(bindings.first_lines >= 0).tolist() == [12, 15, 18]
    assert bindings.first_lines[15] == 12
    truth = label_targets(file.masks).astype(bool)
    whole, part = BindingCounts(), BindingCounts()
    whole.add([window(file, 0, len(file.masks))], [bindings], truth)
    part.add([window(file, 13, 20)], [bindings], truth[13:20])
    assert (whole.n_first, whole.n_later, whole.accuracy, whole.recall_of_later) == (2, 1, 1.0, 1.0)
    assert (part.n_first, part.n_later) == (1, 0)
