"""What threads take next: at once, unless it is given up or another thread is free."""

from __future__ import annotations

import asyncio
import gc
import random
import threading
import time
import weakref
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from linewise.models import Document
from linewise.service.http.pool import SMALL_BYTES, Pool
from linewise.service.http.problems import ProblemError

from .test_http_pool import Slow, Words, eventually, pool, status


class Held(Slow):
    """A classifier that answers each text when that one is let."""

    def __init__(self) -> None:
        super().__init__()
        self.free: set[bytes | str] = set()

    def classify_many(self, documents: Iterable[Document]) -> Iterator[str]:
        texts = [document.text for document in documents]
        self.seen.append(texts)
        while not self.free.issuperset(texts):
            time.sleep(0.002)
        yield from map(repr, texts)


def long(text: bytes, size: int = SMALL_BYTES + 1) -> Words:
    return Words(text, size)


async def until(condition: Any) -> None:
    await asyncio.to_thread(eventually, condition)


def test_a_thread_goes_on_while_the_loop_is_busy() -> None:
    async def scene() -> None:
        slow, on = Slow(), pool()
        tasks = [asyncio.create_task(on.run(slow, long(b"%d" % number))) for number in range(3)]
        await until(lambda: slow.seen)
        assert (on.working, on.waiting) == (1, 2)
        slow.go.set()
        # The loop stands still here.
        eventually(lambda: len(slow.seen) == 2)
        assert await asyncio.gather(*tasks) == [b"b'%d' labelled" % number for number in range(3)]
        assert (on.working, on.waiting) == (0, 0)
        on.close()

    asyncio.run(scene())


def test_nothing_follows_on_a_busy_thread_while_another_is_free() -> None:
    async def scene() -> None:
        held, on = Held(), pool(threads=2)
        tasks = {text: asyncio.create_task(on.run(held, long(text))) for text in (b"a", b"b", b"c", b"d", b"e")}
        await until(lambda: len(held.seen) == 2)
        assert (on.working, on.waiting) == (2, 3)
        held.free |= {b"b", b"c", b"d", b"e"}
        # One of them was to follow on the thread that is held up.
        await asyncio.wait_for(asyncio.gather(*(tasks[text] for text in (b"b", b"c", b"d", b"e"))), 20)
        assert not tasks[b"a"].done()
        held.free.add(b"a")
        await tasks[b"a"]
        assert len(held.seen) == 5
        on.close()

    asyncio.run(scene())


def test_what_follows_counts_as_waiting() -> None:
    async def scene() -> None:
        slow, on = Slow(), pool(queue=1)
        tasks = [asyncio.create_task(on.run(slow, long(b"x"))) for _ in range(3)]
        await until(lambda: slow.seen)
        slow.go.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [status(outcome) for outcome in outcomes] == [200, 200, 429]
        on.close()

    asyncio.run(scene())


def test_what_follows_is_not_begun_once_it_is_given_up() -> None:
    async def scene() -> None:
        held, on = Held(), pool()
        first = asyncio.create_task(on.run(held, long(b"first")))
        left = asyncio.create_task(on.run(held, long(b"left")))
        last = asyncio.create_task(on.run(held, long(b"last")))
        await until(lambda: held.seen)
        left.cancel()
        await asyncio.sleep(0.01)
        assert (on.working, on.waiting) == (1, 1)
        held.free |= {b"first", b"last"}
        await asyncio.wait_for(asyncio.gather(first, last), 20)
        assert held.seen == [[b"first"], [b"last"]]
        on.close()

    asyncio.run(scene())


@pytest.mark.parametrize(("threads", "given_up"), [(1, 3), (2, 1)])
def test_nothing_is_kept_of_what_is_given_up_or_answered_elsewhere(threads: int, given_up: int) -> None:
    alive: weakref.WeakSet[Words] = weakref.WeakSet()

    async def come_and_go(held: Held, on: Pool) -> None:
        tasks = []
        for _ in range(3):
            work = long(b"other")
            alive.add(work)
            tasks.append(asyncio.create_task(on.run(held, work)))
        await asyncio.sleep(0)
        for task in tasks[:given_up]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def scene() -> None:
        held, on = Held(), pool(threads=threads)
        hanging = asyncio.create_task(on.run(held, long(b"hangs")))
        await until(lambda: held.seen)
        held.free.add(b"other")
        for _ in range(20):
            await come_and_go(held, on)
        gc.collect()
        assert len(alive) <= 3  # those that ended last may be on their way out
        held.free.add(b"hangs")
        await hanging
        on.close()

    asyncio.run(scene())


