"""The HTTP service under load, beside a trivial FastAPI endpoint on the same machine, and beside its goals.

    python benchmarks/http_load.py [--seconds 2] [--rounds 3] [--output load.json] [--docs docs/operating.md]

measures, in rounds that alternate between the two: requests a second at three sizes; the times of answers at 70% of the
peak; what is answered and refused at twice and five times the peak; health checks while texts of 1 MB are posted
without pause; the first request after the service is ready; the times of answers while 1,000 clients send a byte every
ten seconds; and what several workers do. It prints Markdown, with ``--docs`` also into the page that operators read.
It needs ``wrk``, which takes part of the same cores, less than four minutes, and a machine that does nothing else. On
one that does, look at the processor time of a request, which that disturbs least.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from http_clients import Load, health_while, percentile, probe_while, slow_clients, timed_post, wrk
from http_clients import post as post_once
from http_report import Figures, put_into, render
from http_services import SOURCE, Service, body_of, library_lines_per_second, linewise, trivial

SIZES = (20, 100, 1000)
STEADY_SHARE = 0.7
OVERLOADS = (1, 2, 5)
OVERLOADED_SIZES = (100, 1000)
STEADY_TIMES = 2
"""A 99th percentile is of few requests: so much longer are they counted."""
PACED_CONNECTIONS = 100
"""Enough that paced clients reach their rate though each waits for its answer."""
OVERLOAD_CONNECTIONS = 400
SHORT_QUEUE = ("--queue", "32")
PROBES = 3
"""Clients beside ``wrk`` that ask on a new connection each time, and tell refusals from answers."""


@dataclass(frozen=True, slots=True)
class Bench:
    """How long and how often to measure."""

    seconds: int
    rounds: int
    connections: int
    workers: int

    def costing(self, service: Service, body: bytes) -> tuple[Load, float]:
        """A load without pause, and the milliseconds of processor time that each of its requests took."""
        before = service.processor_seconds()
        load = wrk(service.address, body, self.connections, self.seconds)
        requests = (load.good_per_second + load.other_per_second) * self.seconds
        return load, 1000 * (service.processor_seconds() - before) / max(1.0, requests)

    def steady(self, service: Service, body: bytes, peak: float) -> float:
        """The 99th percentile of the times at a share of the peak, in milliseconds."""
        seconds = STEADY_TIMES * self.seconds
        return wrk(service.address, body, PACED_CONNECTIONS, seconds, STEADY_SHARE * peak).p99_milliseconds


def shares(bench: Bench) -> list[Figures]:
    """Requests a second at each size, and the times at a share of them, beside the trivial endpoint's."""
    figures = []
    for n_lines in SIZES:
        body = body_of(n_lines)
        with linewise(bench.workers) as ours, tempfile.TemporaryDirectory() as folder:
            answer = Path(folder, "answer")
            answer.write_bytes(post_once(ours.address, body))
            with trivial(bench.workers, answer) as other:
                pairs = [(bench.costing(ours, body), bench.costing(other, body)) for _ in range(bench.rounds)]
                peaks = [median(pair[side][0].good_per_second for pair in pairs) for side in (0, 1)]
                calm = [
                    (bench.steady(ours, body, peaks[0]), bench.steady(other, body, peaks[1]))
                    for _ in range(bench.rounds)
                ]
        figures.append(
            {
                "lines": n_lines,
                "requests/s": peaks[0],
                "trivial": peaks[1],
                "share": median(a[0].good_per_second / b[0].good_per_second for a, b in pairs),
                "processor ms": median(a[1] for a, _ in pairs),
                "trivial's": median(b[1] for _, b in pairs),
                "share of processor time": median(b[1] / a[1] for a, b in pairs),
                "p99 ms at 70%": median(a for a, _ in calm),
                "trivial's p99 ms": median(b for _, b in calm),
                "times": median(a / b for a, b in calm),
            }
        )
    return figures


def beside_library(bench: Bench) -> Figures:
    """Lines a second of texts of 1,000 lines, by HTTP and of the library in as many processes, in turn."""
    body, pairs = body_of(1000), []
    with linewise(bench.workers) as ours:
        for _ in range(bench.rounds):
            by_http = 1000 * wrk(ours.address, body, bench.connections, bench.seconds).good_per_second
            pairs.append((by_http, library_lines_per_second(1000, bench.seconds, bench.workers)))
    return {
        "lines/s by HTTP": median(by_http for by_http, _ in pairs),
        "lines/s of the library": median(alone for _, alone in pairs),
        "share": median(by_http / alone for by_http, alone in pairs),
    }


