"""What each of several processes does: label the parts that it is handed, with a plan and a classifier of its own."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import wait
from multiprocessing.synchronize import Event
from pathlib import Path
from threading import Thread

import pyarrow as pa

from linewise.models import Classifier

from .job import Job
from .part import Done, label_part
from .plan import Part, Plan, PlanError, load_plan

_ABANDONED = 1


@dataclass(frozen=True, slots=True)
class _Task:
    """What is the same for all parts of a run."""

    work: Path
    plan: Plan
    job: Job
    classifier: Classifier
    stop: Event

    def is_wanted(self) -> bool:
        """Whether the run that this process labels for is still going on."""
        parent = multiprocessing.parent_process()
        return parent is not None and parent.is_alive() and not self.stop.is_set()


_told: list[tuple[Event, Path, str, Job]] = []
"""What this process was told to do when it began."""


def begin(stop: Event, work: Path, plan_digest: str, job: Job) -> None:
    """Make this process ready to be handed parts.

    Args:
        stop: set when no further parts are wanted.
        work: the folder of the plan and the parts.
        plan_digest: of the plan that must be there.
        job: what the plan was made for.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told as well, and stops the run
    Thread(target=_end_with_parent, daemon=True).start()
    pa.set_cpu_count(1)
    _told[:] = [(stop, work, plan_digest, job)]


def label_here(part: Part) -> Done:
    """Label one part.

    Raises:
        PlanError: the plan is gone.
        ModelError: the model cannot be loaded.
        OSError: the part cannot be written.
        AbandonedError: it is not wanted any more.
    """
    task = _task()
    return label_part(task.work, task.plan, task.job, part, task.classifier, task.is_wanted)


@cache
def _task() -> _Task:
    ((stop, work, plan_digest, job),) = _told
    plan = load_plan(work)
    if plan is None or plan.digest != plan_digest:
        raise PlanError(f"the plan in {os.fspath(work)} is gone")
    task = _Task(work, plan, job, Classifier.load(), stop)
    gc.freeze()  # what is there by now stays, and need not be looked through
    return task


def _end_with_parent() -> None:
    """End this process as soon as its parent has, which may be killed while this one waits for a part."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(_ABANDONED)
