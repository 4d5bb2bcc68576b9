"""The HTTP service over a long time: does its memory grow, do its descriptors and threads?

Clients send a mix of all that clients send: short and long texts, batches, streams, patches, health checks, requests
that are refused, and requests that break off. First, to warm the service up, one right after the other, so that threads
and memory reach what the worst moments need. Then at a rate, and each minute the memory, descriptors and threads of all
processes are noted.

    python benchmarks/http_soak.py [--minutes 30] [--workers 2] [--rate 20] [--output soak.json]

prints a Markdown table, the slope of the memory after the warm-up, and the answers by status. It leaves with exit code
1 where the memory grows by a megabyte an hour or more, where descriptors or threads grow, or where the service failed
on a request.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from http_services import SOURCE, Service, linewise, own_megabytes

LINES = SOURCE.splitlines(keepends=True)
UNSOUND = (b"", b"{", b'{"text": 7}', b'{"text": "\xff"}', b"[" * 10_000)
CLIENTS = 4
PAUSE_SECONDS = 60.0
"""Between two looks at the workers; before each, the clients rest for a moment."""
REST_SECONDS = 8.0
"""Longer than idle connections are kept, and than the threads of what was given up take to end."""


@dataclass(frozen=True, slots=True)
class Look:
    """What all workers use at one time."""

    minute: float
    memory_megabytes: float
    descriptors: int
    threads: int
    answers: int


def text_of(rng: random.Random, n_lines: int) -> str:
    """Some lines of real code from a random place."""
    begin = rng.randrange(max(1, len(LINES) - n_lines))
    return "".join(LINES[begin : begin + n_lines])


def post(address: str, path: str, body: bytes, content_type: str = "application/json") -> int:
    """The status of the answer to one request."""
    request = urllib.request.Request(f"{address}{path}", body, {"Content-Type": content_type})
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            response.read()
            status: int = response.status
            return status
    except urllib.error.HTTPError as error:
        error.read()
        return error.code


def ask(rng: random.Random, address: str) -> int:
    """Make one request of a random kind; its status, or 0 where no answer was waited for."""
    kind = rng.choices(range(8), weights=(40, 8, 8, 6, 8, 8, 8, 14))[0]
    if kind == 0:
        return post(address, "/v1/classify", json.dumps({"text": text_of(rng, rng.randrange(1, 200))}).encode())
    if kind == 1:
        fields = {"text": text_of(rng, rng.randrange(500, 2000)), "scores": rng.choice([True, False, "float16"])}
        return post(address, "/v1/classify", json.dumps(fields).encode())
    if kind == 2:
        documents = [{"id": str(number), "text": text_of(rng, 30)} for number in range(rng.randrange(1, 30))]
        return post(address, "/v1/classify/batch", json.dumps({"documents": documents}).encode())
    if kind == 3:
        records = "".join(json.dumps({"text": text_of(rng, 20)}) + "\n" for _ in range(rng.randrange(1, 100)))
        return post(address, "/v1/classify/stream", records.encode(), "application/x-ndjson")
    if kind == 4:
        old, new = (text_of(rng, 5).splitlines() for _ in range(2))
        lines = [f"@@ -1,{len(old)} +1,{len(new)} @@", *(f"-{line}" for line in old), *(f"+{line}" for line in new)]
        patch = "--- a/x.py\n+++ b/x.py\n" + "\n".join(lines) + "\n"
        return post(address, "/v1/diff", json.dumps({"patch": patch}).encode())
    if kind == 5:
        return post(address, "/v1/classify", rng.choice(UNSOUND))
    if kind == 6:
        return break_off(rng, address)
    path = rng.choice(["/health/live", "/health/ready", "/v1/labels", "/v1/model", "/", "/openapi.json", "/metrics"])
    with urllib.request.urlopen(f"{address}{path}", timeout=120) as response:
        response.read()
        status: int = response.status
        return status


def break_off(rng: random.Random, address: str) -> int:
    """Send some of a request, or all of it, and leave."""
    host, _, port = address.removeprefix("http://").partition(":")
    body = json.dumps({"text": text_of(rng, 100)}).encode()
    head = "POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    request = head.encode() + body
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(request[: rng.randrange(1, len(request) + 1)])
    return 0


class Clients:
    """Threads that ask at some rate, until told to rest or to stop."""

    def __init__(self, address: str, rate: float) -> None:
        self.answers: Counter[int] = Counter()
        self._address = address
        self._rate = rate
        self._at_once = False
        self._may_ask = threading.Event()
        self._stop = threading.Event()
        self._idle = [threading.Event() for _ in range(CLIENTS)]
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def _run(self, number: int) -> None:
        rng = random.Random(number)
        while not self._stop.is_set():
            if not self._may_ask.is_set():
                self._idle[number].set()
                self._may_ask.wait(1)
                continue
            self._idle[number].clear()
            self.answers[ask(rng, self._address)] += 1
            if not self._at_once:
                time.sleep(rng.expovariate(self._rate / CLIENTS))

    def work(self, *, at_once: bool = False) -> None:
        """Ask, or go on asking: at the rate, or one request right after the other."""
        self._at_once = at_once
        self._may_ask.set()

    def rest(self) -> None:
        """Finish what was asked, and ask no more for now."""
        self._may_ask.clear()
        for idle in self._idle:
            idle.wait(180)

    def stop(self) -> None:
        """Ask nothing any more."""
        self._stop.set()
        self._may_ask.set()
        for thread in self._threads:
            thread.join()


def look(service: Service, minute: float, answers: int) -> Look:
    """What the service uses now, in all its processes."""
    processes = service.processes()
    return Look(
        minute,
        sum(map(own_megabytes, processes)),
        sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in processes),
        sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in processes),
        answers,
    )


def slope_per_hour(looks: list[Look]) -> float:
    """Megabytes an hour by which the memory grows, by least squares."""
    slope: float = np.polyfit([each.minute / 60 for each in looks], [each.memory_megabytes for each in looks], 1)[0]
    return slope


def main() -> None:
    """Run, and say what was seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--warm-up-minutes", type=float, default=5.0, help="without pause, before that")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rate", type=float, default=20.0, help="requests a second, of all kinds together")
    parser.add_argument("--output", type=Path, help="also write the figures there, as JSON")
    options = parser.parse_args()
    looks: list[Look] = []
    print("| minute | memory of its own, MB | descriptors | threads | answers |\n| ---: | ---: | ---: | ---: | ---: |")
    with linewise(options.workers, "--read-timeout-seconds", "5") as service:
        clients = Clients(service.address, options.rate)
        try:
            clients.work(at_once=True)
            time.sleep(60 * options.warm_up_minutes)
            began = time.monotonic()
            while (minute := (time.monotonic() - began) / 60) < options.minutes:
                clients.work()
                # The first look comes at once: it is what the warm-up left.
                time.sleep(min(PAUSE_SECONDS, 60 * (options.minutes - minute)) if looks else 0)
                clients.rest()
                time.sleep(REST_SECONDS)
                seen = look(service, (time.monotonic() - began) / 60, sum(clients.answers.values()))
                looks.append(seen)
                print(
                    f"| {seen.minute:.1f} | {seen.memory_megabytes:.1f} | {seen.descriptors} | {seen.threads} "
                    f"| {seen.answers:,} |",
                    flush=True,
                )
        finally:
            clients.stop()
    slope = slope_per_hour(looks)
    failed = sum(count for status, count in clients.answers.items() if status >= 500)
    statuses = dict(sorted(clients.answers.items()))
    print(f"\nMemory grows by {slope:.2f} MB an hour after the warm-up.")
    print(f"Answers by status (0: broken off by the client): {statuses}.")
    if options.output:
        result = {"slope_megabytes_per_hour": slope, "statuses": statuses, "looks": [asdict(each) for each in looks]}
        options.output.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    grows = any(getattr(looks[-1], name) > getattr(looks[0], name) for name in ("descriptors", "threads"))
    sys.exit(1 if slope >= 1 or grows or failed else 0)


if __name__ == "__main__":
    main()
