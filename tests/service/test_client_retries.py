"""The client and services that are busy, broken, or none: played by a transport that answers as it is told."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest

from linewise.service.client import (
    AnswerTimeoutError,
    AsyncClient,
    BusyError,
    Client,
    ConnectionFailedError,
    FaultError,
    Retries,
    UnexpectedAnswerError,
)
from linewise.service.client.retries import retry_after_seconds

READY = {"model_digest": "f" * 64, "taxonomy_version": "1.0", "labels": []}
QUICK = Retries(attempts=4, longest_wait_seconds=3)
Handler = Callable[[httpx2.Request], httpx2.Response]


def problem(status: int, **headers: str) -> httpx2.Response:
    document = {"type": "about:blank", "title": "T", "status": status, "detail": "d", "errors": [], "instance": "/x"}
    return httpx2.Response(status, json=document, headers=headers)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the client would have waited."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(time, "sleep", waited.append)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    return waited


def ask(handler: Handler, name: str = "labels", *arguments: Any) -> Any:
    """What a call comes to in the one form, having come to the same in the other."""

    def of_both() -> list[Any]:
        client = Client("http://service", retries=QUICK, transport=httpx2.MockTransport(handler))
        result = getattr(client, name)(*arguments)
        return list(result) if name == "classify_stream" else result

    async def awaited() -> Any:
        client = AsyncClient("http://service", retries=QUICK, transport=httpx2.MockTransport(handler))
        result = getattr(client, name)(*arguments)
        return [each async for each in result] if name == "classify_stream" else await result

    outcomes: list[Any] = []
    for call in (of_both, lambda: asyncio.run(awaited())):
        try:
            outcomes.append(call())
        except Exception as error:
            outcomes.append(error)
    assert repr(outcomes[0]) == repr(outcomes[1])
    if isinstance(outcomes[0], Exception):
        raise outcomes[0]
    return outcomes[0]


def answering(*responses: Callable[[], httpx2.Response]) -> Handler:
    """A service that gives these answers over and over."""
    count = 0

    def handler(_request: httpx2.Request) -> httpx2.Response:
        nonlocal count
        count += 1
        return responses[(count - 1) % len(responses)]()

    return handler


def record() -> httpx2.Response:
    answer = {"lines": [], "language": None, "language_score": 0.5, "model_digest": "", "taxonomy_version": "1.0"}
    return httpx2.Response(200, content=json.dumps({"status": 200, "answer": answer}).encode() + b"\n")


def test_a_busy_service_is_asked_again_when_it_says(waits: list[float]) -> None:
    handler = answering(
        lambda: problem(429, **{"Retry-After": "2"}), lambda: problem(429), lambda: httpx2.Response(200, json=READY)
    )
    assert ask(handler)["labels"] == []
    assert len(waits) == 4
    assert all(2 <= wait <= 2.5 for wait in waits[::2])
    assert all(1 <= wait <= 1.25 for wait in waits[1::2])


def test_a_stream_is_asked_again_too(waits: list[float]) -> None:
    handler = answering(lambda: problem(429, **{"Retry-After": "2"}), record)
    assert [entry["status"] for entry in ask(handler, "classify_stream", [{"text": ""}])] == [200]
    assert len(waits) == 2


def test_not_for_ever(waits: list[float]) -> None:
    with pytest.raises(BusyError) as refusal:
        ask(answering(lambda: problem(429, **{"Retry-After": "0"})))
    assert refusal.value.problem.status == 429
    assert waits == [0.0] * 6


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (lambda: problem(429, **{"Retry-After": "4"}), BusyError),
        (lambda: problem(503, **{"Retry-After": "1"}), BusyError),
        (lambda: problem(500), FaultError),
        (lambda: problem(504), FaultError),
        (lambda: httpx2.Response(502, text="<html>"), UnexpectedAnswerError),
        (lambda: httpx2.Response(302, headers={"Location": "http://elsewhere/"}), UnexpectedAnswerError),
        (lambda: httpx2.Response(200, text="<html>"), UnexpectedAnswerError),
        (lambda: httpx2.Response(200, json={**READY, "labels": 7}), UnexpectedAnswerError),
    ],
)
def test_what_would_not_help_is_not_asked_again(
    waits: list[float], response: Callable[[], httpx2.Response], kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        ask(answering(response))
    with pytest.raises(kind):
        ask(answering(response), "classify_stream", [{"text": ""}])
    assert waits == []


def test_what_a_newer_service_says_besides_is_left_out() -> None:
    assert ask(answering(lambda: httpx2.Response(200, json={**READY, "news": 1}))) == READY


@pytest.mark.parametrize(
    "content", [b"", record().content * 2, record().content + b"{", record().content[:-1], b"[]\n"]
)
def test_a_stream_of_answers_must_be_whole(content: bytes) -> None:
    with pytest.raises(UnexpectedAnswerError):
        ask(answering(lambda: httpx2.Response(200, content=content)), "classify_stream", [{"text": ""}])


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx2.ReadTimeout("s"), AnswerTimeoutError),
        (httpx2.ConnectError("no"), ConnectionFailedError),
        (httpx2.RemoteProtocolError("no"), ConnectionFailedError),
    ],
)
def test_what_fails_on_the_way_is_the_clients_own_error(error: Exception, kind: type[Exception]) -> None:
    def handler(_request: httpx2.Request) -> httpx2.Response:
        raise error

    for name, arguments in (("labels", ()), ("classify_stream", ([{"text": ""}],))):
        with pytest.raises(kind):
            ask(handler, name, *arguments)
    assert ask(handler, "is_ready") is False


def test_a_service_that_is_not_ready_says_so() -> None:
    assert ask(answering(lambda: problem(503)), "is_ready") is False
    assert ask(answering(lambda: httpx2.Response(200, json={"status": "live"})), "is_live") is True


def test_the_time_to_wait_may_be_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 80 <= (retry_after_seconds({"retry-after": soon}) or 0) <= 90
    assert retry_after_seconds({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0
    assert [retry_after_seconds({"retry-after": value}) for value in ("", "soon", "-1", "1.5", "\xb2")] == [None] * 5
    assert retry_after_seconds({"retry-after": "9" * 400}) == 999_999_999.0