def overload(bench: Bench) -> list[Figures]:
    """What is answered and refused at and beyond the peak."""
    figures = []
    for n_lines in OVERLOADED_SIZES:
        body = body_of(n_lines)
        with linewise(bench.workers, *SHORT_QUEUE) as ours, ThreadPoolExecutor(PROBES) as pool:
            peak = median(wrk(ours.address, body, 24, bench.seconds).good_per_second for _ in range(bench.rounds))
            for factor in OVERLOADS:
                stop, seconds = threading.Event(), 2 * bench.seconds
                probing = [pool.submit(probe_while, ours.address, body, stop) for _ in range(PROBES)]
                load = wrk(ours.address, body, OVERLOAD_CONNECTIONS, seconds, factor * peak)
                stop.set()
                probes = [each.result() for each in probing]
                answered, refused = (
                    [took for each in probes for took in each.get(status, [])] for status in (200, 429)
                )
                answered_per_second = load.good_per_second + len(answered) / seconds
                figures.append(
                    {
                        "lines": n_lines,
                        "times the peak": factor,
                        "answered/s": answered_per_second,
                        "refused/s": load.other_per_second + len(refused) / seconds,
                        "share of the peak": answered_per_second / peak,
                        "p99 ms of answers": percentile(answered, 0.99),
                        "p99 ms of refusals": percentile(refused, 0.99),
                    }
                )
    return figures


def health(bench: Bench) -> Figures:
    """How quick health checks are while large bodies are posted."""
    large = json.dumps({"text": (SOURCE * 20)[:1_000_000]}).encode()
    with linewise(bench.workers, "--threads", "2") as ours:
        took = health_while(ours.address, large, 2 * bench.seconds)
    return {"checks": len(took), "p50 ms": percentile(took, 0.5), "p99 ms": percentile(took, 0.99)}


def first_request(bench: Bench) -> Figures:
    """The first request once the service is ready, beside those that follow."""
    firsts: list[float] = []
    later: list[float] = []
    for _ in range(max(5, bench.rounds)):
        with linewise(bench.workers) as ours:
            firsts.append(timed_post(ours.address, body_of(100))[1])
            later.extend(timed_post(ours.address, body_of(100))[1] for _ in range(200))
    steady = percentile(later, 0.99)
    return {"first ms": median(firsts), "steady p99 ms": steady, "times": median(firsts) / steady}


def beside_slow_clients(bench: Bench) -> Figures:
    """The times of others' requests without and with many slow clients."""
    body, pairs = body_of(100), []
    with linewise(bench.workers) as ours:
        for _ in range(bench.rounds):
            alone = wrk(ours.address, body, 8, bench.seconds, 100).p99_milliseconds
            with slow_clients(ours.port):
                pairs.append((alone, wrk(ours.address, body, 8, bench.seconds, 100).p99_milliseconds))
    return {
        "p99 ms alone": median(alone for alone, _ in pairs),
        "p99 ms beside them": median(beside for _, beside in pairs),
        "times": median(beside / alone for alone, beside in pairs),
    }


def sizing(bench: Bench) -> list[Figures]:
    """What one worker does, and what one for each core does, with the memory of the largest."""
    figures = []
    for workers in sorted({1, os.cpu_count() or 1}):
        with linewise(workers) as ours:
            for n_lines in SIZES:
                body = body_of(n_lines)
                connections = bench.connections * workers
                rate = wrk(ours.address, body, connections, bench.seconds).good_per_second
                figures.append(
                    {
                        "workers": workers,
                        "lines of a text": n_lines,
                        "requests/s": rate,
                        "lines/s": rate * n_lines,
                        "MB of a worker": ours.memory_megabytes(),
                    }
                )
    return figures


MEASUREMENTS: dict[str, Callable[[Bench], Figures | list[Figures]]] = {
    measure.__name__: measure
    for measure in (shares, beside_library, overload, health, first_request, beside_slow_clients, sizing)
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=2, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--only", choices=MEASUREMENTS, action="append", help="measure this only; may be repeated")
    parser.add_argument("--output", type=Path, help="also write the figures there, as JSON")
    parser.add_argument("--docs", type=Path, help="also put the tables into this Markdown page, where it marks them")
    options = parser.parse_args()
    bench = Bench(options.seconds, options.rounds, options.connections, options.workers)
    result: dict[str, object] = {"cores": os.cpu_count(), "load_before": os.getloadavg()[0], **asdict(bench)}
    for name in options.only or MEASUREMENTS:
        result[name] = MEASUREMENTS[name](bench)
        print(render(result, [name]), flush=True)
    result["load_after"] = os.getloadavg()[0]
    names = list(options.only or MEASUREMENTS)
    print(render(result, ["machine", "goals"]))
    if options.output:
        options.output.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    if options.docs:
        put_into(options.docs, render(result, ["machine", *names, "goals"]))


if __name__ == "__main__":
    main()
