"""The limits on bytes and lines, kept whatever a client declares."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from linewise.service.http import create_app
from linewise.service.http.body_limit import BodyLimit
from linewise.service.settings import Settings

LIMIT = 65_536
JSON = {"Content-Type": "application/json"}


def body_of(n_bytes: int) -> bytes:
    frame = len(b'{"text": ""}')
    return b'{"text": "' + b"x" * (n_bytes - frame) + b'"}'


def in_chunks(body: bytes, size: int = 1000) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


@pytest.mark.parametrize(("n_bytes", "status"), [(LIMIT, 200), (LIMIT + 1, 413), (10 * LIMIT, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_over_the_limit_get_413(client: TestClient, n_bytes: int, status: int, chunked: bool) -> None:
    body = body_of(n_bytes)
    response = client.post("/v1/classify", content=in_chunks(body) if chunked else body, headers=JSON)
    assert response.status_code == status
    if status == 413:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["detail"] == f"the body is larger than the {LIMIT} bytes that are taken"
        assert response.headers["content-security-policy"]


@pytest.mark.parametrize("separator", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize(("n_lines", "status"), [(1000, 200), (1001, 413), (20_000, 413)])
def test_texts_over_the_line_limit_get_413(client: TestClient, separator: str, n_lines: int, status: int) -> None:
    if n_lines * len(json.dumps(separator)) > LIMIT:
        n_lines = 1200
    response = client.post("/v1/classify", json={"text": separator * n_lines})
    assert response.status_code == status
    if status == 413:
        assert response.json()["detail"] == f"the text has {n_lines} lines; at most 1000 are taken"


def test_one_line_of_100_megabytes_gets_413(fake_classifier: Any) -> None:
    body = b'{"text": "%b"}' % (b"x" * 100_000_000)
    with TestClient(create_app(Settings(), fake_classifier)) as client:
        assert client.post("/v1/classify", content=body, headers=JSON).status_code == 413


def test_ten_million_empty_lines_get_413_where_their_bytes_are_taken(fake_classifier: Any) -> None:
    body = b'{"text": "%b"}' % (b"\\n" * 10_000_000)
    with TestClient(create_app(Settings(max_body_bytes=1 << 25), fake_classifier)) as client:
        response = client.post("/v1/classify", content=body, headers=JSON)
    assert response.status_code == 413
    assert response.json()["detail"] == "the text has 10000000 lines; at most 200000 are taken"


def serve(app: Any, scope: dict[str, Any], chunks: list[bytes]) -> tuple[list[Message], int]:
    """Serve one request at the level of ASGI: the messages sent, and how many chunks were taken."""
    taken = 0
    sent: list[Message] = []

    async def receive() -> Message:
        nonlocal taken
        taken += 1
        if taken > len(chunks):
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunks[taken - 1], "more_body": taken < len(chunks)}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app({"type": "http", "headers": [], **scope}, receive, send))
    return sent, taken


async def reading_app(_scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_a_declared_length_is_refused_before_the_body_is_read() -> None:
    async def unreached(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise AssertionError

    for declared in (b"11", b"9" * 4000):
        sent, taken = serve(BodyLimit(unreached, 10), {"headers": [(b"content-length", declared)]}, [b"x" * 11])
        assert sent[0]["status"] == 413
        assert (b"connection", b"close") in sent[0]["headers"]
        assert taken == 1
        assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


def test_the_rest_of_a_body_is_dropped_only_up_to_the_limit() -> None:
    sent, taken = serve(BodyLimit(reading_app, 10), {}, [b"xxxx"] * 1000)
    assert sent[0]["status"] == 413
    assert taken == 3 + 3


def test_a_client_that_declares_less_than_it_sends_is_counted() -> None:
    sent, _ = serve(BodyLimit(reading_app, 10), {"headers": [(b"content-length", b"3")]}, [b"x" * 6, b"x" * 6])
    assert sent[0]["status"] == 413


def test_bodies_within_the_limit_pass() -> None:
    sent, _ = serve(BodyLimit(reading_app, 10), {}, [b"x" * 5, b"x" * 5])
    assert sent[0]["status"] == 204


def test_an_answer_under_way_is_broken_off_rather_than_mixed() -> None:
    async def early_app(_scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await receive()

    with pytest.raises(Exception, match=r"^$") as caught:
        serve(BodyLimit(early_app, 10), {}, [b"x" * 11])
    assert type(caught.value).__name__ == "_BodyTooLargeError"
