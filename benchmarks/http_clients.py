"""Clients of the HTTP services that measure, or disturb, while others make the load."""

from __future__ import annotations

import itertools
import re
import resource
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

SLOW_CLIENTS = 1000
BYTE_SECONDS = 10.0
"""Between two bytes of a slow client."""
SETTLING_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk measured: answers of success and others a second, and the percentiles of their time."""

    good_per_second: float
    other_per_second: float
    p50_milliseconds: float
    p99_milliseconds: float


def wrk(address: str, body: bytes, connections: int, seconds: float, rate: float | None = None) -> Load:
    """Post a body over and over on so many connections, without pause or with pauses that make about that rate."""
    # A Lua long string of a level that no JSON text closes.
    script = 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
    script += f"wrk.body = [=====[{body.decode()}]=====]\n"
    if rate is not None:
        # Exponential pauses, so that requests come at times of their own as those of many people do.
        script += f"delay = function() return -{1000 * connections / rate} * math.log(1 - math.random()) end\n"
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


def post(address: str, body: bytes) -> bytes:
    """The answer to one request."""
    request = urllib.request.Request(f"{address}/v1/classify", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as response:
        answer: bytes = response.read()
        return answer


def timed_post(address: str, body: bytes) -> tuple[int, float]:
    """The status of one request on a connection of its own, and the milliseconds that it took."""
    began = time.perf_counter()
    try:
        post(address, body)
        status = 200
    except urllib.error.HTTPError as error:
        status = error.code
    return status, (time.perf_counter() - began) * 1000


def percentile(values: list[float], share: float) -> float:
    """The value that a share of the values do not exceed; NaN where there is none."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def probe_while(address: str, body: bytes, stop: threading.Event) -> dict[int, list[float]]:
    """Milliseconds that single requests took until told to stop, by status: wrk does not tell them apart."""
    took: dict[int, list[float]] = {}
    while not stop.is_set():
        status, milliseconds = timed_post(address, body)
        took.setdefault(status, []).append(milliseconds)
        time.sleep(0.02)
    return took


def health_while(address: str, body: bytes, seconds: float) -> list[float]:
    """Milliseconds that health checks took while two clients posted a large body without pause."""
    loading = threading.Thread(target=wrk, args=(address, body, 2, seconds + 1))
    loading.start()
    time.sleep(1)
    took = []
    while loading.is_alive():
        began = time.perf_counter()
        urllib.request.urlopen(f"{address}/health/live", timeout=60).close()
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(0.02)
    return took


@contextmanager
def slow_clients(port: int) -> Iterator[None]:
    """While inside, many clients have sent most of a request, and send a byte of its body now and then."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    stop = threading.Event()
    head = b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(SLOW_CLIENTS)]

    def drip() -> None:
        # Each client has its own moment.
        for client in itertools.cycle(clients):
            with suppress(OSError):
                client.sendall(b" ")
            if stop.wait(BYTE_SECONDS / len(clients)):
                return

    for client in clients:
        client.sendall(head)
    thread = threading.Thread(target=drip)
    thread.start()
    try:
        # That they come all at once is not what is measured.
        time.sleep(SETTLING_SECONDS)
        yield
    finally:
        stop.set()
        thread.join()
        for client in clients:
            client.close()
