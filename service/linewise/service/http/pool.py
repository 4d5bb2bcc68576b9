"""The threads that answer requests: a bounded queue before them, a deadline for each request, small ones together.

All bookkeeping happens on the event loop, so there is nothing to lock: a thread only takes jobs from its own
inbox and hands outcomes back to the loop. Three rules hold under any load:

- A request that finds the queue full is refused at once (429). What waits is bounded in number and in bytes.
- A request that isn't answered by its deadline gets 503 where it still waited and 504 where it was being worked
  on. In the latter case its thread is abandoned: told to stop, replaced by a new one, and never used again.
- Labelling has a fixed cost that outweighs a short text's own tenfold. Short requests that wait are therefore
  taken together, and each gets the answer that it would have got alone.
"""

from __future__ import annotations

import asyncio
import ctypes
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Protocol

from linewise.models import Classifier, Document, ModelInfo, Prediction

from .problems import ProblemError

SMALL_BYTES = 32 * 1024
"""Up to this size a request is taken together with others."""
GATHERED_BYTES = 128 * 1024
GATHERED_REQUESTS = 64
_ENOUGH_REQUESTS = 8
"""With so many taken together, the cost that they share is a small part of their own."""
_QUIET_ROUNDS = 10
"""After answers to several short requests, their senders are likely to ask again. Others wait for them until there are
enough, but only until the event loop has gone round so often, in some tenth of a millisecond, and none came."""
_QUEUED_LARGEST = 4
"""The queue may hold the bytes of so many bodies of the largest size."""


class Work(Protocol):
    """What one request asks of a thread, in two steps around the classifier."""

    size: int
    """Bytes of the request."""
    lines: int
    """Lines of its texts, known once it is answered."""

    def documents(self) -> Sequence[Document]:
        """What is to be labelled; raises ProblemError where the request can't be answered."""

    def answer(self, info: ModelInfo, predictions: Sequence[Prediction]) -> bytes:
        """The answer's bytes, from one prediction for each document."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How much is worked on and waits.

    Attributes:
        threads: requests (or gatherings of short ones) that are worked on at a time.
        queue: requests that may wait.
        largest_bytes: the largest request; the queue takes as many bytes as four such requests have.
        timeout_seconds: from when a request is handed over to when its answer must be there.
    """

    threads: int
    queue: int
    largest_bytes: int
    timeout_seconds: float


class _Abandoned(BaseException):  # no error: it ends a thread whose requests have been answered
    """Raised inside a thread that is to stop whatever it does."""


@dataclass(eq=False, slots=True)
class _Job:
    """One request in the pool. ``worker`` is None while it waits."""

    classifier: Classifier
    work: Work
    outcome: asyncio.Future[bytes]
    arrived: float
    worker: _Worker | None = None

    @property
    def is_short(self) -> bool:
        """Whether it is taken together with others."""
        return self.work.size <= SMALL_BYTES


_Finished = Callable[["_Worker", Sequence["bytes | BaseException"]], None]


class _Worker:
    """One thread, which takes lists of jobs from its inbox until it finds None there."""

    def __init__(self, loop: asyncio.AbstractEventLoop, finished: _Finished) -> None:
        self.jobs: list[_Job] = []
        self.inbox: SimpleQueue[tuple[Classifier, list[Work]] | None] = SimpleQueue()
        self._loop = loop
        self._finished = finished
        self.thread = Thread(target=self._run, name="linewise-worker", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        # RuntimeError: the loop is closed, so nobody waits for the outcomes any more.
        with suppress(_Abandoned, RuntimeError):
            while (taken := self.inbox.get()) is not None:
                outcomes = answer_together(*taken)
                # A thread that waits keeps no text.
                del taken
                self._loop.call_soon_threadsafe(self._finished, self, outcomes)
                del outcomes

    def stop(self) -> None:
        """End the thread once it is done with what it does."""
        self.inbox.put(None)

    def interrupt(self) -> None:
        """End the thread at the next step of its Python code: between two operations on arrays."""
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.thread.ident or 0), ctypes.py_object(_Abandoned))
        self.stop()


