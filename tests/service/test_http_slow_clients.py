"""Clients that send slowly: a body has to come at some pace, and the clock runs only while it is waited for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from linewise.service.http.read_deadline import BYTES_A_SECOND, ReadDeadline

TIMEOUT_SECONDS = 0.2


async def reading_app(_scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def serve(app: Any, chunks: list[bytes], pause_seconds: float) -> list[Message]:
    """Serve a request whose chunks come so slowly: the messages sent."""
    sent: list[Message] = []
    left = list(chunks)

    async def receive() -> Message:
        await asyncio.sleep(pause_seconds)
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": []}
    asyncio.run(ReadDeadline(app, TIMEOUT_SECONDS)(scope, receive, send))  # type: ignore[arg-type]
    return sent


def test_a_byte_now_and_then_gets_408() -> None:
    sent = serve(reading_app, [b"x"] * 100, 0.03)
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]
    assert b"application/problem+json" in dict(sent[0]["headers"]).values()


def test_nothing_at_all_gets_408() -> None:
    assert serve(reading_app, [b""], 60)[0]["status"] == 408


def test_a_large_body_has_the_time_it_needs() -> None:
    # Three times the timeout, but at twice the pace that is asked for.
    chunk = b"x" * int(0.06 * 2 * BYTES_A_SECOND)
    assert serve(reading_app, [chunk] * 10, 0.06)[0]["status"] == 204


def test_while_the_app_works_nobody_is_late() -> None:
    async def working_app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(3):
            await receive()
            await asyncio.sleep(TIMEOUT_SECONDS)
        await reading_app(scope, receive, send)

    assert serve(working_app, [b"x"] * 4, 0.01)[0]["status"] == 204


def test_an_answer_under_way_is_broken_off() -> None:
    async def early_app(_scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await receive()

    with pytest.raises(Exception, match=r"^$") as caught:
        serve(early_app, [b"x"], 60)
    assert type(caught.value).__name__ == "ReadTimeoutError"
