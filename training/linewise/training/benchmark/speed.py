"""How fast a model answers: against rivals over the same files, by stage, by size of text, and from a cold start.

All times are of one core. Throughput is counted in processor time, the rivals' and linewise's runs alternating, so
that a busy machine disturbs the ratios little; latencies and starts are elapsed time.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from linewise.features.lines import split_lines
from linewise.models import Classifier, Document, store
from linewise.training.corpus.manifest import Split
from linewise.training.corpus.shards import iter_files, prepared_languages
from linewise.training.corpus.storage import SourceFile

from . import speed_workers as workers
from .machine import Machine, describe_machine
from .speed_rivals import Rival, rivals
from .speed_stages import Products, measure_products, measure_stages
from .speed_texts import AWKWARD, Awkward, lines_of, measure_awkward, measure_curve, processor_time
from .speed_together import two_processes

LATENCY_LINES = (1, 50, 500, 10_000)
CURVE_LINES = (1_000, 10_000, 100_000, 1_000_000)
LONG_CURVE_LINES = (*CURVE_LINES, 10_000_000)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: the model's folder, the corpus split and how much of it, how often, and how large."""

    folder: Path
    split: Split = Split.TEST
    bytes_per_language: int = 130_000
    rounds: int = 5
    long_curve: bool = False


@dataclass(frozen=True, slots=True)
class Contest:
    """One rival's figures: lines a second, and how many times faster linewise is."""

    name: str
    says: str
    lines_per_second: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Speed:
    """All figures.

    Attributes:
        lines_per_second: of `Classifier.classify_many` on one core.
        stages: microseconds a line; empty without the compiled kernel.
        latencies: median milliseconds for a text of so many lines.
        two_processes, two_threads: throughput of two, relative to one.
        start: seconds of `linewise label` on a small file, and of a Python that only imports numpy and scipy.sparse;
            None where no model is shipped.
        load_milliseconds: to load the model.
        memory: peak MB of a process, by what it did.
        curve: microseconds a line for texts of so many lines.
    """

    machine: Machine
    model_digest: str
    plan: Plan
    files: int
    lines: int
    bytes: int
    lines_per_second: float
    contests: tuple[Contest, ...]
    products: Products
    stages: dict[str, float]
    latencies: dict[int, float]
    two_processes: float
    two_threads: float
    start: tuple[float, float] | None
    load_milliseconds: float
    memory: dict[str, float]
    curve: dict[int, float]
    awkward: tuple[Awkward, ...]


def measure_speed(plan: Plan, report: Callable[[str], None]) -> Speed:
    """Measure everything.

    Args:
        plan: what to measure.
        report: is told each step.

    Raises:
        ModelError, CorpusMissingError: where the model or the files are missing.
    """
    model = store.load(plan.folder)
    classifier = Classifier(model)
    files = sample_files(plan)
    documents = [Document(file.data, filename=file.path, context="file") for file in files]
    n_lines = sum(len(split_lines(file.data)) for file in files)
    text = b"".join(file.data for file in files if file.language == "python") or files[0].data
    with _temporary_folder() as name:
        folder = Path(name)
        report(f"{len(files)} files of {n_lines:,} lines, against rivals")
        contestants = rivals(files, folder)
        own, contests = _contests(lambda: _drain(classifier, documents), contestants, n_lines, plan.rounds)
        for index, file in enumerate(files):  # also where no rival needed them
            (folder / f"{index}{Path(file.path).suffix}").write_bytes(file.data)
        report("stages")
        stages = measure_stages(
            model.networks, [file.data for file in files], [file.language for file in files], plan.rounds
        )
        products = measure_products(model.networks, plan.rounds)
        report("latencies, starts, processes, memory")
        latencies = {size: _latency(classifier, lines_of(text, size)) for size in LATENCY_LINES}
        processes = two_processes(plan.folder, folder, plan.rounds)
        threads = _in_a_process(workers.two_threads, plan.folder, folder, plan.rounds)
        start = _starts(plan.rounds)
        load = statistics.median(_elapsed(lambda: store.load(plan.folder)) for _ in range(plan.rounds)) * 1e3
        memory = _memory(plan, folder, text)
    report("texts of growing size, and awkward ones")
    return Speed(
        machine=describe_machine(),
        model_digest=model.info.digest,
        plan=plan,
        files=len(files),
        lines=n_lines,
        bytes=sum(len(file.data) for file in files),
        lines_per_second=own,
        contests=contests,
        products=products,
        stages=stages,
        latencies=latencies,
        two_processes=processes,
        two_threads=threads,
        start=start,
        load_milliseconds=load,
        memory=memory,
        curve=measure_curve(classifier, text, LONG_CURVE_LINES if plan.long_curve else CURVE_LINES),
        awkward=tuple(measure_awkward(classifier, *case) for case in AWKWARD),
    )