def test_what_waits_behind_a_thread_that_hangs_is_not_overtaken_for_long() -> None:
    async def scene() -> None:
        held, on = Held(), pool(threads=2, queue=40)
        texts = [b"hangs", b"first", *(b"%d" % number for number in range(20))]
        tasks = [asyncio.create_task(on.run(held, long(text))) for text in texts]
        await until(lambda: len(held.seen) == 2)
        held.free.update(texts[1:])
        await asyncio.wait_for(asyncio.gather(*tasks[1:]), 20)
        begun = [text for (text,) in held.seen]
        assert begun.index(b"0") <= 4
        held.free.add(b"hangs")
        await tasks[0]
        on.close()

    asyncio.run(scene())


def test_what_was_to_follow_on_a_thread_that_hangs_is_answered_by_another() -> None:
    async def scene() -> None:
        slow, on = Slow(), pool(timeout_seconds=1.0)
        slow.go.set()
        hanging = asyncio.create_task(on.run(slow, long(b"hang")))
        await asyncio.sleep(0.6)
        following = asyncio.create_task(on.run(slow, long(b"follows")))
        outcomes = await asyncio.gather(hanging, following, return_exceptions=True)
        assert [status(outcome) for outcome in outcomes] == [504, 200]
        on.close()

    asyncio.run(scene())


def test_what_begins_as_it_is_given_up_is_stopped() -> None:
    async def scene() -> None:
        slow, on = Slow(), pool()
        first = asyncio.create_task(on.run(slow, long(b"first")))
        hanging = asyncio.create_task(on.run(slow, long(b"hang")))
        await until(lambda: slow.seen)
        slow.go.set()
        # The loop stands still until the thread is at what follows, and only then hears that it is given up.
        eventually(lambda: len(slow.seen) == 2)
        hanging.cancel()
        assert await first == b"b'first' labelled"
        assert await asyncio.wait_for(on.run(slow, long(b"next")), 20) == b"b'next' labelled"
        assert (on.working, on.waiting) == (0, 0)
        on.close()

    asyncio.run(scene())


def test_a_long_request_follows_no_earlier_than_its_turn_comes() -> None:
    async def scene() -> None:
        held, on = Held(), pool()
        works = [long(b"long"), Words(b"short"), long(b"later")]
        tasks = [asyncio.create_task(on.run(held, work)) for work in works]
        await until(lambda: held.seen)
        held.free |= {b"long", b"short", b"later"}
        await asyncio.gather(*tasks)
        assert held.seen == [[b"long"], [b"short"], [b"later"]]
        on.close()

    asyncio.run(scene())


@pytest.mark.parametrize("threads", [1, 3])
def test_whatever_becomes_of_requests_nothing_of_them_stays(threads: int) -> None:
    generator = random.Random(7)

    class Erratic(Slow):
        def classify_many(self, documents: Iterable[Document]) -> Iterator[str]:
            for document in documents:
                time.sleep(0.3 if document.text == b"slow" else 0.001)
                yield "done"

    async def scene() -> None:
        erratic, on = Erratic(), pool(threads=threads, queue=60, timeout_seconds=0.2)
        before = threading.active_count()
        tasks = []
        for _ in range(300):
            size = generator.choice([10, 10, SMALL_BYTES + 1])
            text = b"slow" if generator.random() < 0.01 else b"quick"
            tasks.append(asyncio.create_task(on.run(erratic, Words(text, size))))
            if generator.random() < 0.3:
                generator.choice(tasks).cancel()
            await asyncio.sleep(generator.choice([0, 0, 0.002]))
        outcomes = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
        assert {type(outcome) for outcome in outcomes} <= {bytes, ProblemError, asyncio.CancelledError}
        assert {status(each) for each in outcomes if isinstance(each, ProblemError)} <= {429, 503, 504}
        await until(lambda: on.waiting == 0 and on.working == 0)
        # On a busy machine one or the other is late.
        later = [await asyncio.gather(on.run(erratic, long(b"next")), return_exceptions=True) for _ in range(20)]
        assert [b"done"] in later
        assert on._waiting_bytes == 0  # a drift would shut the queue after days
        on.close()
        await until(lambda: threading.active_count() <= before + 1)

    asyncio.run(scene())
