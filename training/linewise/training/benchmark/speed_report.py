"""Figures of speed as Markdown, JSON and a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .speed import Speed

PICTURE_NAME = "speed.svg"
MARKER = "<!-- figures: written by `linewise bench speed --write` -->\n"
"""What comes before it in a document is prose, which stays."""


def as_json(speed: Speed) -> dict[str, Any]:
    """All figures as JSON can hold them."""
    figures = asdict(speed)
    figures["plan"] = {
        "split": speed.plan.split.value,
        "bytes_per_language": speed.plan.bytes_per_language,
        "rounds": speed.plan.rounds,
    }
    return figures


def as_markdown(speed: Speed, picture: str | None = None) -> str:
    """All figures as Markdown tables."""
    others = sum(speed.stages.values()) - speed.products.microseconds
    rest = f"; all else together {others:.2f} µs" if speed.stages else ""
    parts = [
        _machine(speed),
        f"## Against others\n\n{speed.files} files of the {speed.plan.split.value} split, {speed.lines:,} lines, "
        f"{speed.bytes / 1e6:.1f} MB; processor time of one core, medians of {speed.plan.rounds} alternating runs.",
        _table(
            ["program", "says", "lines a second", "linewise is faster by"],
            [
                ["linewise", "27 labels with probabilities", f"{speed.lines_per_second:,.0f}", ""],
                *(
                    [contest.name, contest.says, f"{contest.lines_per_second:,.0f}", f"{contest.ratio:.2f} ×"]
                    for contest in speed.contests
                ),
            ],
        ),
        "## Where the time goes\n\n"
        f"The networks take {speed.products.multiply_adds:,} multiply-adds a line. Their dense products alone, on "
        f"inputs that lie ready, take {speed.products.microseconds:.2f} µs a line{rest}.",
        _table(
            ["stage", "µs a line", "share"],
            [
                [stage, f"{taken:.3f}", f"{taken / sum(speed.stages.values()):.0%}"]
                for stage, taken in speed.stages.items()
            ],
        ),
        "## One text at a time\n\nIn a process that has the model loaded, median elapsed time.",
        _table(["lines", "milliseconds"], [[f"{size:,}", f"{taken:.2f}"] for size, taken in speed.latencies.items()]),
        "## Starts, company, memory",
        _table(
            ["figure", "value"],
            [
                *_starts(speed.start),
                ["loading the model", f"{speed.load_milliseconds:.0f} ms"],
                ["two processes against one", f"{speed.two_processes:.2f} ×"],
                ["two threads against one", f"{speed.two_threads:.2f} ×"],
                *([f"memory: {what}", f"{peak:.0f} MB"] for what, peak in speed.memory.items()),
            ],
        ),
        "## Large and awkward texts",
        f"![Microseconds a line against the number of lines]({picture})" if picture else "",
        _table(
            ["lines in one text", "µs a line"], [[f"{size:,}", f"{taken:.2f}"] for size, taken in speed.curve.items()]
        ),
        _table(
            ["text", "MB", "seconds", "ns a byte", "ns a byte at half the size"],
            [
                [
                    case.name,
                    f"{case.megabytes:.1f}",
                    f"{case.seconds:.2f}",
                    f"{case.nanoseconds_per_byte:.0f}",
                    f"{case.nanoseconds_per_byte_at_half:.0f}",
                ]
                for case in speed.awkward
            ],
        ),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def draw_curve(speed: Speed, path: Path) -> None:
    """Write a picture of the cost of a line against the size of its text."""
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(6, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(list(speed.curve), list(speed.curve.values()), marker="o")
    axes.set(xscale="log", xlabel="lines in one text", ylabel="µs a line", ylim=(0, None))
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(path, metadata={"Date": None})


class ReportError(ValueError):
    """A document that figures cannot be written into; the message names it."""


def check_report(path: Path) -> None:
    """See that figures can be written into a document: there is none yet, or one with the marker.

    Raises:
        ReportError: if its folder is missing, or it has no marker or cannot be read.
    """
    _prose(path)


def write_report(speed: Speed, path: Path) -> None:
    """Bring a document's figures up to date, all that follows its marker, and the picture beside it.

    A document that does not exist is begun.

    Raises:
        ReportError: as `check_report`.
    """
    prose = _prose(path)
    draw_curve(speed, path.with_name(PICTURE_NAME))
    path.write_text(prose + MARKER + "\n" + as_markdown(speed, PICTURE_NAME), "utf-8")


def _prose(path: Path) -> str:
    """What stands before a document's figures."""
    if not path.parent.is_dir():
        raise ReportError(f"{path.parent} is no folder, so {path.name} cannot be written there")
    try:
        prose, marker, _ = path.read_text("utf-8").partition(MARKER)
    except FileNotFoundError:
        return "# Speed\n\n"
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path} cannot be read: {error}") from error
    if not marker:
        raise ReportError(f"{path} has no line {MARKER.strip()!r}, after which its figures would go")
    return prose


def _machine(speed: Speed) -> str:
    machine = speed.machine
    kernel = "the compiled kernel" if machine.compiled else "numpy alone"
    return (
        f"Measured on {machine.processor}, {machine.cores} cores, {machine.memory_gib} GiB, {machine.system}, "
        f"Python {machine.python}, numpy {machine.numpy}, {kernel}, model `{speed.model_digest[:16]}`."
    )


def _starts(start: tuple[float, float] | None) -> list[list[str]]:
    if start is None:
        return []
    return [
        ["`linewise label small.py`", f"{start[0]:.3f} s"],
        ['`python -c "import numpy, scipy.sparse"`', f"{start[1]:.3f} s"],
        ["ratio of the two", f"{start[0] / start[1]:.2f}"],
    ]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
