"""Throughput of two processes, and of two threads, relative to one.

One worker alone and both at once take turns, so that whatever else the machine does meets both alike.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from . import speed_workers as workers


def two_processes(model: Path, folder: Path, rounds: int) -> float:
    """Throughput of two processes, relative to the mean of each alone; the median of some rounds.

    Each process keeps to a core of its own where the system lets it.

    Args:
        model: the model's folder.
        folder: the files to label.
        rounds: how often each is measured.
    """
    with _worker(model, folder, 0) as first, _worker(model, folder, 1) as second:
        return statistics.median(_round((first, second)) for _ in range(rounds))


def _round(both: Sequence[Connection]) -> float:
    alone = statistics.mean(_seconds([worker])[0] for worker in both)
    return 2 * alone / max(_seconds(both))


def _seconds(some: Sequence[Connection]) -> list[float]:
    """How long each of some workers takes when they begin together."""
    for worker in some:
        worker.send(True)
    return [worker.recv() for worker in some]


@contextmanager
def _worker(model: Path, folder: Path, number: int) -> Iterator[Connection]:
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=workers.work_on_demand, args=(model, folder, _core(number), there), daemon=True)
    process.start()
    there.close()
    try:
        here.recv()  # that it is ready
        yield here
        here.send(False)
        process.join()
    finally:
        process.kill()


def _core(number: int) -> int | None:
    """A core for each number, None where a system has no way to keep to one."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    cores = sorted(os.sched_getaffinity(0))
    return cores[number % len(cores)]
