"""The processes that label the parts of a plan, where there are several.

They are forked, where the system can, from a server that has imported what they need: while the command itself is still
looking for files, and once for all of them. Each takes a part, and the next one when that is written; a process that is
killed ends the run.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .job import Job
    from .part import Done
    from .plan import Part, Plan

_FORKS = "forkserver" in multiprocessing.get_all_start_methods()
_WORKER_MODULE = "linewise.service.batch.worker"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_AHEAD = 2
"""So many parts are given out for each process, so that it need not wait for the next."""


def prepare() -> bool:
    """Start the server that processes are forked from, and return at once; for when they will be needed surely.

    Returns:
        Whether there is one: it needs a system that forks, and a temporary folder for its socket.
    """
    if not _FORKS:
        return False
    from multiprocessing import forkserver  # noqa: PLC0415  # not on every system

    forkserver.set_forkserver_preload([_WORKER_MODULE])
    try:
        with _one_thread_each():
            forkserver.ensure_running()
    except OSError:
        return False
    return True


def label_in_processes(work: Path, plan: Plan, job: Job, parts: Sequence[Part], n_processes: int) -> Iterator[Done]:
    """Label parts in so many processes, and yield each as it is done, in any order.

    Raises:
        BrokenProcessPool: a process was killed.
        OSError: a part could not be written.
    """
    from .worker import begin, label_here  # noqa: PLC0415  # so that `prepare` imports next to nothing

    context = multiprocessing.get_context("forkserver" if prepare() else "spawn")
    stop = context.Event()
    # The server, and what is forked from it, may be in another folder than this process is by now.
    place = Path(os.path.abspath(work))
    with _one_thread_each():
        pool = ProcessPoolExecutor(n_processes, context, begin, (stop, place, plan.digest, job))
        try:
            waiting: set[Future[Done]] = set()
            for part in parts:
                if len(waiting) == _AHEAD * n_processes:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (each.result() for each in done)
                waiting.add(pool.submit(label_here, part))
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (each.result() for each in done)
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Lets processes that start in this block use one thread for algebra; more would stand in each other's way."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
