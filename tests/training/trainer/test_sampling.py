from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewise.features.languages import LANGUAGE_INDEX
from linewise.features.lines import split_lines
from linewise.training.corpus.shards import LabelledFile
from linewise.training.trainer.folds import may_be_held, split_projects
from linewise.training.trainer.run import Corpus, calibration_corpus
from linewise.training.trainer.sampling import (
    MAX_WINDOW_LINES,
    TEXT_CLASS,
    Sampling,
    batches,
    draw,
    inside_of,
    interiors,
    truth_of,
    windows,
)
from linewise.training.trainer.vocabulary import shared_words

TEXTS = st.lists(st.sampled_from(["a = 1", "", "  b", "\fc"]), min_size=1, max_size=200)


def labelled(data: bytes, language: str = "python", project: str = "p") -> LabelledFile:
    n_lines = len(split_lines(data))
    # Each line's mask is its number, so that a window shows where it was cut.
    return LabelledFile(language, project, "k", "f", data, np.arange(n_lines, dtype=np.uint32), np.ones(n_lines, bool))


@settings(max_examples=60, deadline=None)
@given(lines=TEXTS, ending=st.sampled_from(["\n", "\r\n", "\r"]), final=st.booleans(), seed=st.integers(0, 99))
def test_windows_cut_a_file_without_gap_or_overlap(lines: list[str], ending: str, final: bool, seed: int) -> None:
    data = (ending.join(lines) + (ending if final else "")).encode()
    file = labelled(data)
    pieces = list(windows(file, np.random.default_rng(seed)))
    assert b"".join(piece for piece, _ in pieces) == data
    for piece, span in pieces:
        assert len(split_lines(piece)) == len(file.masks[span]) <= MAX_WINDOW_LINES


def test_every_line_is_drawn_once_with_its_truth() -> None:
    files = [labelled(b"x\n" * n) for n in (1, 30, 400)] + [labelled(b"")]
    samples = list(draw(files, Sampling(), np.random.default_rng(0)))
    masks, known = truth_of(samples)
    assert sorted(masks.tolist()) == sorted([*range(1), *range(30), *range(400)])
    assert known.all()
    for sample in samples:
        assert len(split_lines(sample.document.text)) == len(sample.masks)


def test_extent_and_language_are_told_for_a_share_only() -> None:
    files = [labelled(b"x\n" * 50) for _ in range(300)]
    samples = list(draw(files, Sampling(whole_share=0.5, hint_share=0.25, context_share=0.5), np.random.default_rng(1)))
    contexts = Counter(sample.document.context for sample in samples)
    assert set(contexts) == {"file", "fragment", "unknown"}
    assert contexts["unknown"] == pytest.approx(len(samples) / 2, rel=0.15)
    told = sum(sample.document.language is not None for sample in samples)
    assert told == pytest.approx(len(samples) / 4, rel=0.2)


def test_text_never_has_a_language_told() -> None:
    files = [labelled(b"Dear reader,\n", "text") for _ in range(50)]
    samples = list(draw(files, Sampling(hint_share=1.0), np.random.default_rng(1)))
    assert all(sample.document.language is None for sample in samples)


def test_languages_are_withheld_of_a_share_and_twins_together_or_alone() -> None:
    files = [labelled(b"x\n" * 50, language) for language in ("c", "python", "text") for _ in range(200)]
    sampling = Sampling(whole_share=1.0, hint_share=0.5, withheld_share=0.4)
    samples = list(draw(files, sampling, np.random.default_rng(2)))
    seen = Counter(sample.withheld for sample in samples)
    c, cpp, python = (LANGUAGE_INDEX[name] for name in ("c", "cpp", "python"))
    assert set(seen) == {(), (c,), (c, cpp), (python,)}
    assert len(samples) - seen[()] == pytest.approx(400 * 0.5 * 0.4, rel=0.3)
    assert all(sample.language in sample.withheld for sample in samples if sample.withheld)
    assert not any(sample.withheld for sample in samples if sample.document.language or sample.language == TEXT_CLASS)


def test_the_same_seed_draws_the_same() -> None:
    files = [labelled(b"x\n" * n) for n in range(1, 60)]

    def drawn(seed: int) -> list[bytes]:
        return [sample.document.text for sample in draw(files, Sampling(), np.random.default_rng(seed))]

    assert drawn(3) == drawn(3) != drawn(4)


def test_batches_keep_order_and_lose_nothing() -> None:
    samples = list(draw([labelled(b"x\n" * 9) for _ in range(40)], Sampling(), np.random.default_rng(0)))
    grouped = list(batches(samples, 25))
    assert [sample for group in grouped for sample in group] == samples
    assert all(sum(len(sample.masks) for sample in group) >= 25 for group in grouped[:-1])


