"""Faults of processes under load: killed, told to end, given another model, short of descriptors or of disk."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from linewise.models import Classifier
from linewise.models.store import save
from linewise.service.http import server as server_module
from linewise.service.http.loop_faults import LoopFaults
from linewise.service.http.metrics import SharedCounts

from ..models.networks import plain_thresholds, random_networks
from .load import Load, ask, under_load
from .running import Server, running

LOOP = "for item in queue:\n    send(item)\n"
LONG = LOOP * 100


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def workers_of(server: Server) -> list[int]:
    """The processes that serve, which are the children of the one that was started."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text("ascii")
    return [int(pid) for pid in children.split()]


def errors_of(server: Server) -> list[str]:
    return [line for line in server.log if re.search("ERROR|WARNING|Traceback", line)]


def has_answered(load: Load, digest: str) -> bool:
    return bool(load.outcomes) and load.outcomes[-1].answer.get("model_digest") == digest


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("kills", [3, pytest.param(200, marks=pytest.mark.full)])
def test_a_killed_worker_fails_only_what_it_was_doing(model_folder: Path, kills: int) -> None:
    options = ("--workers", "2", "--threads", "1", "--model-folder", str(model_folder))
    deaths: list[float] = []
    back_seconds: list[float] = []
    with running(*options) as server, under_load(server.port, [LOOP, LOOP, LONG, LONG]) as load:
        for number in range(kills):
            seen = len(load.outcomes)
            wait_until(lambda before=seen: len(load.outcomes) > before + 8)  # type: ignore[misc]
            before = workers_of(server)
            assert len(before) == 2
            killed = time.monotonic()
            os.kill(before[number % 2], signal.SIGKILL)
            wait_until(lambda pid=before[number % 2]: has_ended(pid))  # type: ignore[misc]
            deaths.append(time.monotonic())
            wait_until(lambda old=before: len(set(workers_of(server)) | set(old)) == 3)  # type: ignore[misc]
            back_seconds.append(time.monotonic() - killed)
    failed = [outcome for outcome in load.outcomes if outcome.status != 200]
    # Four clients can have been waiting for the one that died; what was asked for later was answered by others.
    assert len(failed) <= 4 * kills
    for outcome in failed:
        assert outcome.status == 0
        assert any(outcome.began <= death <= outcome.ended + 1 for death in deaths)
    print(
        f"{kills} kills, {len(load.outcomes)} requests, {len(failed)} failed; replaced within {max(back_seconds):.3f} s"
    )


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("rounds", [1, pytest.param(50, marks=pytest.mark.full)])
def test_told_to_end_it_answers_all_that_got_through(model_folder: Path, workers: str, rounds: int) -> None:
    options = ("--workers", workers, "--threads", "1", "--model-folder", str(model_folder))
    requests = 0
    for _ in range(rounds):
        with running(*options) as server, under_load(server.port, [LOOP, LOOP, LOOP, LONG]) as load:
            wait_until(lambda: len(load.outcomes) > 20)
            assert server.stop() == 0
            for thread in load.threads:
                thread.join(30)
        failed = {(outcome.status, outcome.failure) for outcome in load.outcomes if outcome.status != 200}
        assert failed <= {(0, "ConnectionRefusedError")}
        requests += len(load.outcomes)
    print(f"{rounds} ends, {requests} requests")


@pytest.mark.parametrize("swaps", [15, pytest.param(1000, marks=pytest.mark.full)])
def test_each_answer_is_by_one_model_while_models_are_swapped(tmp_path: Path, swaps: int) -> None:
    expected: dict[str, list[list[str]]] = {}
    digests = []
    for seed in (1, 2):
        save(tmp_path / str(seed), random_networks(seed), plain_thresholds(), {})
        classifier = Classifier.load(tmp_path / str(seed))
        labels = [list(line.labels) for line in classifier.classify(LOOP).lines]
        expected[classifier.info.digest] = labels
        digests.append(classifier.info.digest)
    assert expected[digests[0]] != expected[digests[1]]
    link = tmp_path / "model"
    link.symlink_to(tmp_path / "1")
    options = ("--threads", "1", "--model-folder", str(link))
    with running(*options) as server, under_load(server.port, [LOOP] * 4) as load:
        for number in range(swaps):
            goal = digests[(number + 1) % 2]
            os.symlink(tmp_path / str((number + 1) % 2 + 1), tmp_path / "next")
            os.replace(tmp_path / "next", link)
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda digest=goal: has_answered(load, digest))  # type: ignore[misc]
        assert not errors_of(server)
    assert {outcome.status for outcome in load.outcomes} == {200}
    for outcome in load.outcomes:
        lines = outcome.answer["lines"]
        assert isinstance(lines, list)
        assert [line["labels"] for line in lines] == expected[str(outcome.answer["model_digest"])]


