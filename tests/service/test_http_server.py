"""The service as it is run: `linewise serve` in a process of its own, spoken to over real sockets."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import numpy as np
import pytest

from linewise.features.labels import N_LABELS
from linewise.features.vectors import N_LANGUAGE_BUCKETS, N_LINE_BUCKETS
from linewise.models import Classifier
from linewise.models.context import HIDDEN_LINE, N_FIRST_INPUTS, N_LANGUAGE_SCORES, second_layout
from linewise.models.network import Layer, Network
from linewise.models.pipeline import Networks
from linewise.models.store import MODES, Thresholds, save

LOOP = "for item in queue:\n    send(item)\n"
LIMIT = 200_000
SECRET = "s3cr3t_t0ken"


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model with random weights, sound in every other way."""
    random = np.random.default_rng(1)

    def layer(n_in: int, n_out: int) -> Layer:
        weight = random.normal(0, 0.1, (n_in, n_out)).astype(np.float32)
        return Layer(weight, np.zeros(n_out, dtype=np.float32))

    hidden = 8
    second_inputs = second_layout(hidden)["context"].stop
    networks = Networks(
        layer(N_LANGUAGE_BUCKETS, N_LANGUAGE_SCORES),
        Network((layer(N_LINE_BUCKETS, HIDDEN_LINE), layer(HIDDEN_LINE, N_LABELS))),
        Network((layer(N_FIRST_INPUTS, hidden), layer(hidden, N_LABELS))),
        Network((layer(second_inputs, hidden), layer(hidden, N_LABELS))),
    )
    bounds = Thresholds(np.full(N_LABELS, 0.4, dtype=np.float32), np.full(N_LABELS, 0.6, dtype=np.float32))
    folder = tmp_path_factory.mktemp("model")
    save(folder, networks, dict.fromkeys(MODES, bounds), {"training_lines": 0})
    return folder


def serve(*options: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LINEWISE_")}
    command = [sys.executable, "-m", "linewise", "serve", *options]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)


class Server:
    """A running service: its address, and what it has logged so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.log: list[str] = []
        self._has_started = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._has_started.wait(60), "".join(self.log)
        found = re.search(r"http://127\.0\.0\.1:(\d+)", "".join(self.log))
        assert found is not None, "".join(self.log)
        self.port = int(found[1])
        self.address = f"http://127.0.0.1:{self.port}"
        self._wait_until_ready()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)
            if "running on" in line:
                self._has_started.set()
        self._has_started.set()

    def _wait_until_ready(self) -> None:
        # Several workers share a socket that exists, and is logged, before the first of them listens.
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                assert httpx2.get(f"{self.address}/health/ready", timeout=30).status_code == 200
                return
            except httpx2.TransportError:
                time.sleep(0.05)
        raise AssertionError("".join(self.log))

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, and return its exit code."""
        self.process.send_signal(sign)
        code = self.process.wait(40)
        self._reader.join(10)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code


@contextmanager
def running(*options: str) -> Iterator[Server]:
    process = serve("--port", "0", *options)
    try:
        server = Server(process)
        yield server
        server.stop()
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def server(model_folder: Path) -> Iterator[Server]:
    with running("--model-folder", str(model_folder), "--max-body-bytes", str(LIMIT)) as server:
        yield server


def test_it_answers_as_the_library_does(server: Server, model_folder: Path) -> None:
    prediction = Classifier.load(model_folder).classify(LOOP, language="python", context="file")
    request = {"text": LOOP, "language": "python", "context": "file", "scores": True}
    with httpx2.Client(base_url=server.address) as client:
        answer = client.post("/v1/classify", json=request).json()
        assert client.get("/health/ready").json()["model_digest"] == prediction.model_digest
    assert answer["model_digest"] == prediction.model_digest
    assert (answer["language"], answer["language_score"]) == ("python", 1.0)
    for line, own, probabilities in zip(answer["lines"], prediction.lines, prediction.probabilities, strict=True):
        assert (line["number"], tuple(line["labels"]), tuple(line["uncertain"])) == (
            own.number,
            own.labels,
            own.uncertain,
        )
        np.testing.assert_allclose(line["probabilities"], probabilities, atol=5.1e-5)