def sample_files(plan: Plan) -> list[SourceFile]:
    """The first files of each language of a split, up to the plan's number of bytes each."""
    chosen = []
    for language in prepared_languages(plan.split):
        size = 0
        for file in iter_files(plan.split, language):
            if size >= plan.bytes_per_language:
                break
            chosen.append(file)
            size += len(file.data)
    return chosen


def _contests(
    own: Callable[[], object], contestants: Sequence[Rival], n_lines: int, rounds: int
) -> tuple[float, tuple[Contest, ...]]:
    """Median throughput of all, one run of each after the other, and again."""
    times: dict[str, list[float]] = {name: [] for name in ("", *(rival.name for rival in contestants))}
    own()
    for _ in range(rounds):
        times[""].append(processor_time(own))
        for rival in contestants:
            times[rival.name].append(processor_time(rival.run))
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    contests = tuple(
        Contest(rival.name, rival.says, n_lines / medians[rival.name], medians[rival.name] / medians[""])
        for rival in contestants
    )
    return n_lines / medians[""], contests


def _elapsed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _drain(classifier: Classifier, documents: Sequence[Document]) -> None:
    for _prediction in classifier.classify_many(documents):
        pass


def _latency(classifier: Classifier, text: bytes) -> float:
    times = [_elapsed(lambda: classifier.classify(text, filename="a.py")) for _ in range(25)]
    return statistics.median(times[3:]) * 1e3


def _starts(rounds: int) -> tuple[float, float] | None:
    """Median seconds of `linewise label` on a small file and of the bare imports, one after the other."""
    with _temporary_folder() as name:
        small = Path(name) / "small.py"
        small.write_text("import os\n\n\ndef work():\n    return os.name\n", "utf-8")
        command = [sys.executable, "-m", "linewise", "label", str(small)]
        bare = [sys.executable, "-c", "import numpy, scipy.sparse"]
        own, other = [], []
        try:
            for _ in range(rounds + 1):
                own.append(_elapsed(lambda: _quiet(command)))
                other.append(_elapsed(lambda: _quiet(bare)))
        except subprocess.CalledProcessError:
            return None
    return statistics.median(own[1:]), statistics.median(other[1:])


def _quiet(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})


def _in_a_process(worker: Callable[..., float], *arguments: Any) -> float:
    """What a worker finds in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(worker, *arguments).result()


def _memory(plan: Plan, folder: Path, text: bytes) -> dict[str, float]:
    with _temporary_folder() as name:
        memory = {
            "the model alone": _in_a_process(workers.peak_of_nothing, plan.folder),
            "a folder": _in_a_process(workers.peak_of_folder, plan.folder, folder, 1),
            "the same folder three times over": _in_a_process(workers.peak_of_folder, plan.folder, folder, 3),
        }
        large = Path(name) / "large.py"
        for n_lines in (1_000_000, 10_000_000) if plan.long_curve else (1_000_000,):
            large.write_bytes(lines_of(text, n_lines))
            size = large.stat().st_size / 1e6
            aim = 150 + size + n_lines * 400 / 1e6
            what = f"one text of {n_lines:,} lines ({size:.0f} MB; aim: at most {aim:.0f} MB)"
            memory[what] = _in_a_process(workers.peak_of_text, plan.folder, large)
            memory[f"the same {n_lines:,} lines, taken by blocks"] = _in_a_process(
                workers.peak_of_blocks, plan.folder, large
            )
        line = b"(" * 10_000_000
        large.write_bytes(line)
        what = f"one line of {len(line):,} brackets (aim: at most {150 + len(line) / 1e6:.0f} MB)"
        memory[what] = _in_a_process(workers.peak_of_text, plan.folder, large)
        return memory


def _temporary_folder() -> AbstractContextManager[str]:
    return tempfile.TemporaryDirectory(prefix="linewise-speed-")
