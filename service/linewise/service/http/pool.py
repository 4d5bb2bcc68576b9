"""What waits to be answered: a bounded queue before some threads, a deadline for each request, small ones together.

All bookkeeping happens on the event loop, so there is nothing to lock: a thread only takes batches from its own
inbox and hands outcomes back to the loop. Three rules hold under any load:

- A request that finds the queue full is refused at once (429). What waits is bounded in number and in bytes.
- A request that isn't answered by its deadline gets 503 where it still waited and 504 where it was being worked
  on. In the latter case its thread is abandoned: told to stop, replaced by a new one, and never used again.
- Labelling has a fixed cost that outweighs a short text's own tenfold. Short requests that wait are therefore
  taken together, and each gets the answer that it would have got alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from linewise.models import Classifier

from .pool_thread import Batch, Job, PoolThread, Work
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


class Pool:
    """Runs work on threads, within limits. To be used from one event loop; the threads start when first needed."""

    def __init__(self, limits: PoolLimits) -> None:
        self._limits = limits
        # Short and long requests, each kind in the order of its arrival.
        self._short: deque[Job] = deque()
        self._long: deque[Job] = deque()
        self._waiting_bytes = 0
        # How many short requests are waited for, and what looks whether they come.
        self._gather = 0
        self._gathering: asyncio.Handle | None = None
        self._arrived = 0
        # All that are yet to be answered, the oldest first, and the timer for the oldest one's deadline.
        self._unanswered: dict[Job, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._idle: list[PoolThread] = []
        # In the order in which they began what they work on.
        self._busy: dict[PoolThread, None] = {}
        self._abandoned: list[PoolThread] = []

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return len(self._short) + len(self._long) + sum(thread.following is not None for thread in self._busy)

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
        return sum(len(thread.current.jobs) for thread in self._busy if thread.current is not None)

    @property
    def is_labelling_short(self) -> bool:
        """Whether short requests are worked on, which leaves the interpreter to others for moments only."""
        return any(thread.current is not None and thread.current.is_short for thread in self._busy)

    async def run(self, classifier: Classifier, work: Work) -> bytes:
        """The answer to a request.

        Raises:
            ProblemError: 429 where the queue is full; 503 or 504 where the deadline passed; what ``work`` raises.
        """
        self._admit(work)
        loop = asyncio.get_running_loop()
        job = Job(classifier, work, loop.create_future(), loop.time(), is_short=work.size <= SMALL_BYTES)
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
        self._return_all()
        for thread in (*self._idle, *self._busy):
            thread.stop()
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
        self._abandoned = [thread for thread in self._abandoned if thread.is_alive]
        running = len(self._idle) + len(self._busy)
        return running < self._limits.threads and len(self._abandoned) <= self._limits.threads

    def _line_of(self, job: Job) -> deque[Job]:
        return self._short if job.is_short else self._long

    def _next_line(self) -> deque[Job] | None:
        """The line of which a free thread should serve the head, if any."""
        for line in (self._short, self._long):
            while line and line[0].outcome.done():
                # Its deadline has just passed, and its own task is about to say so.
                self._waiting_bytes -= line.popleft().work.size
        # Short requests go to one thread at a time. Their labelling holds the interpreter most of the time, so that
        # two threads would only keep each other, and the event loop, waiting; and one takes them all together.
        may_take_short = bool(self._short) and not self.is_labelling_short and len(self._short) >= self._gather
        if may_take_short and self._long:
            return min(self._short, self._long, key=lambda line: line[0].arrived)
        if may_take_short:
            return self._short
        return self._long or None

    def _dispatch(self) -> None:
        while (line := self._next_line()) is not None:
            if self._idle:
                thread = self._idle.pop()
            elif self._may_start():
                thread = PoolThread(asyncio.get_running_loop(), self._finished)
            else:
                break
            batch = Batch(self._take(line))
            self._waiting_bytes -= batch.size
            self._busy[thread] = None
            thread.take(batch)
        if self._long:
            self._let_follow()
        elif (self._idle or self._may_start()) and self._return_all():
            # Nothing is to follow on a busy thread while another has nothing to do.
            self._dispatch()

    def _let_follow(self) -> None:
        """Give busy threads their next batches: long requests, behind long ones, while no short one came earlier.

        The oldest follows on the thread that began last, for one that has been busy for long may stay so.
        """
        for thread in reversed(self._busy):
            if not self._long or (self._short and self._short[0].arrived < self._long[0].arrived):
                return
            if thread.following is None and thread.current is not None and not thread.current.is_short:
                thread.take(Batch([self._long.popleft()]))

    def _return_all(self) -> bool:
        """Take back what was to follow on any thread; whether there was anything."""
        jobs = [job for thread in self._busy for job in thread.take_back()]
        self._long.extendleft(sorted(jobs, key=lambda job: job.arrived, reverse=True))
        return bool(jobs)

    def _take(self, line: deque[Job]) -> list[Job]:
        """The head of a line, with those behind it that are answered with it."""
        jobs = [line.popleft()]
        if jobs[0].is_short:
            size = jobs[0].work.size
            while line and len(jobs) < GATHERED_REQUESTS:
                size += line[0].work.size
                if line[0].classifier is not jobs[0].classifier or size > GATHERED_BYTES:
                    break
                jobs.append(line.popleft())
        return jobs

    def _finished(self, thread: PoolThread, outcomes: Sequence[bytes | BaseException]) -> None:
        done = thread.current
        if thread not in self._busy or done is None:
            # It was abandoned, or the pool is closed.
            return
        for job, outcome in zip(done.jobs, outcomes, strict=True):
            if job.outcome.done():
                continue
            if isinstance(outcome, BaseException):
                job.outcome.set_exception(outcome)
            else:
                job.outcome.set_result(outcome)
        if done.is_short:
            self._begin_gathering(len(done.jobs) + len(self._short))
        thread.go_on()
        if thread.current is not None:
            self._waiting_bytes -= thread.current.size
            del self._busy[thread]
            self._busy[thread] = None  # the last to begin
            self._return_all()
        else:
            del self._busy[thread]
            self._idle.append(thread)
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
                started = any(thread.current is job.batch for thread in self._busy)
                job.outcome.set_exception(_late(self._limits.timeout_seconds, started=started))
                self._give_up(job)

    def _give_up(self, job: Job) -> None:
        """Have nobody work on a request that is over."""
        if job.batch is None:
            with suppress(ValueError):
                self._line_of(job).remove(job)
                self._waiting_bytes -= job.work.size
            return
        for thread in self._busy:
            if thread.following is job.batch:
                if not thread.take_back():
                    # It has just begun: the loop will hear in its next round that what came before it is done.
                    asyncio.get_running_loop().call_soon(self._give_up, job)
                else:
                    self._waiting_bytes -= job.work.size
                    self._dispatch()
                return
            if thread.current is job.batch and job.batch.is_over:
                self._abandon(thread)
                return

    def _abandon(self, thread: PoolThread) -> None:
        """Do without a thread that works on what nobody waits for, unless it has just come to an end with that."""
        if thread.following is not None:
            jobs = thread.take_back()
            if not jobs:
                return
            self._long.extendleft(jobs)
        del self._busy[thread]
        self._abandoned.append(thread)
        thread.interrupt()
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
