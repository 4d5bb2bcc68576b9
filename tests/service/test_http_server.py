"""The service as it is run: `linewise serve` in a process of its own, spoken to over real sockets."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import numpy as np
import pytest

from linewise.models import Classifier

from .running import Server, running, serve

LOOP = "for item in queue:\n    send(item)\n"
LIMIT = 200_000
SECRET = "s3cr3t_t0ken"


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


def answer_to(server: Server, sent: bytes) -> bytes:
    """The first bytes that come back over a connection of its own."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(sent)
        return connection.recv(100)


HEAD = b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        HEAD + b"Content-Length: " + b"9" * 5000 + b"x\r\n\r\n{}",
        HEAD + b"\0: x\r\n\r\n",
        HEAD + b"X-Long: " + b"x" * 70_000 + b"\r\n\r\n",
        b"POST /v1/classify HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
        b"s3cr3t_t0ken\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_malformed_http_gets_400(server: Server, sent: bytes) -> None:
    assert answer_to(server, sent).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("chunk", [b"zz\r\n{}\r\n0\r\n\r\n", b"-2\r\n{}\r\n0\r\n\r\n", b"2\r\n{}xx0\r\n\r\n"])
def test_malformed_chunks_get_no_answer_of_success(server: Server, chunk: bytes) -> None:
    sent = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk
    assert answer_to(server, sent).startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 422 "))


def test_a_length_beside_chunks_is_refused(server: Server) -> None:
    body = json.dumps({"text": ""}).encode()
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    answer = answer_to(server, HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked)
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_what_is_packed_is_not_unpacked(server: Server) -> None:
    bomb = gzip.compress(b"{" + b" " * 50_000_000)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert httpx2.post(f"{server.address}/v1/classify", content=bomb, headers=headers).status_code == 415


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
        assert server.process.returncode == 0
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(f"{server.address}/health/live")


def test_several_workers_serve_the_same_model(model_folder: Path) -> None:
    with running("--workers", "2", "--threads", "1", "--model-folder", str(model_folder)) as server:
        digests = set()
        for _ in range(10):
            answer = httpx2.post(f"{server.address}/v1/classify", json={"text": LOOP}, timeout=60).json()
            digests.add(answer["model_digest"])
        assert digests == {Classifier.load(model_folder).info.digest}


def post(client: httpx2.Client, address: str, text: str = LOOP) -> httpx2.Response:
    return client.post(f"{address}/v1/classify", json={"text": text}, timeout=30)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_told_to_end_it_first_says_so_and_fails_no_request(model_folder: Path, workers: str) -> None:
    options = ("--workers", workers, "--threads", "1", "--drain-seconds", "2", "--model-folder", str(model_folder))
    statuses: list[int] = []
    with running(*options) as server:
        going_on = threading.Event()

        def ask() -> None:
            with httpx2.Client() as client:
                while True:
                    try:
                        response = post(client, server.address)
                    except httpx2.ConnectError:
                        # It takes no more; what it took, it has answered.
                        return
                    statuses.append(response.status_code)
                    going_on.set()
                    if response.headers.get("connection") == "close":
                        return

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        assert going_on.wait(30)
        server.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join(30)
        assert httpx2.get(f"{server.address}/health/ready").status_code == 503
        response = httpx2.get(f"{server.address}/health/live")
        assert (response.status_code, response.headers["connection"]) == (200, "close")
        assert server.process.wait(20) == 0
        assert "Traceback" not in "".join(server.log)
    assert set(statuses) == {200}


@pytest.mark.parametrize("kills", [1, pytest.param(50, marks=pytest.mark.full)])
def test_a_worker_that_is_killed_is_replaced(model_folder: Path, kills: int) -> None:
    with running("--workers", "2", "--threads", "1", "--model-folder", str(model_folder)) as server:
        for _ in range(kills):
            # Young workers are replaced after a pause.
            time.sleep(1.1)
            victim = int(re.findall(r"worker (\d+) started", "".join(server.log))[-1])
            started = "".join(server.log).count(" started")
            os.kill(victim, signal.SIGKILL)
            server.wait_for(lambda before=started: "".join(server.log).count(" started") > before)  # type: ignore[misc]
            with httpx2.Client() as client:
                assert post(client, server.address).status_code == 200
        assert "ended with signal 9" in "".join(server.log)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_model_is_swapped_while_it_serves(model_folder: Path, tmp_path: Path, workers: str) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model_folder, folder)
    old = Classifier.load(folder).info.digest
    with running("--workers", workers, "--threads", "1", "--model-folder", str(folder)) as server:
        stop = threading.Event()
        answers: list[tuple[int, str]] = []

        def ask() -> None:
            with httpx2.Client() as client:
                while not stop.is_set():
                    response = post(client, server.address)
                    answers.append((response.status_code, response.json()["model_digest"]))

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        server.wait_for(lambda: len(answers) > 4)
        weights = (folder / "weights.safetensors").read_bytes()
        (folder / "weights.safetensors").write_bytes(weights[:-7])
        server.process.send_signal(signal.SIGHUP)
        server.wait_for(lambda: "the model was not swapped" in "".join(server.log))
        assert "weights.safetensors: its SHA-256 is not the one in model.json" in "".join(server.log)
        (folder / "weights.safetensors").write_bytes(weights)
        description = json.loads((folder / "model.json").read_text("utf-8"))
        (folder / "model.json").write_text(json.dumps({**description, "summary": {"another": 1}}), "utf-8")
        new = Classifier.load(folder).info.digest
        server.process.send_signal(signal.SIGHUP)
        server.wait_for(lambda: "".join(server.log).count(f"model {new} is in service") == int(workers))
        seen = len(answers)
        server.wait_for(lambda: len(answers) > seen + 8)
        stop.set()
        for thread in threads:
            thread.join(30)
    assert {status for status, _ in answers} == {200}
    assert {digest for _, digest in answers} == {old, new}
    assert {digest for _, digest in answers[-4:]} == {new}


