"""The services that are measured, each in processes of its own: linewise, and a trivial FastAPI endpoint.

The trivial endpoint takes the same bodies with the same validation and answers with a constant of the same size, as
uvicorn serves it. Its rate is what the server stack can reach at all.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(argparse.__file__).read_text("utf-8")
_ANSWER_VARIABLE = "TRIVIAL_ANSWER"


@dataclass(frozen=True, slots=True)
class Service:
    """A service that runs: its address, and the id of its first process."""

    address: str
    pid: int

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return int(self.address.rpartition(":")[2])

    def processes(self) -> list[int]:
        """The ids of its processes."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii").split()
        return [self.pid, *map(int, children)]

    def processor_seconds(self) -> float:
        """What its processes have used of the processors' time."""
        ticks = 0
        for pid in self.processes():
            fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_megabytes(self) -> float:
        """The memory of the largest of its processes that it shares with no other."""
        return max(own_megabytes(pid) for pid in self.processes())


def own_megabytes(pid: int) -> float:
    """The memory of a process that no other has too: pages that are its own, and were not mapped from a file."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()[1:])
    return sum(int(fields[name].split()[0]) for name in ("Private_Dirty", "Private_Clean")) / 1024


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serving(command: list[str], port: int, **environment: str) -> Iterator[Service]:
    """A service, once it is ready."""
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ | environment)
    service = Service(f"http://127.0.0.1:{port}", process.pid)
    try:
        for _ in range(6000):
            try:
                urllib.request.urlopen(f"{service.address}/health/ready", timeout=5).close()
                break
            except OSError:
                time.sleep(0.01)
        else:
            raise SystemExit(f"does not start: {' '.join(command)}")
        yield service
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def linewise(workers: int, *options: str) -> Iterator[Service]:
    """The service, with one thread in each worker unless told otherwise."""
    port = free_port()
    common = ["--port", str(port), "--workers", str(workers), "--drain-seconds", "0", "--log-level", "error"]
    threads = [] if "--threads" in options else ["--threads", "1"]
    with serving([sys.executable, "-m", "linewise", "serve", *common, *threads, *options], port) as service:
        yield service


@contextmanager
def trivial(workers: int, answer: Path) -> Iterator[Service]:
    """The trivial endpoint, whose answer is what a file holds."""
    port = free_port()
    serve = f"uvicorn.run('http_services:trivial_app', factory=True, port={port}, workers={workers}"
    code = f"import uvicorn; {serve}, access_log=False, log_level='error', http='h11')"
    path = os.pathsep.join((str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")))
    environment = {"PYTHONPATH": path, _ANSWER_VARIABLE: str(answer)}
    with serving([sys.executable, "-c", code], port, **environment) as service:
        yield service


def trivial_app() -> object:
    """A FastAPI app that validates like the service and answers a constant."""
    from fastapi import FastAPI, Response  # noqa: PLC0415

    from linewise.service.schemas.requests import ClassifyRequest  # noqa: PLC0415

    content = Path(os.environ[_ANSWER_VARIABLE]).read_bytes()
    app = FastAPI()

    async def classify(request: ClassifyRequest) -> Response:
        del request
        return Response(content, media_type="application/json")

    classify.__annotations__ = {"request": ClassifyRequest, "return": Response}
    app.post("/v1/classify")(classify)
    app.get("/health/ready")(lambda: {})
    return app


def body_of(n_lines: int) -> bytes:
    """A request to label so many lines of real code."""
    lines = SOURCE.splitlines(keepends=True)
    text = "".join((lines * (n_lines // len(lines) + 1))[:n_lines])
    return json.dumps({"text": text, "language": "python", "context": "fragment"}).encode()


def library_lines_per_second(n_lines: int, seconds: float, processes: int) -> float:
    """Lines a second of the library alone, in so many processes with one thread each."""
    code = f"import http_services; print(http_services.label_for({n_lines}, {seconds}))"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent), "OPENBLAS_NUM_THREADS": "1"}
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(processes)
    ]
    return sum(float(process.communicate()[0]) for process in started)


def label_for(n_lines: int, seconds: float) -> float:
    """Lines a second that this process labels."""
    from linewise.models import Classifier  # noqa: PLC0415

    classifier = Classifier.load()
    text = json.loads(body_of(n_lines))["text"]
    classifier.classify(text, language="python", context="fragment")
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        classifier.classify(text, language="python", context="fragment")
        count += 1
    return n_lines * count / (time.perf_counter() - began)
