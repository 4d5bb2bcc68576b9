"""The patient event loop: clients wait for a while, and nothing else does."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable

import pytest

from linewise.service.http import patience
from linewise.service.http.patience import PatientLoop


def run(scene: Callable[[], Awaitable[None]], *, is_patient: bool) -> None:
    with asyncio.Runner(loop_factory=lambda: PatientLoop(lambda: is_patient)) as runner:
        runner.run(scene())  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def patience_of_a_quarter_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.25)


@pytest.mark.parametrize("is_patient", [True, False])
def test_what_clients_send_is_looked_at_a_little_later(is_patient: bool) -> None:
    async def scene() -> None:
        mine, other = socket.socketpair()
        with mine, other:
            mine.setblocking(False)
            other.send(b"x")
            began = time.monotonic()
            assert await asyncio.get_running_loop().sock_recv(mine, 1) == b"x"
            assert not is_patient or time.monotonic() - began < 0.2  # it is there at once
            reading = asyncio.create_task(asyncio.get_running_loop().sock_recv(mine, 1))
            await asyncio.sleep(0)
            began = time.monotonic()
            other.send(b"y")
            assert await reading == b"y"
            assert (time.monotonic() - began >= 0.2) == is_patient

    run(scene, is_patient=is_patient)


def test_threads_and_timers_wake_it_at_once() -> None:
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        times = []
        for _ in range(5):
            answered = loop.create_future()
            began = time.monotonic()
            threading.Timer(0.01, loop.call_soon_threadsafe, (answered.set_result, None)).start()
            await answered
            times.append(time.monotonic() - began)
            began = time.monotonic()
            await asyncio.sleep(0.01)
            times.append(time.monotonic() - began)
        # On a busy machine any of them may be late.
        assert sorted(times)[len(times) // 2] < 0.2

    run(scene, is_patient=True)
