"""Pictures of the accuracy report: F1 by language and label, by window length beside the rivals, and reliability."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from linewise.features.labels import LABEL_NAMES

from .accuracy import REGION, SURFACE_AND_CONSTRUCT, Accuracy
from .calibration import UNSURE
from .cases import WHOLE, WINDOW_LENGTHS, window_name
from .measuring import BARE_PARSER, HIGHLIGHTER, MAJORITY, MODEL, PARSER, RIVALS

_SETTINGS: dict[Any, Any] = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
_COLOURS = {
    MODEL: "#1f5fa8",
    PARSER: "#c0504d",
    BARE_PARSER: "#dfa09d",
    HIGHLIGHTER: "#7f9f3f",
    MAJORITY: "#999999",
}


def draw_pictures(accuracy: Accuracy, folder: Path) -> tuple[str, ...]:
    """Write the pictures into a folder; their Markdown, with names relative to it."""
    drawn: list[tuple[str, str, Callable[[Accuracy], Figure]]] = [
        ("accuracy-windows.png", "F1 against window length, with the rivals", windows_picture),
        ("accuracy-cells.png", "F1 of every language and label on whole files", cells_picture),
        ("accuracy-reliability.png", "Share of true labels against predicted probability", reliability_picture),
    ]
    markdown = []
    with mpl.rc_context(_SETTINGS):
        for name, title, draw in drawn:
            draw(accuracy).savefig(folder / name, dpi=110, metadata={"Software": None})
            markdown.append(f"![{title}]({name})")
    return tuple(markdown)


def windows_picture(accuracy: Accuracy) -> Figure:
    """F1 against window length, everyone on the same windows; surface and construct left, regions right."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    lengths = sorted(WINDOW_LENGTHS)
    for name in (MODEL, *RIVALS):
        surface, visible = [], []
        for length in lengths:
            view = window_name(length)
            figures = accuracy.rival_figures(view, name)
            of_visible = accuracy.rival_figures(view, name, visible=True)
            surface.append(figures.overall(SURFACE_AND_CONSTRUCT) if figures else np.nan)
            visible.append(of_visible.overall(REGION) if of_visible else np.nan)
        left.plot(lengths, surface, marker="o", color=_COLOURS[name], label=name)
        right.plot(lengths, visible, marker="o", color=_COLOURS[name], label=name)
    for axes, title in ((left, "surface + construct"), (right, "region, where visible")):
        axes.set_title(title)
        axes.set_xscale("log")
        axes.set_xticks(lengths, [str(length) for length in lengths])
        axes.minorticks_off()
        axes.set_xlabel("lines shown")
        axes.set_ylim(0, 1.02)
        axes.grid(axis="y", alpha=0.3)
    left.set_ylabel("macro-F1")
    left.legend(frameon=False, loc="lower right")
    return figure


def cells_picture(accuracy: Accuracy) -> Figure:
    """A heat map of F1 by language and label on whole files; thin cells stay white."""
    figures = accuracy.figures(WHOLE)
    values = figures.table()
    figure = Figure(figsize=(11, 0.32 * len(values) + 2.2), layout="constrained")
    axes = figure.subplots()
    colours = mpl.colormaps["RdYlGn"].with_extremes(bad="white")
    picture = axes.imshow(np.ma.masked_invalid(values), cmap=colours, vmin=0.7, vmax=1.0, aspect="auto")
    axes.set_xticks(range(len(LABEL_NAMES)), LABEL_NAMES, rotation=60, ha="right")
    axes.set_yticks(range(len(values)), list(figures.by_language))
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            axes.text(column, row, f"{100 * value:.0f}", ha="center", va="center", fontsize=7)
    figure.colorbar(picture, ax=axes, label="F1", shrink=0.8)
    return figure


def reliability_picture(accuracy: Accuracy) -> Figure:
    """Share of true labels against predicted probability: each label faintly, all together strongly."""
    views = (WHOLE, window_name(20), window_name(1))
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    panels: list[Axes] = list(figure.subplots(1, len(views), sharey=True))
    for axes, view in zip(panels, views, strict=True):
        calibration = accuracy.calibration(view)
        axes.plot(UNSURE, UNSURE, color="#999999", linestyle=":")
        for label in range(len(LABEL_NAMES)):
            rows = calibration.reliability(label)
            axes.plot(rows[:, 0], rows[:, 1], color=_COLOURS[MODEL], alpha=0.15, linewidth=0.8)
        rows = calibration.reliability_of_all()
        axes.plot(rows[:, 0], rows[:, 1], color=_COLOURS[MODEL], marker="o", markersize=3)
        axes.set_title(view)
        axes.set_xlabel("predicted probability")
        axes.set_ylim(0, 1)
    panels[0].set_ylabel("share true")
    return figure