class Pool:
    """Runs work on threads, within limits. To be used from one event loop; the threads start when first needed."""

    def __init__(self, limits: PoolLimits) -> None:
        self._limits = limits
        # Short and long requests, each kind in the order of its arrival.
        self._short: deque[_Job] = deque()
        self._long: deque[_Job] = deque()
        self._waiting_bytes = 0
        # How many short requests are waited for, and what looks whether they come.
        self._gather = 0
        self._gathering: asyncio.Handle | None = None
        self._arrived = 0
        # All that are yet to be answered, the oldest first, and the timer for the oldest one's deadline.
        self._unanswered: dict[_Job, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._abandoned: list[_Worker] = []

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return len(self._short) + len(self._long)

    @property
    def is_full(self) -> bool:
        """Whether no further request is taken, however small."""
        return self.is_full_with(0)

    def is_full_with(self, arriving: int) -> bool:
        """Whether no further request is taken once so many more have come."""
        waiting = self.waiting + arriving
        if waiting == 0 and (self._idle or self._may_start()):
            return False
        return waiting >= self._limits.queue

    @property
    def working(self) -> int:
        """How many requests are worked on."""
        return sum(len(worker.jobs) for worker in self._busy)

    @property
    def is_labelling_short(self) -> bool:
        """Whether short requests are worked on, which leaves the interpreter to others for moments only."""
        return any(worker.jobs[0].is_short for worker in self._busy)

    async def run(self, classifier: Classifier, work: Work) -> bytes:
        """The answer to a request.

        Raises:
            ProblemError: 429 where the queue is full; 503 or 504 where the deadline passed; what ``work`` raises.
        """
        self._admit(work)
        loop = asyncio.get_running_loop()
        job = _Job(classifier, work, loop.create_future(), loop.time())
        self._line_of(job).append(job)
        self._arrived += job.is_short
        self._waiting_bytes += work.size
        self._unanswered[job] = None
        if self._timer is None:
            self._timer = loop.call_later(self._limits.timeout_seconds, self._end_late)
        self._dispatch()
        try:
            return await job.outcome
        finally:
            self._unanswered.pop(job, None)
            # Done it is by now, but cancelled where nobody waits for it any more.
            if job.outcome.cancelled():
                self._give_up(job)

    def close(self) -> None:
        """End the threads; whoever still waits is answered no more."""
        for worker in (*self._idle, *self._busy):
            worker.stop()
        self._idle.clear()
        self._busy.clear()
        for handle in (self._timer, self._gathering):
            if handle is not None:
                handle.cancel()
        for job in (*self._short, *self._long):
            job.outcome.cancel()
        self._short.clear()
        self._long.clear()
        self._waiting_bytes = 0

    def _admit(self, work: Work) -> None:
        most_bytes = _QUEUED_LARGEST * self._limits.largest_bytes
        if self.is_full or (self.waiting and self._waiting_bytes + work.size > most_bytes):
            raise full()

    def _may_start(self) -> bool:
        """Whether another thread may be started: one too few run, and not too many are beyond being stopped."""
        self._abandoned = [worker for worker in self._abandoned if worker.thread.is_alive()]
        running = len(self._idle) + len(self._busy)
        return running < self._limits.threads and len(self._abandoned) <= self._limits.threads

    def _line_of(self, job: _Job) -> deque[_Job]:
        return self._short if job.is_short else self._long

    def _next_line(self) -> deque[_Job] | None:
        """The line of which a free thread should serve the head, if any."""
        for line in (self._short, self._long):
            while line and line[0].outcome.done():
                # Its deadline has just passed, and its own task is about to say so.
                self._waiting_bytes -= line.popleft().work.size
        # Short requests go to one thread at a time. Their labelling holds the interpreter most of the time, so that
        # two threads would only keep each other, and the event loop, waiting; and one takes them all together.
        may_take_short = bool(self._short) and not self.is_labelling_short
        may_take_short = may_take_short and len(self._short) >= self._gather
        if may_take_short and self._long:
            return min(self._short, self._long, key=lambda line: line[0].arrived)
        if may_take_short:
            return self._short
        return self._long or None

    def _dispatch(self) -> None:
        while (line := self._next_line()) is not None:
            if self._idle:
                worker = self._idle.pop()
            elif self._may_start():
                worker = _Worker(asyncio.get_running_loop(), self._finished)
            else:
                return
            self._hand_over(worker, line)

    def _hand_over(self, worker: _Worker, line: deque[_Job]) -> None:
        worker.jobs = self._take(line)
        for job in worker.jobs:
            job.worker = worker
        self._busy.add(worker)
        worker.inbox.put((worker.jobs[0].classifier, [job.work for job in worker.jobs]))

    def _take(self, line: deque[_Job]) -> list[_Job]:
        """The head of a line, with those behind it that are answered with it."""
        jobs = [line.popleft()]
        if jobs[0].is_short:
            size = jobs[0].work.size
            while line and len(jobs) < GATHERED_REQUESTS:
                size += line[0].work.size
                if line[0].classifier is not jobs[0].classifier or size > GATHERED_BYTES:
                    break
                jobs.append(line.popleft())
        self._waiting_bytes -= sum(job.work.size for job in jobs)
        return jobs

    def _finished(self, worker: _Worker, outcomes: Sequence[bytes | BaseException]) -> None:
        if worker not in self._busy:
            # It was abandoned, or the pool is closed.
            return
        for job, outcome in zip(worker.jobs, outcomes, strict=True):
            if job.outcome.done():
                continue
            if isinstance(outcome, BaseException):
                job.outcome.set_exception(outcome)
            else:
                job.outcome.set_result(outcome)
        if worker.jobs[0].is_short:
            self._begin_gathering(len(worker.jobs) + len(self._short))
        worker.jobs = []
        self._busy.discard(worker)
        self._idle.append(worker)
        self._dispatch()

    def _begin_gathering(self, expected: int) -> None:
        """Have short requests wait for each other, where more than one is expected soon."""
        self._gather = min(expected, _ENOUGH_REQUESTS, self._limits.queue) if expected > 1 else 0
        if self._gathering is not None:
            self._gathering.cancel()
        if len(self._short) < self._gather:
            self._gather_on(self._arrived, 0)

    def _gather_on(self, arrived: int, quiet_rounds: int) -> None:
        """Look whether short requests still come; once they don't, those that wait have waited enough."""
        quiet_rounds = quiet_rounds + 1 if arrived == self._arrived else 0
        if quiet_rounds <= _QUIET_ROUNDS and len(self._short) < self._gather:
            loop = asyncio.get_running_loop()
            self._gathering = loop.call_soon(self._gather_on, self._arrived, quiet_rounds)
            return
        self._gather = 0
        self._dispatch()

    def _end_late(self) -> None:
        """End the requests whose deadline has passed, and come again at that of the oldest one left.

        One timer serves all: one for each request would cost as much as to hand the request over.
        """
        self._timer = None
        loop = asyncio.get_running_loop()
        # All have the same time, so the first that is not late ends the search.
        for job in list(self._unanswered):
            deadline = job.arrived + self._limits.timeout_seconds
            if deadline > loop.time():
                self._timer = loop.call_at(deadline, self._end_late)
                return
            del self._unanswered[job]
            if not job.outcome.done():
                job.outcome.set_exception(_late(self._limits.timeout_seconds, started=job.worker is not None))
                self._give_up(job)

    def _give_up(self, job: _Job) -> None:
        worker = job.worker
        if worker is None:
            with suppress(ValueError):
                self._line_of(job).remove(job)
                self._waiting_bytes -= job.work.size
        elif worker in self._busy and job in worker.jobs and all(each.outcome.done() for each in worker.jobs):
            self._busy.discard(worker)
            self._abandoned.append(worker)
            worker.interrupt()
            self._dispatch()


def full() -> ProblemError:
    """The 429 of a request that finds no place in the queue."""
    return ProblemError(429, "as many requests as may wait do so already", headers={"Retry-After": "1"})


def _late(timeout_seconds: float, *, started: bool) -> ProblemError:
    if started:
        return ProblemError(504, f"this request took longer than the {timeout_seconds:g} seconds that it may take")
    return ProblemError(
        503, f"this request waited for the {timeout_seconds:g} seconds that it may take", headers={"Retry-After": "1"}
    )


def answer_together(classifier: Classifier, works: Sequence[Work]) -> list[bytes | BaseException]:
    """The answer to each piece of work, or what it raised; a fault of one is kept from the others."""
    outcomes: list[bytes | BaseException] = []
    documents: list[Document] = []
    counts: list[int] = []
    for work in works:
        try:
            own = work.documents()
        except Exception as error:
            counts.append(-1)
            outcomes.append(error)
        else:
            counts.append(len(own))
            outcomes.append(b"")
            documents.extend(own)
    try:
        predictions = list(classifier.classify_many(documents))
    except Exception as error:
        if len(works) == 1:
            return [error]
        return [answer_together(classifier, [work])[0] for work in works]
    begin = 0
    for index, (work, count) in enumerate(zip(works, counts, strict=True)):
        if count < 0:
            continue
        try:
            outcomes[index] = work.answer(classifier.info, predictions[begin : begin + count])
        except Exception as error:
            outcomes[index] = error
        begin += count
    return outcomes