def in_progress(server: Server) -> float:
    metrics = httpx2.get(f"{server.address}/metrics", timeout=60).text
    found = re.search(r"^linewise_requests_in_progress (\S+)$", metrics, re.MULTILINE)
    assert found is not None
    # The question itself is one.
    return float(found[1]) - 1


@pytest.mark.parametrize("step", [19, pytest.param(1, marks=pytest.mark.full)])
def test_clients_may_leave_at_any_moment(model_folder: Path, step: int) -> None:
    body = json.dumps({"text": LONG}).encode()[:-2] + b'"}'
    head = b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    request = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    sent_sizes = [*range(1, len(head) + 60, step), *range(len(head) + 60, len(request), 50 * step), len(request)]
    reset = bytes([1, 0, 0, 0, 0, 0, 0, 0])
    with running("--threads", "2", "--model-folder", str(model_folder)) as server:
        descriptors = Path(f"/proc/{server.process.pid}/fd")
        before = len(list(descriptors.iterdir()))
        for size in sent_sizes:
            for is_reset in (False, True):
                with socket.create_connection(("127.0.0.1", server.port)) as client:
                    client.sendall(request[:size])
                    if is_reset:
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        for size in range(0, 2000, 50 * step):
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                client.sendall(request)
                if size:
                    client.recv(size, socket.MSG_WAITALL)
        assert ask(server.port, LOOP).status == 200
        wait_until(lambda: in_progress(server) == 0)
        wait_until(lambda: len(list(descriptors.iterdir())) <= before + 1)
        assert not errors_of(server)


def test_without_descriptors_it_goes_on_where_it_can_and_recovers(model_folder: Path) -> None:
    with running("--threads", "1", "--model-folder", str(model_folder)) as server, httpx2.Client() as known:
        address = f"{server.address}/v1/classify"
        assert known.post(address, json={"text": LOOP}, timeout=60).status_code == 200
        used = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
        limit = (used + 10, used + 10)
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, limit)
        clients = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(40)]
        server.wait_for(lambda: "connections wait, for none can be taken: Too many open files" in "".join(server.log))
        assert known.post(address, json={"text": LOOP}, timeout=60).status_code == 200
        for client in clients:
            client.close()
        assert ask(server.port, LOOP).status == 200
        assert len(server.log) < 100


def test_faults_of_the_event_loop_are_logged_without_any_text(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(LoopFaults())
        loop.call_soon(lambda text: {}[text], "s3cr3t_t0ken")
        await asyncio.sleep(0.01)

    with caplog.at_level(logging.INFO):
        asyncio.run(scene())
    assert "KeyError at" in caplog.text
    assert "s3cr3t_t0ken" not in caplog.text


def test_a_full_disk_below_the_log_stops_no_request(model_folder: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "linewise", "serve", "--port", str(port), "--drain-seconds", "0"]
    with Path("/dev/full").open("w") as full:
        process = subprocess.Popen([*command, "--model-folder", str(model_folder)], stderr=full)
    try:
        wait_until(lambda: ask(port, LOOP).status == 200)
        assert [ask(port, LOOP).status for _ in range(5)] == [200] * 5
        process.terminate()
        assert process.wait(40) == 0
    finally:
        process.kill()
        process.wait()


def test_a_disk_that_is_full_at_the_start_is_a_clear_error(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "counter_0.db")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(server_module.ServerError, match=r"the workers can't be started: .*No space left"):
        server_module.run({"port": 0, "workers": 2, "model_folder": model_folder})


def test_counts_have_their_room_on_the_disk_before_they_are_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prometheus_client import values  # noqa: PLC0415  # what is changed in it is changed back

    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    SharedCounts(str(tmp_path), 3)
    files = [path.stat() for path in tmp_path.iterdir()]
    assert len(files) == 9
    assert all(file.st_blocks * 512 >= file.st_size > 0 for file in files)


def test_a_model_may_move_while_it_is_read(model_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(model_folder, tmp_path / "first")
    link = tmp_path / "model"
    link.symlink_to(tmp_path / "first")
    with running("--threads", "1", "--model-folder", str(link)) as server:
        link.unlink()
        server.process.send_signal(signal.SIGHUP)
        server.wait_for(lambda: "the model was not swapped" in "".join(server.log))
        assert ask(server.port, LOOP).status == 200
