"""Requests under load: a bounded queue, deadlines that free their threads, short requests answered together."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest

from linewise.models import Document
from linewise.service.http import pool as pool_module
from linewise.service.http.pool import GATHERED_REQUESTS, SMALL_BYTES, Pool, PoolLimits
from linewise.service.http.problems import ProblemError


class Slow:
    """A classifier that answers when it is let, or stops in the middle for as long as its text says."""

    def __init__(self) -> None:
        self.info: Any = None
        self.go = threading.Event()
        self.seen: list[list[bytes | str]] = []

    def classify_many(self, documents: Iterable[Document]) -> Iterator[str]:
        texts = [document.text for document in documents]
        self.seen.append(texts)
        while b"hang" in texts or not self.go.is_set():
            time.sleep(0.002)
        for text in texts:
            if text == b"fault":
                raise KeyError(text)
            yield f"{text!r} labelled"


class Words:
    """Work on one text, of a size that it claims."""

    def __init__(self, text: bytes, size: int = 10) -> None:
        self.size = size
        self._text = text

    def documents(self) -> Sequence[Document]:
        if self._text == b"bad":
            raise ProblemError(422, "bad")
        return (Document(self._text),)

    def answer(self, _info: Any, predictions: Sequence[Any]) -> bytes:
        assert len(predictions) == 1
        return str(predictions[0]).encode()


def pool(**limits: Any) -> Pool:
    defaults = {"threads": 1, "queue": 100, "largest_bytes": 1_000_000, "timeout_seconds": 20.0}
    return Pool(PoolLimits(**{**defaults, **limits}))


async def ask(on: Pool, classifier: Any, *works: Words) -> list[bytes | BaseException]:
    return await asyncio.gather(*(on.run(classifier, work) for work in works), return_exceptions=True)


def status(outcome: bytes | BaseException) -> int:
    return outcome.status if isinstance(outcome, ProblemError) else 200


def eventually(condition: Any) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_beyond_the_queue_requests_are_refused_at_once() -> None:
    async def scene() -> None:
        slow, on = Slow(), pool(queue=3)
        first = asyncio.create_task(on.run(slow, Words(b"first")))
        await asyncio.to_thread(eventually, lambda: slow.seen)
        waiting = [asyncio.create_task(on.run(slow, Words(b"waits"))) for _ in range(3)]
        await asyncio.sleep(0)
        assert (on.working, on.waiting) == (1, 3)
        began = time.monotonic()
        with pytest.raises(ProblemError) as caught:
            await on.run(slow, Words(b"late"))
        assert time.monotonic() - began < 0.1
        assert caught.value.status == 429
        assert caught.value.headers == {"Retry-After": "1"}
        slow.go.set()
        assert await first == b"b'first' labelled"
        assert await asyncio.gather(*waiting) == [b"b'waits' labelled"] * 3
        assert (on.working, on.waiting) == (0, 0)
        on.close()

    asyncio.run(scene())


def test_what_waits_is_bounded_in_bytes() -> None:
    async def scene() -> None:
        slow, on = Slow(), pool(largest_bytes=1000)
        first = asyncio.create_task(on.run(slow, Words(b"first")))
        await asyncio.to_thread(eventually, lambda: slow.seen)
        sizes = [1000] * 5 + [1]
        tasks = [asyncio.create_task(on.run(slow, Words(b"x", size))) for size in sizes]
        await asyncio.sleep(0)
        slow.go.set()
        await first
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [status(outcome) for outcome in outcomes] == [200] * 4 + [429] * 2
        on.close()

    asyncio.run(scene())


def test_short_requests_are_answered_together_and_long_ones_alone() -> None:
    async def scene() -> None:
        slow, on = Slow(), pool()
        asking = asyncio.create_task(
            ask(
                on,
                slow,
                Words(b"first"),
                Words(b"a"),
                Words(b"bad"),
                Words(b"b"),
                Words(b"long", SMALL_BYTES + 1),
                Words(b"c"),
                *(Words(b"%d" % number) for number in range(GATHERED_REQUESTS)),
            )
        )
        await asyncio.to_thread(eventually, lambda: slow.seen)
        slow.go.set()
        outcomes = await asking
        assert [status(outcome) for outcome in outcomes[:6]] == [200, 200, 422, 200, 200, 200]
        assert outcomes[1] == b"b'a' labelled"
        assert outcomes[-1] == b"b'%d' labelled" % (GATHERED_REQUESTS - 1)
        # The bad one is among the 64 that were taken; it has nothing to label.
        assert slow.seen[0] == [b"first"]
        assert slow.seen[1][:4] == [b"a", b"b", b"c", b"0"]
        assert [len(texts) for texts in slow.seen] == [1, GATHERED_REQUESTS - 1, 1, 4]
        assert slow.seen[2] == [b"long"]
        on.close()

    asyncio.run(scene())


def test_short_requests_keep_to_one_thread_and_leave_the_others_to_long_ones() -> None:
    async def scene() -> None:
        slow, on = Slow(), pool(threads=3)
        works = [Words(b"a"), Words(b"b"), Words(b"long", SMALL_BYTES + 1), Words(b"longer", SMALL_BYTES + 1)]
        asking = asyncio.create_task(ask(on, slow, *works))
        await asyncio.to_thread(eventually, lambda: len(slow.seen) == 3)
        assert (on.working, on.waiting) == (3, 1)
        assert sorted(slow.seen) == [[b"a"], [b"long"], [b"longer"]]
        slow.go.set()
        assert [status(outcome) for outcome in await asking] == [200] * 4
        on.close()

    asyncio.run(scene())


def test_who_has_just_been_answered_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "_QUIET_ROUNDS", 1000)

    async def scene() -> None:
        slow, on = Slow(), pool()

        async def keep_asking(number: int) -> None:
            for _ in range(3):
                await on.run(slow, Words(b"%d" % number))

        asking = [asyncio.create_task(keep_asking(number)) for number in range(5)]
        await asyncio.to_thread(eventually, lambda: slow.seen)
        slow.go.set()
        await asyncio.gather(*asking)
        assert [len(texts) for texts in slow.seen] == [1, 5, 5, 4]
        # And whoever comes alone does not wait for long.
        assert await asyncio.wait_for(on.run(slow, Words(b"alone")), 20) == b"b'alone' labelled"
        on.close()

    asyncio.run(scene())


@pytest.mark.parametrize(("waiting", "queue"), [(20, 100), (3, 3)])
def test_where_enough_wait_or_no_more_may_nobody_is_waited_for(
    waiting: int, queue: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "_QUIET_ROUNDS", 10**9)

    async def scene() -> None:
        slow, on = Slow(), pool(queue=queue)
        first = asyncio.create_task(on.run(slow, Words(b"first")))
        await asyncio.to_thread(eventually, lambda: slow.seen)
        others = [asyncio.create_task(on.run(slow, Words(b"waits"))) for _ in range(waiting)]
        await asyncio.sleep(0)
        slow.go.set()
        await asyncio.wait_for(asyncio.gather(first, *others), 20)
        on.close()

    asyncio.run(scene())


def test_a_fault_is_its_own_requests_alone() -> None:
    async def scene() -> None:
        slow, on = Slow(), pool()
        asking = asyncio.create_task(
            ask(on, slow, Words(b"first"), Words(b"a"), Words(b"fault"), Words(b"b"), Words(b"bad"))
        )
        await asyncio.to_thread(eventually, lambda: slow.seen)
        slow.go.set()
        outcomes = await asking
        assert [type(outcome) for outcome in outcomes] == [bytes, bytes, KeyError, bytes, ProblemError]
        on.close()

    asyncio.run(scene())


def test_a_cancelled_request_harms_none_of_those_answered_with_it() -> None:
    async def scene() -> None:
        slow, on = Slow(), pool()
        tasks = [asyncio.create_task(on.run(slow, Words(b"%d" % number))) for number in range(4)]
        await asyncio.to_thread(eventually, lambda: slow.seen)
        tasks[0].cancel()
        tasks[2].cancel()
        await asyncio.sleep(0)
        slow.go.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, bytes, asyncio.CancelledError, bytes]
        on.close()

    asyncio.run(scene())


def test_the_deadline_frees_the_thread_of_work_that_hangs() -> None:
    async def scene() -> None:
        slow, on = Slow(), pool(timeout_seconds=1.0)
        slow.go.set()
        before = threading.active_count()
        for _ in range(3):
            hanging = asyncio.create_task(on.run(slow, Words(b"hang", SMALL_BYTES + 1)))
            await asyncio.sleep(0.6)
            waiting = asyncio.create_task(on.run(slow, Words(b"waits")))
            outcomes = await asyncio.gather(hanging, waiting, return_exceptions=True)
            assert [status(outcome) for outcome in outcomes] == [504, 200]
        # Those that hung have been stopped, not only left alone.
        await asyncio.to_thread(eventually, lambda: threading.active_count() <= before + 2)
        on.close()

    asyncio.run(scene())


def test_who_waited_until_the_deadline_is_told() -> None:
    async def scene() -> None:
        slow, on = Slow(), pool(timeout_seconds=0.2)
        outcomes = await ask(on, slow, Words(b"first"), Words(b"waits", SMALL_BYTES + 1), Words(b"waits"))
        assert status(outcomes[0]) == 504
        # A thread may come free for a last moment.
        assert {status(outcome) for outcome in outcomes[1:]} <= {503, 504}
        assert on.waiting == 0
        slow.go.set()
        # On a busy machine one or the other is late too.
        later = [(await ask(on, slow, Words(b"next")))[0] for _ in range(20)]
        assert b"b'next' labelled" in later
        on.close()

    asyncio.run(scene())


def test_work_that_nothing_stops_costs_threads_only_up_to_a_bound() -> None:
    stop = threading.Event()

    class Stuck(Slow):
        def classify_many(self, documents: Iterable[Document]) -> Iterator[str]:
            # A wait inside the interpreter's own code, which no exception reaches.
            stop.wait()
            yield from super().classify_many(documents)

    async def scene() -> None:
        # Long enough for a thread to reach that wait on a busy machine.
        stuck, on = Stuck(), pool(timeout_seconds=0.3, queue=2)
        before = threading.active_count()
        statuses = [status((await ask(on, stuck, Words(b"x")))[0]) for _ in range(6)]
        assert statuses[:2] == [504, 504]
        assert set(statuses[3:]) == {503}
        assert threading.active_count() <= before + 3
        stop.set()
        stuck.go.set()
        await asyncio.sleep(0.3)
        assert await on.run(stuck, Words(b"y")) == b"b'y' labelled"
        on.close()

    asyncio.run(scene())


def test_closing_ends_the_threads() -> None:
    async def scene() -> None:
        slow, on = Slow(), pool(threads=3)
        slow.go.set()
        before = threading.active_count()
        await ask(on, slow, *(Words(b"x", SMALL_BYTES + 1) for _ in range(6)))
        assert threading.active_count() > before
        on.close()
        await asyncio.to_thread(eventually, lambda: threading.active_count() <= before + 1)

    asyncio.run(scene())