def test_a_project_is_in_one_fold_and_the_first_gets_its_share() -> None:
    rng = np.random.default_rng(0)
    files = [
        labelled(b"x\n" * int(rng.integers(1, 500)), language, f"{language}-{project}")
        for language in ("go", "rust")
        for project in range(12)
        for _ in range(5)
    ]
    folds = split_projects(files, share=0.6)
    line, context = ({file.project for file in part} for part in (folds.line, folds.context))
    assert not line & context
    assert len(folds.line) + len(folds.context) == len(files)
    for language in ("go", "rust"):
        counts = [sum(len(f.masks) for f in part if f.language == language) for part in (folds.line, folds.context)]
        assert 0.45 < counts[0] / sum(counts) < 0.75


def test_shared_words_are_those_of_many_projects() -> None:
    files = [
        labelled(f"import common{'' if project else ' rare'}\n".encode(), "go", str(project)) for project in range(6)
    ]
    assert shared_words(files) == ["common", "import"]


def test_what_lies_inside_a_string_is_known_from_the_whole_file() -> None:
    file = labelled(b'x = """a\nb\n"""\ny\n' * 30)
    text = labelled(b'Say """a\nb\n"""\ny\n', "text")
    assert interiors([file, text])[0].tolist() == [False, True, True, False] * 30
    assert not interiors([file, text])[1].any()
    samples = list(draw([file], Sampling(whole_share=0.0), np.random.default_rng(5)))
    assert np.array_equal(inside_of(samples), interiors([file])[0])


def test_a_project_that_holds_most_of_a_language_is_divided_by_folder() -> None:
    files = [
        LabelledFile(
            "go", "giant", "k", f"folder{folder}/f{number}", b"x\n" * 50, np.zeros(50, np.uint32), np.ones(50, bool)
        )
        for folder in range(20)
        for number in range(3)
    ]
    folds = split_projects([*files, labelled(b"x\n" * 40, "go", "small")], share=0.6)
    line, context = ({file.path.split("/")[0] for file in part} for part in (folds.line, folds.context))
    assert not line & context
    assert 0.45 < sum(len(file.masks) for file in folds.line) / 3040 < 0.75


def test_a_project_beside_one_that_holds_most_of_a_language_is_divided_as_well() -> None:
    projects = {
        name: [replace(labelled(b"x\n" * 20, "go", name), path=f"folder{n}/f") for n in range(count)]
        for name, count in (("giant", 40), ("small", 12))
    }
    folds = split_projects([file for files in projects.values() for file in files], share=0.6)
    assert all({"giant", "small"} == {file.project for file in fold} for fold in (folds.line, folds.context))


def test_test_cases_are_divided_file_by_file() -> None:
    cases = [replace(labelled(b"x\n" * 10, "go", "cases"), path=f"one/{number}.go") for number in range(40)]
    folds = split_projects([*cases, labelled(b"x\n" * 100, "go", "other")], {"cases"}, share=0.5)
    assert 0.4 <= sum(len(file.masks) for file in folds.line) / 500 <= 0.6
    assert all("cases" in {file.project for file in fold} for fold in (folds.line, folds.context))


def test_some_small_projects_fit_nothing_and_large_ones_all_fit() -> None:
    files = [labelled(b"x\n" * 10, "go", f"small{number}") for number in range(300)]
    files += [labelled(b"x\n" * 400, "go", f"large{number}") for number in range(40)]
    files += [labelled(b"x\n" * 10, "text", f"prose{number}") for number in range(100)]
    folds = split_projects(files)
    held = {file.project for file in folds.held}
    assert 5 < len(held) < 50
    assert all(name.startswith("small") and may_be_held(name) for name in held)
    assert held.isdisjoint(file.project for file in [*folds.line, *folds.context])
    assert len(folds.line) + len(folds.context) + len(folds.held) == len(files)


def test_answers_are_calibrated_on_some_files_of_each_project_that_fits_nothing() -> None:
    files = [labelled(b"x\n" * 10, "go", f"small{number}") for number in range(300)]
    held = split_projects(files).held
    seen = [replace(labelled(b"x\n" * 1000, "go", "seen"), path=f"{number}.go") for number in range(20)]
    chosen = calibration_corpus(held, Corpus({"go": seen}, [], [], [], frozenset())).code["go"]
    assert {file.project for file in chosen} == {"seen", *(file.project for file in held)}
    assert sum(file.project == "seen" for file in chosen) == 6
