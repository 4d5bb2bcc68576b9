"""Clients that send slowly: a body has to come at some pace, and the clock runs only while it is waited for."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from linewise.service.http.read_deadline import BYTES_A_SECOND, ReadDeadline

from .load import ask
from .running import Server, running

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


HEAD = b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def request_of(text: str) -> bytes:
    body = json.dumps({"text": text}).encode()
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


def is_closed_in_time(client: socket.socket, drip: bytes) -> bool:
    """Whether the service closes a connection on which a byte comes now and then; what it sent is read."""
    client.settimeout(0.25)
    deadline = time.monotonic() + 30
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        for number in range(len(drip)):
            assert time.monotonic() < deadline
            client.sendall(drip[number : number + 1])
            with contextlib.suppress(TimeoutError):
                if client.recv(65_536) == b"":
                    return True
        return False
    return True


@pytest.fixture(scope="module")
def impatient(model_folder: Path) -> Iterator[Server]:
    with running("--threads", "1", "--read-timeout-seconds", "1.5", "--model-folder", str(model_folder)) as server:
        yield server


def test_a_head_that_comes_byte_by_byte_is_cut_off(impatient: Server) -> None:
    with socket.create_connection(("127.0.0.1", impatient.port)) as client:
        assert is_closed_in_time(client, HEAD * 2)


def test_so_is_one_after_an_earlier_request(impatient: Server) -> None:
    with socket.create_connection(("127.0.0.1", impatient.port)) as client:
        client.sendall(request_of("x = 1\n"))
        assert client.recv(65_536).startswith(b"HTTP/1.1 200 ")
        assert is_closed_in_time(client, HEAD * 2)


def test_so_is_a_body_that_was_refused_and_still_comes(impatient: Server) -> None:
    with socket.create_connection(("127.0.0.1", impatient.port)) as client:
        client.sendall(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        assert client.recv(65_536).startswith(b"HTTP/1.1 404 ")
        assert is_closed_in_time(client, b"x" * 200)


def is_connected(server_port: int, client_port: int) -> bool:
    """Whether the server's end of a connection is established."""
    entries = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ends = f":{server_port:04X}", f":{client_port:04X}", "01"
    return any(entry[1].endswith(ends[0]) and entry[2].endswith(ends[1]) and entry[3] == ends[2] for entry in entries)


def test_so_is_who_takes_no_answer(impatient: Server) -> None:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", impatient.port))
        client.sendall(request_of("x = 1\n" * 60_000))
        own_port = client.getsockname()[1]
        assert is_connected(impatient.port, own_port)
        impatient.wait_for(lambda: not is_connected(impatient.port, own_port))


@pytest.mark.parametrize("n_clients", [60, pytest.param(1000, marks=pytest.mark.full)])
def test_many_slow_clients_keep_nobody_from_an_answer(model_folder: Path, n_clients: int) -> None:
    with running("--read-timeout-seconds", "5", "--model-folder", str(model_folder)) as server:
        slow = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(n_clients)]
        for number, client in enumerate(slow):
            client.sendall((HEAD, HEAD + b"Content-Length: 100\r\n\r\n{", b"P", b"")[number % 4])
        assert [ask(server.port, "x = 1\n").status for _ in range(20)] == [200] * 20
        for client in slow:
            with contextlib.suppress(ConnectionResetError):
                while client.recv(4096):
                    pass
            client.close()
        assert ask(server.port, "x = 1\n").status == 200
