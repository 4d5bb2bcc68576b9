import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from linewise.models import store
from linewise.training.benchmark import speed_workers
from linewise.training.benchmark.machine import describe_machine
from linewise.training.benchmark.speed import Contest, Plan, Speed
from linewise.training.benchmark.speed_report import (
    MARKER,
    PICTURE_NAME,
    ReportError,
    as_json,
    as_markdown,
    check_report,
    write_report,
)
from linewise.training.benchmark.speed_stages import Products
from linewise.training.benchmark.speed_texts import AWKWARD, Awkward, lines_of
from linewise.training.benchmark.speed_together import two_processes
from linewise.training.commands.bench import bench


@pytest.fixture
def speed() -> Speed:
    return Speed(
        machine=describe_machine(),
        model_digest="0" * 64,
        plan=Plan(Path("model")),
        files=2,
        lines=100,
        bytes=3_000,
        lines_per_second=300_000.0,
        contests=(Contest("another", "less", 150_000.0, 2.0),),
        products=Products(36_000, 0.7),
        stages={"lines": 0.1, "tokens": 0.4},
        latencies={1: 0.5},
        two_processes=1.9,
        two_threads=1.8,
        start=(0.3, 0.2),
        load_milliseconds=20.0,
        memory={"a folder": 100.0},
        curve={1_000: 3.0, 10_000: 3.1},
        awkward=(Awkward("brackets", 1.0, 0.01, 10.0, 10.0),),
    )


def test_the_report_tells_ratios_and_shares(speed: Speed) -> None:
    report = as_markdown(speed)
    assert "| another | less | 150,000 | 2.00 × |" in report
    assert "| tokens | 0.400 | 80% |" in report
    assert "| ratio of the two | 1.50 |" in report
    assert speed.machine.processor in report


def test_figures_are_json(speed: Speed) -> None:
    figures = json.loads(json.dumps(as_json(speed)))
    assert figures["plan"]["split"] == "test"
    assert figures["contests"][0]["ratio"] == 2.0


def test_a_report_keeps_the_prose_before_its_marker(speed: Speed, tmp_path: Path) -> None:
    path = tmp_path / "speed.md"
    path.write_text("# Prose\n\n" + MARKER + "old figures\n", "utf-8")
    write_report(speed, path)
    text = path.read_text("utf-8")
    assert text.startswith("# Prose\n\n" + MARKER)
    assert "old figures" not in text
    assert (tmp_path / PICTURE_NAME).stat().st_size > 0


def test_a_report_is_begun_where_there_is_none(speed: Speed, tmp_path: Path) -> None:
    path = tmp_path / "new.md"
    check_report(path)
    assert not path.exists()
    write_report(speed, path)
    assert path.read_text("utf-8").startswith("# Speed\n\n" + MARKER)
    write_report(speed, path)
    assert path.read_text("utf-8").count(MARKER) == 1


def test_a_report_that_cannot_be_written_is_refused_before_measuring(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# No marker\n", "utf-8")
    (tmp_path / "binary.md").write_bytes(b"\xff\xfe")
    for name, message in (
        ("other.md", "has no line"),
        ("binary.md", "cannot be read"),
        ("missing/speed.md", "is no folder"),
    ):
        with pytest.raises(ReportError, match=message):
            check_report(tmp_path / name)
        done = CliRunner().invoke(bench, ["speed", "--write", str(tmp_path / name)])
        assert done.exit_code == 1
        assert message in done.output
        assert "rivals" not in done.output
    done = CliRunner().invoke(bench, ["speed", "--json", str(tmp_path / "missing" / "speed.json")])
    assert (done.exit_code, "is no folder" in done.output) == (1, True)


def test_two_workers_are_measured_in_turn(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n" * 200, "utf-8")
    model = store.default_folder()
    assert two_processes(model, tmp_path, 2) > 0
    assert speed_workers.two_threads(model, tmp_path, 2) > 0


def test_texts_have_the_lines_asked_for() -> None:
    assert lines_of(b"a\nb\nc\n", 7) == b"a\nb\nc\na\nb\nc\na\n"
    for _, make, _ in AWKWARD:
        assert len(make(100)) >= 96
