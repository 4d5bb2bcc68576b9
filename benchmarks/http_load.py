"""The HTTP service under load, beside a trivial FastAPI endpoint on the same machine.

The trivial endpoint takes the same bodies with the same validation and answers with a constant of the same size, so
its rate is what this server stack can reach at all. ``wrk`` makes the load and takes part of the same cores.

    python benchmarks/http_load.py [--seconds 5] [--connections 16] [--workers 1]

prints Markdown tables: requests a second at three sizes, what happens beyond capacity, and how quick a health check is
while texts of 1 MB are posted without pause.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(argparse.__file__).read_text("utf-8")
SIZES = (20, 100, 1000)


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk measured: answers of success and others a second, and the 99th percentile of their time."""

    good_per_second: float
    other_per_second: float
    p50_milliseconds: float
    p99_milliseconds: float


def body_of(n_lines: int) -> bytes:
    """A request to label so many lines of real code."""
    lines = SOURCE.splitlines(keepends=True)
    text = "".join((lines * (n_lines // len(lines) + 1))[:n_lines])
    return json.dumps({"text": text, "language": "python", "context": "fragment"}).encode()


def serve_trivial(port: int, answer: Path, workers: int) -> None:
    """Serve the trivial endpoint; runs in a process of its own."""
    os.environ["TRIVIAL_ANSWER"] = str(answer)
    import uvicorn  # noqa: PLC0415

    sys.path.insert(0, str(Path(__file__).parent))
    app = "http_load:trivial_app"
    uvicorn.run(app, factory=True, port=port, workers=workers, access_log=False, log_level="error", http="h11")


def trivial_app() -> object:
    """A FastAPI app that validates like the service and answers a constant."""
    from fastapi import FastAPI, Response  # noqa: PLC0415

    from linewise.service.schemas.requests import ClassifyRequest  # noqa: PLC0415

    content = Path(os.environ["TRIVIAL_ANSWER"]).read_bytes()
    app = FastAPI()

    async def classify(request: ClassifyRequest) -> Response:
        del request
        return Response(content, media_type="application/json")

    classify.__annotations__ = {"request": ClassifyRequest, "return": Response}
    app.post("/v1/classify")(classify)
    app.get("/health/ready")(lambda: {})
    return app


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serving(command: list[str], port: int) -> Iterator[str]:
    """A service in a process of its own: its address."""
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/health/ready", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit(f"does not start: {' '.join(command)}")
        yield address
    finally:
        process.terminate()
        process.wait(60)


def linewise_command(port: int, workers: int, *options: str) -> list[str]:
    """The command that starts the service."""
    common = ["--port", str(port), "--workers", str(workers), "--drain-seconds", "0", "--log-level", "error"]
    return [sys.executable, "-m", "linewise", "serve", *common, *options]


def post(address: str, body: bytes) -> bytes:
    """The answer to one request."""
    request = urllib.request.Request(f"{address}/v1/classify", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as response:
        answer: bytes = response.read()
        return answer


def wrk(address: str, body: bytes, connections: int, seconds: float) -> Load:
    """Post a body over and over on so many connections."""
    # A Lua long string of a level that no JSON text closes.
    script = 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
    script += f"wrk.body = [=====[{body.decode()}]=====]\n"
    script += """
done = function(summary, latency)
  io.write(string.format("RESULT %d %d %d %f %f\\n", summary.requests, summary.errors.status, summary.duration,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "60s", "-s", file.name]
        done = subprocess.run([*command, f"{address}/v1/classify"], capture_output=True, text=True, check=True)
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\S+) (\S+)", done.stdout)
    assert found is not None, done.stdout
    requests, failed, microseconds = (int(found[index]) for index in (1, 2, 3))
    took = microseconds / 1e6
    return Load((requests - failed) / took, failed / took, float(found[4]), float(found[5]))


def health_while(address: str, body: bytes, seconds: float) -> list[float]:
    """Milliseconds that health checks took while two clients posted a large body without pause, in order."""
    stop = threading.Event()

    def keep_posting() -> None:
        while not stop.is_set():
            post(address, body)

    threads = [threading.Thread(target=keep_posting) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    took = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        urllib.request.urlopen(f"{address}/health/live", timeout=60).close()
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(0.02)
    stop.set()
    for thread in threads:
        thread.join()
    return sorted(took)


def library_lines_per_second(n_lines: int, seconds: float) -> float:
    """Lines a second of the library alone, on one thread."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from linewise.models import Classifier  # noqa: PLC0415

    classify: Callable[..., object] = Classifier.load().classify
    text = json.loads(body_of(n_lines))["text"]
    classify(text)
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        classify(text, language="python", context="fragment")
        count += 1
    return n_lines * count / (time.perf_counter() - began)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--serve-trivial", nargs=2, metavar=("PORT", "ANSWER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve_trivial:
        serve_trivial(int(options.serve_trivial[0]), Path(options.serve_trivial[1]), options.workers)
        return
    print("| lines | requests/s | lines/s | p50 ms | p99 ms | trivial endpoint, requests/s | p99 ms | share |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    port, trivial_port = free_port(), free_port()
    with serving(linewise_command(port, options.workers), port) as address, tempfile.TemporaryDirectory() as folder:
        for n_lines in SIZES:
            body = body_of(n_lines)
            answer = Path(folder, "answer")
            answer.write_bytes(post(address, body))
            command = [sys.executable, __file__, "--workers", str(options.workers)]
            with serving([*command, "--serve-trivial", str(trivial_port), str(answer)], trivial_port) as trivial:
                loads = [wrk(url, body, options.connections, options.seconds) for url in (address, trivial)]
            ours, theirs = loads
            print(
                f"| {n_lines:,} | {ours.good_per_second:,.0f} | {ours.good_per_second * n_lines:,.0f} "
                f"| {ours.p50_milliseconds:.1f} | {ours.p99_milliseconds:.1f} | {theirs.good_per_second:,.0f} "
                f"| {theirs.p99_milliseconds:.1f} | {ours.good_per_second / theirs.good_per_second:.2f} |",
                flush=True,
            )
        print(
            f"\nThe library alone, one thread, 1,000 lines at a time: {library_lines_per_second(1000, 3):,.0f} lines/s."
        )
        large = json.dumps({"text": (SOURCE * 20)[:1_000_000]}).encode()
        took = health_while(address, large, 2 * options.seconds)
        p99 = took[int(len(took) * 0.99)]
        print(f"Health checks while 1 MB bodies are posted: p50 {took[len(took) // 2]:.1f} ms, p99 {p99:.1f} ms.")
    print("\n| connections | answered/s | refused/s | p99 ms |\n| ---: | ---: | ---: | ---: |")
    with serving(linewise_command(port, options.workers, "--queue", "32"), port) as address:
        for connections in (32, 64, 160):
            load = wrk(address, body_of(100), connections, options.seconds)
            print(
                f"| {connections} | {load.good_per_second:,.0f} | {load.other_per_second:,.0f} "
                f"| {load.p99_milliseconds:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
