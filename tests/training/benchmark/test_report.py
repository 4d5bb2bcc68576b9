"""A whole run on a few files, and the reports made from it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from linewise.features.labels import mask_of
from linewise.features.languages import LANGUAGE_NAMES
from linewise.models import store
from linewise.training.benchmark import accuracy, measuring
from linewise.training.benchmark.accuracy import Accuracy, measure_accuracy
from linewise.training.benchmark.cases import STARTS_INSIDE, WHOLE, WINDOW_LENGTHS, Told
from linewise.training.benchmark.damage import KINDS
from linewise.training.benchmark.goals import goals_of, goals_table
from linewise.training.benchmark.measuring import BARE_PARSER, MODEL, PARSER, UNDAMAGED, LanguageResult, Plan
from linewise.training.benchmark.pictures import draw_pictures
from linewise.training.benchmark.report import as_json, as_markdown, every_cell
from linewise.training.commands.bench import bench
from linewise.training.corpus.cache import CACHE_VARIABLE
from linewise.training.corpus.manifest import Split
from linewise.training.corpus.shards import LabelledFile

from ...models.networks import plain_thresholds, random_networks
from .conftest import SOURCE

GO = b"package a\n\n/*\nSays.\n*/\nfunc f(n int) int {\n\tfor n > 0 {\n\t\tn--\n\t}\n\treturn n\n}\n" * 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    summary = {"training_lines": {"go": 5, "python": 7}, "multiply_adds_per_line": 9, "seed": 1}
    store.save(path, random_networks(), plain_thresholds(), summary)
    return path


@pytest.fixture
def small_corpus(make_file, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "python": [make_file(SOURCE * 6, project=name) for name in "pq"],
        "go": [make_file(GO, "go", project=name) for name in "rs"],
    }
    prose = b"Nothing but words.\n" * 4
    text = LabelledFile("text", "t", "t", "README", prose, np.full(4, mask_of(["text"]), np.uint32), np.ones(4, bool))
    monkeypatch.setattr(measuring, "labelled_files", lambda split, language: files[language])
    monkeypatch.setattr(measuring, "text_documents", lambda split, seed: [text])


@pytest.fixture
def measured(small_corpus: None, folder: Path) -> Accuracy:
    plan = Plan(folder, Split.VALIDATION, windows_per_file=12, damaged_files=1, rival_lines=60)
    return measure_accuracy(plan, languages=("python", "go"), n_jobs=1)


def test_a_run_measures_everything(measured: Accuracy, tmp_path: Path) -> None:
    assert measured.figures(WHOLE).by_language["python"].n_lines == len(SOURCE.splitlines()) * 6 * 2
    for told in Told:
        assert set(measured.views("3 lines", told)) == {"python", "go"}
    assert measured.rival_figures(WHOLE, PARSER) is None
    assert measured.rival_figures("3 lines", BARE_PARSER) is not None
    for view in ("20 lines", STARTS_INSIDE[True]):
        ours, theirs = (measured.rival_figures(view, name) for name in (MODEL, PARSER))
        assert ours is not None
        assert theirs is not None
        assert ours.by_language["go"].n_lines == theirs.by_language["go"].n_lines > 0
    for name in (MODEL, UNDAMAGED, PARSER):
        assert measured.damage(list(KINDS), name).by_language["python"].n_lines > 0
    assert measured.bindings(WHOLE)["python"].n_first > 0
    assert measured.text.views[WHOLE, Told.NOTHING].scores.all.total.n_lines == 4

    pictures = draw_pictures(measured, tmp_path)
    assert len(list(tmp_path.glob("*.png"))) == len(pictures) == 3
    report = as_markdown(measured, pictures)
    for heading in (
        "Goals",
        "Rivals",
        "Damage",
        "Regions by evidence",
        "First binding",
        "Calibration",
        "Modes",
        "Text or code",
    ):
        assert f"### {heading}" in report
    assert "nan" not in report
    assert pictures[0] in report
    widths = [{row.count("|") for row in part.splitlines()} for part in report.split("\n\n") if part.startswith("| ")]
    assert all(len(counts) == 1 for counts in widths)
    assert every_cell(measured).count("| `call` |") == len(WINDOW_LENGTHS)
    values = json.loads(json.dumps(as_json(measured), allow_nan=False))
    exact = values["views"][WHOLE]["exact_lines"]
    assert math.isclose(exact, measured.figures(WHOLE).exact())
    assert set(values["damage"]) == set(KINDS)


def test_the_same_plan_gives_the_same_figures(measured: Accuracy, small_corpus: None) -> None:
    again = measure_accuracy(measured.plan, languages=("python", "go"), n_jobs=1)
    assert as_json(again) == as_json(measured)


def test_the_command_writes_report_figures_and_log(
    small_corpus: None, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure_accuracy, "__defaults__", (None, ("python", "go"), 1, None))
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    report, figures, log = (tmp_path / name for name in ("docs/accuracy.md", "a.json", "log.md"))
    arguments = ["accuracy", "--split", "validation", "--model", str(folder), "--report", str(report)]
    done = CliRunner().invoke(bench, [*arguments, "--json", str(figures), "--log", str(log), "--jobs", "1", "--card"])
    assert done.exit_code == 0, done.output
    assert report.read_text().startswith("# Accuracy\n")
    assert (report.parent / "accuracy-cells.png").exists()
    values = json.loads(figures.read_text())
    assert values["split"] == "validation"
    assert set(values["conformance"]["nothing"]) == set(LANGUAGE_NAMES)
    assert {goal["met"] for goal in values["goals"]} <= {True, False, None}
    assert log.read_text().count("|") == 9
    card = (folder / "MODEL_CARD.md").read_text()
    for heading in ("## Use", "### Examples", "## Figures", "### Goals", "## Thresholds", "## Training data"):
        assert f"\n{heading}\n" in card
    assert "12 lines of open-source packages" in card
    assert len(list((tmp_path / "cache" / "benchmark").glob("*.joblib"))) == 3


def test_what_was_measured_is_not_measured_again(
    small_corpus: None, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(folder, Split.VALIDATION, windows_per_file=2, damaged_files=1, rival_lines=20)
    first = measure_accuracy(plan, languages=("go",), n_jobs=1, results=tmp_path)
    go, _ = sorted(tmp_path.glob("*.joblib"), key=lambda path: path.stat().st_size, reverse=True)
    go.write_bytes(b"torn")
    asked: list[str] = []
    measure = measuring.measure_language

    def counted(language: str, files: Sequence[LabelledFile], plan: Plan) -> LanguageResult:
        asked.append(language)
        return measure(language, files, plan)

    monkeypatch.setattr(accuracy, "measure_language", counted)
    again = measure_accuracy(plan, languages=("go",), n_jobs=1, results=tmp_path)
    assert asked == ["go"]
    assert again.detection() == first.detection()
    for told in Told:
        assert again.figures(WHOLE, told).exact() == first.figures(WHOLE, told).exact()
    measure_accuracy(replace(plan, seed=8), languages=("go",), n_jobs=1, results=tmp_path)
    assert asked == ["go", "text", "go"]


def test_goals_are_compared_as_they_are_printed(measured: Accuracy) -> None:
    goals = {goal.what: goal for goal in goals_of(measured)}
    assert len(goals) == len(goals_of(measured))
    text = goals["text or code, F1 of `text`, whole documents"]
    assert (text.target, text.reached, text.met) == ("≥ 0.98", "–", None)
    exact = goals["every label of a line right, whole file"]
    assert exact.met is (measured.figures(WHOLE).exact() >= 0.95)
    assert goals["Zig, never seen, whole file"].met is None
    assert "| ✗ |" in goals_table(goals_of(measured))


def test_a_part_of_the_test_split_is_not_measured(folder: Path) -> None:
    done = CliRunner().invoke(bench, ["accuracy", "--model", str(folder), "--max-files", "3"])
    assert done.exit_code == 2
