"""The figures of ``http_load.py`` as Markdown: a table for each measurement, and one of the goals."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Figures = dict[str, float]

TITLES = {
    "shares": "Requests without pause on {connections} connections, {workers} worker(s) with one thread each; "
    "then at 70% of each one's own peak:",
    "beside_library": "Texts of 1,000 lines by HTTP, and the library alone on as many cores:",
    "overload": "At the peak and beyond it, with a queue of 32:",
    "health": "`/health/live` while texts of 1 MB are posted without pause:",
    "first_request": "The first request after the service is ready, and those after it:",
    "beside_slow_clients": "100 requests a second without and with 1,000 clients that send a byte every ten seconds:",
    "sizing": "What workers do, with one thread each, while `wrk` takes its part of the same cores:",
}
_MARKED = re.compile(r"(<!-- http_load.py writes this -->\n).*?(<!-- until here -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Goal:
    """What shall hold, where its figure is found, and the limit that it is not to fall below or to exceed."""

    text: str
    measurement: str
    value: Callable[[Any], float]
    limit: float
    is_least: bool = False

    def row(self, result: dict[str, Any]) -> list[str]:
        """Its row in the table."""
        value = self.value(result[self.measurement])
        met = value >= self.limit if self.is_least else value <= self.limit
        verdict = "–" if math.isnan(value) else "yes" if met else "no"
        limit = f"{'≥' if self.is_least else '≤'} {self.limit:g}"
        return [self.text, limit, _number(value), verdict]


GOALS = (
    Goal("share of the trivial endpoint's requests at 20 lines", "shares", lambda rows: rows[0]["share"], 0.6, True),
    Goal("share of the trivial endpoint's requests at 100 lines", "shares", lambda rows: rows[1]["share"], 0.4, True),
    Goal("share of the library's lines at 1,000 lines", "beside_library", lambda row: row["share"], 0.5, True),
    Goal("p99 at 70% load, 20 lines, times the trivial endpoint's", "shares", lambda rows: rows[0]["times"], 3),
    Goal("p99 at 70% load, 100 lines, times the trivial endpoint's", "shares", lambda rows: rows[1]["times"], 3),
    *(
        goal
        for first, n_lines in ((0, 100), (3, 1000))
        for row, factor in ((first + 1, 2), (first + 2, 5))
        for goal in (
            Goal(
                f"goodput at {factor} times the peak, {n_lines} lines, share of it",
                "overload",
                lambda rows, row=row: rows[row]["share of the peak"],
                0.9,
                True,
            ),
            Goal(
                f"p99 of refusals at {factor} times the peak, {n_lines} lines, ms",
                "overload",
                lambda rows, row=row: rows[row]["p99 ms of refusals"],
                50,
            ),
        )
    ),
    Goal("p99 of health checks, ms", "health", lambda row: row["p99 ms"], 50),
    Goal("first request, times the steady p99", "first_request", lambda row: row["times"], 2),
    Goal("p99 beside slow clients, times that without", "beside_slow_clients", lambda row: row["times"], 2),
)


def render(result: dict[str, Any], parts: Sequence[str]) -> str:
    """Some parts of what was measured: ``machine``, names of measurements, ``goals``."""
    return "\n".join(_render_part(result, part) for part in parts)


def _render_part(result: dict[str, Any], part: str) -> str:
    if part == "machine":
        after = f", {result['load_after']:.1f} after" if "load_after" in result else ""
        return (
            f"Measured on {result['cores']} cores; the machine's load was {result['load_before']:.1f} before{after}.\n"
        )
    if part == "goals":
        rows = [goal.row(result) for goal in GOALS if goal.measurement in result]
        return _table(["what", "goal", "measured", "met"], rows)
    figures = result[part]
    each = figures if isinstance(figures, list) else [figures]
    rows = [[_number(value) for value in row.values()] for row in each]
    return f"{TITLES[part].format(**result)}\n\n{_table(list(each[0]), rows)}"


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    first = "---" if names[0] == "what" else "---:"
    lines = [names, [first, *["---:"] * (len(names) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _number(value: float) -> str:
    """As many digits as mean something: ``1,234``, ``12.3``, ``1.23``; a dash where nothing was counted."""
    if math.isnan(value):
        return "–"
    if float(value).is_integer() or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def put_into(page: Path, text: str) -> None:
    """Put a text between the marks of a Markdown page.

    Raises:
        SystemExit: the page has no such marks.
    """
    before = page.read_text("utf-8")
    after, found = _MARKED.subn(lambda marks: f"{marks[1]}\n{text}\n{marks[2]}", before)
    if found != 1:
        raise SystemExit(f"{page} does not mark where the figures go")
    page.write_text(after, "utf-8")
