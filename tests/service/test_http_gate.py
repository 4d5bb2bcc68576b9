"""The gate: what finds no place is refused by the connection itself, as the app would have refused it."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from uvicorn.server import ServerState

from linewise.models import Document
from linewise.service.http import create_app
from linewise.service.http.gate import Gate, read_plain
from linewise.service.http.gated_connection import GatedConnection
from linewise.service.settings import Settings

from .conftest import FakeClassifier, FakePrediction
from .load import under_load
from .running import running

CLASSIFY = "/v1/classify"
INFER = "/v2/models/linewise/infer"
BODY = b'{"text": "x = 1"}'
KEEP_ALIVE_SECONDS = 0.4


class Held(FakeClassifier):
    """Labels nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def classify_many(self, texts: Iterable[Document]) -> Iterator[FakePrediction]:
        self.go.wait(20)
        return super().classify_many(texts)


def request(path: str = CLASSIFY, body: bytes = BODY, *headers: str) -> bytes:
    lines = (f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, *headers, "", "")).encode() + body


class Client:
    """One connection, over which anything may be sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def answer(self) -> tuple[int, dict[str, str], Any]:
        """The next answer: its status, its headers, and its body as JSON."""
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 20)).decode()
        status, *lines = head.rstrip().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        body = await asyncio.wait_for(self.reader.readexactly(int(headers["content-length"])), 20)
        return int(status.split()[1]), headers, json.loads(body)

    async def ask(self, *requests: bytes) -> tuple[int, dict[str, str], Any]:
        self.writer.write(b"".join(requests))
        return await self.answer()


class Service:
    """An app behind a gate, on a socket."""

    def __init__(self, app: Any, server: asyncio.Server, state: ServerState) -> None:
        self.app = app
        self.state = state
        self.held: Held = app.state.inference.classifier
        self.gate: Gate = app.state.gate
        self.port = server.sockets[0].getsockname()[1]
        self._writers: list[asyncio.StreamWriter] = []

    async def client(self) -> Client:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers.append(writer)
        return Client(reader, writer)

    async def until(self, waiting: int) -> None:
        """Wait until so many requests wait."""
        while self.app.state.inference.pool.waiting != waiting:
            await asyncio.sleep(0.001)

    async def fill(self, queue: int) -> list[asyncio.Task[Any]]:
        """Have one request worked on and so many wait; the tasks end with their answers."""
        tasks = []
        for number in range(queue + 1):
            tasks.append(asyncio.create_task((await self.client()).ask(request())))
            while self.app.state.inference.pool.waiting + self.app.state.inference.pool.working <= number:
                await asyncio.sleep(0.001)
        return tasks

    def close(self) -> None:
        for writer in self._writers:
            writer.close()


@asynccontextmanager
async def serving(queue: int = 2) -> AsyncIterator[Service]:
    app = create_app(Settings(queue=queue, threads=1), Held())  # type: ignore[arg-type]
    app.state.inference.use(Held())
    config = uvicorn.Config(app, log_config=None, ws="none", lifespan="off")
    config.timeout_keep_alive = KEEP_ALIVE_SECONDS  # type: ignore[assignment]
    config.load()
    state = ServerState()
    state.default_headers = [(b"date", b"today")]
    made = partial(GatedConnection, gate=app.state.gate, config=config, server_state=state, app_state={})
    server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0)
    service = Service(app, server, state)
    try:
        yield service
    finally:
        service.held.go.set()
        service.close()
        server.close()
        await asyncio.gather(*state.tasks)
        app.state.inference.close()


def counted(service: Service) -> dict[str, float]:
    """How many requests were answered by route and status, and under ``timed`` how many reached the app."""
    service.gate.tell()
    shown = service.app.state.metrics.exposition().decode()
    found = re.findall(r'^linewise_requests_total\{method="POST",route="(.*?)",status="(.*?)"\} (\S+)$', shown, re.M)
    timed = re.findall(r"^linewise_request_seconds_count\{.*?\} (\S+)$", shown, re.M)
    return {f"{route} {status}": float(value) for route, status, value in found} | {"timed": sum(map(float, timed))}


def test_a_refusal_is_the_one_that_the_app_would_have_sent() -> None:
    async def scene() -> None:
        async with serving() as service:
            waiting = await service.fill(2)
            client = await service.client()
            status, headers, problem = await client.ask(request(CLASSIFY, BODY, "X-Request-ID: mine"))
            # What says anything of its connection is left to the app.
            unusual = request(CLASSIFY, BODY, "X-Request-ID: mine", "Connection: keep-alive, x")
            assert await client.ask(unusual) == (status, headers, problem)
            assert (status, headers["retry-after"], headers["date"], problem["status"]) == (429, "1", "today", 429)
            assert headers["x-request-id"] == "mine"
            _, headers, _ = await client.ask(request(CLASSIFY, BODY, "X-Request-ID: not an id"))
            assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])
            last = request(CLASSIFY, BODY, "X-Request-ID: mine", "Connection: close")
            whole, halved = await service.client(), await service.client()
            closing = await whole.ask(last)
            assert await halved.ask(last[:-1]) == closing
            await asyncio.sleep(0.05)
            # It is open until all has come, or what is still to come could make the answer be lost.
            assert not halved.reader.at_eof()
            halved.writer.write(last[-1:])
            assert closing[1]["Connection"] == "close"
            assert [await asyncio.wait_for(each.reader.read(), 20) for each in (whole, halved)] == [b"", b""]
            assert counted(service) == {f"{CLASSIFY} 429": 5, "timed": 1}
            service.held.go.set()
            assert [answer[0] for answer in await asyncio.gather(*waiting)] == [200] * 3
            assert (await client.ask(request()))[0] == 200

    asyncio.run(scene())


@pytest.mark.parametrize("path", [INFER, "/v2/models/linewise/versions/1/infer"])
def test_the_inference_protocol_is_refused_in_its_own_form(path: str) -> None:
    async def scene() -> None:
        async with serving() as service:
            await service.fill(2)
            client = await service.client()
            plain, unusual = [await client.ask(request(path, BODY, *more)) for more in ((), ("Connection: x",))]
            assert plain[0] == unusual[0] == 429
            assert plain[2] == unusual[2] == {"error": "as many requests as may wait do so already"}
            differing = {"x-request-id": ""}
            assert plain[1] | differing == unusual[1] | differing
            assert plain[1]["content-type"] == "application/json"
            assert sum(counted(service).values()) == 3

    asyncio.run(scene())


def test_requests_that_come_together_find_only_the_places_that_there_are() -> None:
    async def scene() -> None:
        async with serving(queue=5) as service:
            await service.fill(2)
            clients = [await service.client() for _ in range(40)]
            for client in clients:
                client.writer.write(request())
            await service.until(5)
            service.held.go.set()
            statuses = Counter([(await client.answer())[0] for client in clients])
            assert statuses[200] + statuses[429] == 40
            assert statuses[200] >= 3
            # None went through the app to be refused there.
            assert counted(service)["timed"] == 3 + statuses[200]
            assert counted(service)[f"{CLASSIFY} 429"] == statuses[429]

    asyncio.run(scene())


def test_requests_in_one_piece_and_in_many_are_told_apart() -> None:
    async def scene() -> None:
        async with serving() as service:
            await service.fill(2)
            client = await service.client()
            client.writer.write(request() * 3 + request()[:-5])
            assert [(await client.answer())[0] for _ in range(4)] == [429] * 4
            client.writer.write(request()[-5:] + request("/v1/nothing") + request() + b"GET /health/live HTTP/1.1\r\n")
            assert [(await client.answer())[0] for _ in range(2)] == [404, 429]
            assert (await client.ask(b"Host: x\r\n\r\n"))[0] == 200
            for byte in request():
                client.writer.write(bytes([byte]))
                await asyncio.sleep(0)
            assert (await client.answer())[0] == 429
            client.writer.write(b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\n")
            assert (await asyncio.wait_for(client.reader.read(), 20)).startswith(b"HTTP/1.1 400 ")

    asyncio.run(scene())


def test_who_ends_is_not_refused() -> None:
    async def scene() -> None:
        async with serving() as service:
            await service.fill(2)
            service.app.state.inference.draining = True
            assert not service.gate.is_shut
            status, headers, _ = await (await service.client()).ask(request())
            assert (status, headers["connection"]) == (429, "close")

    asyncio.run(scene())


def test_a_connection_that_is_only_refused_stays_open_until_it_is_left_alone() -> None:
    async def scene() -> None:
        async with serving() as service:
            await service.fill(2)
            client = await service.client()
            loop = asyncio.get_running_loop()
            began = loop.time()
            while loop.time() < began + 2 * KEEP_ALIVE_SECONDS:
                assert (await client.ask(request()))[0] == 429
                await asyncio.sleep(KEEP_ALIVE_SECONDS / 8)
            assert await asyncio.wait_for(client.reader.read(), 20) == b""

    asyncio.run(scene())


def test_who_stalls_amid_a_body_that_was_refused_is_noticed() -> None:
    async def scene() -> None:
        async with serving() as service:
            await service.fill(2)
            before = set(service.state.connections)
            client = await service.client()
            assert (await client.ask(request()[:-1]))[0] == 429
            (connection,) = service.state.connections - before
            assert isinstance(connection, GatedConnection)
            assert connection.stalled_seconds(100.0) == 0
            assert connection.stalled_seconds(107.0) == 7
            assert (await client.ask(b"}", request()))[0] == 429
            assert connection.stalled_seconds(108.0) == 0

    asyncio.run(scene())


def test_what_was_refused_is_logged_together(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        async with serving() as service:
            await service.fill(2)
            client = await service.client()
            for _ in range(5):
                await client.ask(request())
            with caplog.at_level(logging.INFO, "linewise.access"):
                service.gate.log()
                service.gate.log()
        (record,) = [each for each in caplog.records if "429" in each.getMessage()]
        assert record.getMessage() == f"POST {CLASSIFY} 429, 5 times since this was last said"
        assert (vars(record)["route"], vars(record)["requests"]) == (CLASSIFY, 5)

    asyncio.run(scene())


def test_a_running_service_counts_and_logs_what_it_refuses(model_folder: Path) -> None:
    options = ("--threads", "1", "--queue", "1", "--model-folder", str(model_folder))
    with running(*options) as server, under_load(server.port, ["x = 1\n" * 30_000] * 4):
        with httpx2.Client(base_url=server.address, timeout=60) as client:
            while client.post(CLASSIFY, json={"text": ""}).status_code != 429:
                pass
            refused = f'linewise_requests_total{{method="POST",route="{CLASSIFY}",status="429"}}'
            assert refused in client.get("/metrics").text
        server.wait_for(lambda: any("times since" in line for line in server.log))


PLAIN = request(CLASSIFY, b"", "Authorization: Bearer lw_x")


@pytest.mark.parametrize(
    "data",
    [
        PLAIN[:-1],
        PLAIN.replace(b"POST", b"PUT"),
        PLAIN.replace(b"1.1", b"1.0"),
        PLAIN.replace(b"Length: 0", b"Length: -1"),
        PLAIN.replace(b"Length: 0", b"Length: 0x1"),
        PLAIN.replace(b"Length: 0", b"Length: 1, 1"),
        PLAIN.replace(b"Length: 0", b"Length: 0\r\nContent-Length: 0"),
        PLAIN.replace(b"Content-Length: 0\r\n", b""),
        PLAIN.replace(b"Host: x\r\n", b""),
        PLAIN.replace(b"Host: x", b"Host: x\r\nHost: x"),
        PLAIN.replace(b"Host: x", b"Host : x"),
        PLAIN.replace(b"Host: x", b"Host: x\r\n folded"),
        PLAIN.replace(b"Host: x", b"Host: x\0"),
        PLAIN.replace(b"Host: x", b"Host: \xff"),
        PLAIN.replace(b"Host: x", b"Host: x\r\nTransfer-Encoding: chunked"),
        PLAIN.replace(b"Host: x", b"Host: x\r\nExpect: 100-continue"),
        PLAIN.replace(b"Host: x", b"Host: x\r\nConnection: close, x"),
        PLAIN.replace(b"Host: x", b"Host: x\r\nupgrade: h2c"),
        PLAIN.replace(b"Host: x", b"Host: x\r\nLong: " + b"x" * 9000),
        PLAIN.replace(b"\r\n", b"\n"),
        b"\r\n" + PLAIN,
    ],
)
def test_only_plain_requests_are_read(data: bytes) -> None:
    assert read_plain(data) is None


def test_plain_requests_are_read_as_they_are() -> None:
    plain = read_plain(
        PLAIN.replace(b"Length: 0", b"LENGTH:\t12 ").replace(b"Host: x", b"connection: Keep-Alive\r\nhost:")
    )
    assert plain is not None
    assert (plain.path, plain.identity, plain.body_bytes, plain.is_last) == (CLASSIFY, b"", 12, False)
    named = read_plain(request("/v1/diff?x", b"abc", "x-request-id: me", "X-Request-ID: you") + b"more")
    assert named is not None
    assert (named.path, named.identity, named.body_bytes) == ("/v1/diff?x", b"me", 3)
