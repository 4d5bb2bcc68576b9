"""Progress of a training: a bar on the terminal, a log that outlives interruption, and a picture of the curves."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from pathlib import Path
from types import TracebackType
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tqdm import tqdm

STAGES = ("language of context", "line", "language of line", "language of all", "first context", "second context")


class Progress:
    """Shows each stage's progress and loss, and appends them to a log (JSON lines: stage, progress, loss)."""

    def __init__(self, log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self._stream = log.open("a", encoding="utf-8")
        self._bar: tqdm[Any] | None = None
        self._stage = ""

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
        self._stream.close()

    def __call__(self, stage: str, progress: float, loss: float) -> None:
        """Note one shard of a stage."""
        if stage != self._stage:
            if self._bar is not None:
                self._bar.close()
            self._bar = tqdm(
                total=1000,
                desc=stage,
                bar_format="{desc:>19} {percentage:3.0f}%|{bar}| {elapsed} (left {remaining}){postfix}",
            )
            self._stage = stage
        assert self._bar is not None
        self._bar.n = round(1000 * progress)
        self._bar.set_postfix_str(f"loss {loss:.4f}")
        if math.isfinite(loss):
            self._stream.write(json.dumps({"stage": stage, "progress": round(progress, 4), "loss": round(loss, 5)}))
            self._stream.write("\n")
            self._stream.flush()


def draw_curves(log: Path, picture: Path) -> None:
    """Draw the loss of each stage against its progress."""
    curves: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for line in log.read_text("utf-8").splitlines():
        entry = json.loads(line)
        curves[entry["stage"]].append((entry["progress"], entry["loss"]))
    figure = Figure(figsize=(14, 3), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, stage in zip(figure.subplots(1, len(STAGES)), STAGES, strict=True):
        if curves[stage]:
            axes.plot(*zip(*sorted(curves[stage]), strict=True), linewidth=0.8)
        axes.set(title=stage, xlabel="share of training", ylabel="loss" if stage == STAGES[0] else "")
        axes.grid(alpha=0.3)
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, dpi=110)
