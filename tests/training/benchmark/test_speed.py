import json
from pathlib import Path

import pytest

from linewise.training.benchmark.machine import describe_machine
from linewise.training.benchmark.speed import AWKWARD, Awkward, Contest, Plan, Speed, _lines_of
from linewise.training.benchmark.speed_report import MARKER, PICTURE_NAME, as_json, as_markdown, write_report
from linewise.training.benchmark.speed_stages import Products


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
    path.write_text("# No marker\n", "utf-8")
    with pytest.raises(ValueError, match="has no line"):
        write_report(speed, path)


def test_texts_have_the_lines_asked_for() -> None:
    assert _lines_of(b"a\nb\nc\n", 7) == b"a\nb\nc\na\nb\nc\na\n"
    for _, make, _ in AWKWARD:
        assert len(make(100)) >= 96
