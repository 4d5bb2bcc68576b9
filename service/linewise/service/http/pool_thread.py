"""The threads of a pool: each takes batches of requests, one after the other, and hands their outcomes to the loop.

A thread may have its next batch while it works on one. It goes on by itself then, rather than wait until the event
loop, which may have many connections to look after, gets to see that it is done.
"""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread
from typing import Protocol

from linewise.models import Classifier, Document, ModelInfo, Prediction


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


@dataclass(eq=False, slots=True)
class Job:
    """One request in the pool.

    Attributes:
        classifier: the model that shall answer it.
        work: what it asks.
        outcome: set or cancelled once it is over, in whatever way.
        arrived: when it came, by the loop's clock.
        is_short: whether it is taken together with others.
        batch: what it was taken with; None while it waits in a line.
    """

    classifier: Classifier
    work: Work
    outcome: asyncio.Future[bytes]
    arrived: float
    is_short: bool
    batch: Batch | None = None


@dataclass(eq=False, slots=True)
class Batch:
    """Requests that are answered together, by one model."""

    jobs: Sequence[Job]
    _claims: list[None] = field(default_factory=lambda: [None])

    def __post_init__(self) -> None:
        """Note it in each of them."""
        for job in self.jobs:
            job.batch = self

    @property
    def size(self) -> int:
        """Bytes of the requests."""
        return sum(job.work.size for job in self.jobs)

    @property
    def is_short(self) -> bool:
        """Whether its requests are of those that are taken together."""
        return self.jobs[0].is_short

    @property
    def is_over(self) -> bool:
        """Whether nobody waits for any of it."""
        return all(job.outcome.done() for job in self.jobs)

    def claim(self) -> bool:
        """Whether whoever asks is the first to do so: the thread that begins it, or the loop that takes it back."""
        try:
            # One step of the interpreter, which is all that two threads need to agree.
            self._claims.pop()
        except IndexError:
            return False
        return True


class _Abandoned(BaseException):  # no error: it ends a thread whose requests have been answered
    """Raised inside a thread that is to stop whatever it does."""


_Finished = Callable[["PoolThread", Sequence["bytes | BaseException"]], None]


class PoolThread:
    """One thread. What it works on and what comes next is the event loop's knowledge, which may be a little late.

    Args:
        loop: the event loop.
        finished: called there with the outcomes of ``current``, in the order of its jobs.

    Attributes:
        current: what it works on; None while it has nothing to do.
        following: what it takes next, unless that is taken back.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, finished: _Finished) -> None:
        self.current: Batch | None = None
        self.following: Batch | None = None
        self._inbox: SimpleQueue[Batch | None] = SimpleQueue()
        self._loop = loop
        self._finished = finished
        self._thread = Thread(target=self._run, name="linewise-worker", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        # RuntimeError: the loop is closed, so nobody waits for the outcomes any more.
        with suppress(_Abandoned, RuntimeError):
            while (batch := self._inbox.get()) is not None:
                if batch.claim():
                    outcomes = answer_together(batch.jobs[0].classifier, [job.work for job in batch.jobs])
                    self._loop.call_soon_threadsafe(self._finished, self, outcomes)
                    del outcomes
                # A thread that waits keeps no text.
                del batch

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._thread.is_alive()

    def take(self, batch: Batch) -> None:
        """Work on a batch, at once or after the one that it has."""
        if self.current is None:
            self.current = batch
        else:
            self.following = batch
        self._inbox.put(batch)

    def go_on(self) -> None:
        """Note that the current batch is done."""
        self.current, self.following = self.following, None

    def take_back(self) -> Sequence[Job]:
        """What was to follow, taken from it; none where there is nothing, or it has begun already.

        The batch stays in the inbox until the thread gets there, but empty: it keeps no text.
        """
        batch = self.following
        if batch is None or not batch.claim():
            return ()
        self.following = None
        jobs, batch.jobs = batch.jobs, ()
        for job in jobs:
            job.batch = None
        return jobs

    def stop(self) -> None:
        """End once all that it was given is done."""
        self._inbox.put(None)

    def interrupt(self) -> None:
        """End at the next step of its Python code: between two operations on arrays."""
        identity = ctypes.c_ulong(self._thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, ctypes.py_object(_Abandoned))
        self.stop()


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