def test_requests_side_by_side_get_their_own_answers(server: Server) -> None:
    texts = ["x = 1\n" * count for count in range(1, 25)]
    counts: dict[int, int] = {}

    def ask(number: int) -> None:
        answer = httpx2.post(f"{server.address}/v1/classify", json={"text": texts[number]}, timeout=30).json()
        counts[number] = len(answer["lines"])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == {number: number + 1 for number in range(len(texts))}


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_gets_its_answer_over_a_real_connection(server: Server, chunked: bool) -> None:
    body = json.dumps({"text": "x" * 10 * LIMIT}).encode()
    content = (body[start : start + 10_000] for start in range(0, len(body), 10_000)) if chunked else body
    started = time.monotonic()
    response = httpx2.post(
        f"{server.address}/v1/classify", content=content, headers={"Content-Type": "application/json"}, timeout=30
    )
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert time.monotonic() - started < 10


def test_a_client_that_goes_away_harms_nobody(server: Server) -> None:
    for sent in (b"POST /v1/cl", b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(sent)
    assert httpx2.get(f"{server.address}/health/live").status_code == 200


def test_malformed_http_gets_400(server: Server) -> None:
    head = b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    for rest in (b"Content-Length: -1\r\n\r\n", b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", b"\0: x\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(head + rest)
            assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_the_log_holds_no_text(server: Server) -> None:
    with httpx2.Client(base_url=server.address) as client:
        client.post(f"/v1/classify?{SECRET}", json={"text": SECRET})
        client.post("/v1/classify", json={SECRET: SECRET})
        client.get(f"/{SECRET}")
        assert "server" not in client.get("/health/live").headers
    time.sleep(0.2)
    log = "".join(server.log)
    assert "POST /v1/classify 200" in log
    assert SECRET not in log


def test_it_ends_when_told_to(model_folder: Path) -> None:
    with running("--model-folder", str(model_folder)) as server:
        assert httpx2.get(f"{server.address}/health/ready").status_code == 200
        server.stop()
        assert "Traceback" not in "".join(server.log)
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(f"{server.address}/health/live")


def test_several_workers_serve_the_same_model(model_folder: Path) -> None:
    with running("--workers", "2", "--threads", "1", "--model-folder", str(model_folder)) as server:
        digests = set()
        for _ in range(10):
            answer = httpx2.post(f"{server.address}/v1/classify", json={"text": LOOP}, timeout=60).json()
            digests.add(answer["model_digest"])
        assert digests == {Classifier.load(model_folder).info.digest}


def failed_start(*options: str) -> str:
    """What the service says as it refuses to start."""
    process = serve(*options)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2, errors
    assert "Traceback" not in errors
    return errors


def test_a_port_in_use_is_a_clear_error(server: Server, model_folder: Path) -> None:
    errors = failed_start("--port", str(server.port), "--model-folder", str(model_folder))
    assert f"can't listen on 127.0.0.1 port {server.port}: Address already in use" in errors


def test_an_address_of_another_machine_is_a_clear_error(model_folder: Path) -> None:
    assert "can't listen on 192.0.2.1" in failed_start("--host", "192.0.2.1", "--model-folder", str(model_folder))


def test_wrong_settings_are_a_clear_error() -> None:
    errors = failed_start("--port", "99999", "--log-level", "loud")
    assert "--port (LINEWISE_PORT): " in errors
    assert "--log-level (LINEWISE_LOG_LEVEL): " in errors


def test_a_folder_without_a_sound_model_is_a_clear_error(tmp_path: Path) -> None:
    assert "the model can't be loaded: " in failed_start("--model-folder", str(tmp_path / "none"))