def test_a_connection_on_which_nothing_comes_is_closed(model_folder: Path) -> None:
    with (
        running("--read-timeout-seconds", "1", "--model-folder", str(model_folder)) as server,
        socket.create_connection(("127.0.0.1", server.port)) as silent,
        socket.create_connection(("127.0.0.1", server.port)) as slow,
    ):
        silent.settimeout(10)
        slow.settimeout(10)
        slow.sendall(b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
        slow.sendall(b"Content-Length: 100\r\n\r\n{")
        assert slow.recv(100).startswith(b"HTTP/1.1 408 ")
        with contextlib.suppress(ConnectionResetError):
            assert silent.recv(100) == b""


def test_the_algebra_has_one_thread_unless_told_otherwise() -> None:
    program = (
        "import os, sys, click.testing; from linewise.service.commands.serve import serve;"
        "assert 'numpy' not in sys.modules;"
        "click.testing.CliRunner().invoke(serve, ['--port', '99999']);"
        "assert 'numpy' in sys.modules; print(os.environ['OPENBLAS_NUM_THREADS'], os.environ['OMP_NUM_THREADS'])"
    )
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    for given, expected in (({}, "1 1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3 1")):
        result = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**environment, **given}
        )
        assert result.stdout.strip() == expected


def test_the_metrics_of_all_workers_are_one(model_folder: Path) -> None:
    def counted(server: Server, sample: str) -> float:
        metrics = httpx2.get(f"{server.address}/metrics").text
        return sum(float(line.rpartition(" ")[2]) for line in metrics.splitlines() if line.startswith(sample))

    with running("--workers", "2", "--threads", "1", "--model-folder", str(model_folder)) as server:
        for _ in range(12):
            # A new connection each time, so that both workers get some.
            with httpx2.Client() as client:
                assert post(client, server.address).status_code == 200
        assert counted(server, "linewise_lines_total") == 24
        assert counted(server, 'linewise_requests_total{method="POST"') == 12
        assert counted(server, "linewise_model_info{") == 2
        started = "".join(server.log).count(" started")
        time.sleep(1.1)
        os.kill(int(re.findall(r"worker (\d+) started", "".join(server.log))[0]), signal.SIGKILL)
        server.wait_for(lambda: "".join(server.log).count(" started") > started)
        server.wait_for(lambda: counted(server, "linewise_model_info{") == 2)
        assert counted(server, "linewise_lines_total") == 24


def test_the_log_may_be_json(model_folder: Path) -> None:
    process = serve("--port", "0", "--drain-seconds", "0", "--log-format", "json", "--model-folder", str(model_folder))
    try:
        server = Server(process)
        server.stop()
    finally:
        process.kill()
        process.wait()
    entries = [json.loads(line) for line in server.log]
    assert all({"time", "level", "logger", "message"} <= set(entry) for entry in entries)
    assert any(entry.get("route") == "/health/ready" for entry in entries)


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
    options = ("--host", "192.0.2.1", "--keys", "off", "--model-folder", str(model_folder))
    assert "can't listen on 192.0.2.1" in failed_start(*options)


def test_an_open_address_needs_keys_that_can_be_read(tmp_path: Path) -> None:
    assert "give --keys-file" in failed_start("--host", "0.0.0.0")
    errors = failed_start("--host", "0.0.0.0", "--keys-file", str(tmp_path / "none"))
    assert "the API keys can't be used: " in errors


def test_wrong_settings_are_a_clear_error() -> None:
    errors = failed_start("--port", "99999", "--log-level", "loud")
    assert "--port (LINEWISE_PORT): " in errors
    assert "--log-level (LINEWISE_LOG_LEVEL): " in errors


def test_a_folder_without_a_sound_model_is_a_clear_error(tmp_path: Path) -> None:
    assert "the model can't be loaded: " in failed_start("--model-folder", str(tmp_path / "none"))
