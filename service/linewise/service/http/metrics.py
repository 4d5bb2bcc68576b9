"""What the service counts of itself, for Prometheus: requests, time, lines, queue, model; no text and no addresses.

With several workers, each keeps its numbers in files of a folder that all share (``SharedCounts``), and whichever
worker is asked answers for all.
"""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector

_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
MEDIA_TYPE = CONTENT_TYPE_LATEST
_PRESENT = "gauge_livesum"
_KINDS = ("counter", "histogram", _PRESENT)
"""What prometheus_client calls its files after."""
_FILE_BYTES = 256 * 1024
"""Room for some thousand numbers; all routes, methods and statuses make some hundred."""
_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class SharedCounts:
    """The files in which several workers keep their numbers: a set for each place that a worker may take.

    A worker that follows another in its place goes on with its numbers, so there are never more files than at first.
    They are written in full at once: a page of a file that finds no room on the disk when it is first
    touched would end the worker (SIGBUS).

    Raises:
        OSError: the files can't be written.
    """

    def __init__(self, folder: str, places: int) -> None:
        self._folder = Path(folder)
        self._place = -1
        for place in range(places):
            for kind in _KINDS:
                self._file(kind, place).write_bytes(bytes(_FILE_BYTES))
        # prometheus_client decides by the environment as it is imported, when no settings are known yet.
        os.environ[_FOLDER_VARIABLE] = folder
        values.ValueClass = values.MultiProcessValue(lambda: self._place)  # type: ignore[no-untyped-call]

    def take_place(self, place: int) -> None:
        """Let this process count in that place."""
        self._place = place

    def forget_present(self, place: int) -> None:
        """Drop what the worker in a place counted at present, for it has ended; what it has done stays counted."""
        with self._file(_PRESENT, place).open("r+b") as file:
            file.write(bytes(_FILE_BYTES))

    def _file(self, kind: str, place: int) -> Path:
        return self._folder / f"{kind}_{place}.db"


class Metrics:
    """The counters of one process. To be changed on the event loop only."""

    def __init__(self) -> None:
        self._shared = _FOLDER_VARIABLE in os.environ
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "linewise_requests",
            "Requests answered, by route, method and status.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "linewise_request_seconds",
            "Time from a request's head to the end of its answer.",
            ("route",),
            buckets=_BUCKETS_SECONDS,
            registry=self._registry,
        )
        self._lines = Counter("linewise_lines", "Lines labelled.", registry=self._registry)
        self._in_progress = Gauge(
            "linewise_requests_in_progress",
            "Requests that are being read or answered.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self._waiting = Gauge(
            "linewise_requests_waiting",
            "Requests that wait for a thread.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self._model = Gauge(
            "linewise_model_info",
            "How many workers have the model in service.",
            ("digest", "taxonomy_version"),
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        # The counters of each kind of request: to find them anew takes as long as to count.
        self._counters: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._model_labels: tuple[str, str] | None = None
        if not self._shared:
            ProcessCollector(registry=self._registry)

    def begin_request(self) -> None:
        """Note a request that came."""
        self._in_progress.inc()

    def end_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Note a request that was answered; 0 is the status of those that never were."""
        self._in_progress.dec()
        requests, times = self._counters_of(route, method, status)
        requests.inc()
        times.observe(seconds)

    def count_refused(self, route: str, method: str, status: int, requests: int) -> None:
        """Note requests that were refused before they became any; their time, which is none, is not counted."""
        self._counters_of(route, method, status)[0].inc(requests)

    def _counters_of(self, route: str, method: str, status: int) -> tuple[Counter, Histogram]:
        counters = self._counters.get((route, method, status))
        if counters is None:
            counters = self._requests.labels(route, method, str(status)), self._seconds.labels(route)
            self._counters[route, method, status] = counters
        return counters

    def count_lines(self, lines: int) -> None:
        """Note lines that were labelled."""
        self._lines.inc(lines)

    def set_waiting(self, requests: int) -> None:
        """Note how many requests wait."""
        self._waiting.set(requests)

    def set_model(self, digest: str | None, taxonomy_version: str = "") -> None:
        """Note which model is in service."""
        if self._model_labels is not None:
            self._model.labels(*self._model_labels).set(0)
        self._model_labels = None if digest is None else (digest, taxonomy_version)
        if self._model_labels is not None:
            self._model.labels(*self._model_labels).set(1)

    def exposition(self) -> bytes:
        """The numbers of all workers in the text format of Prometheus."""
        if not self._shared:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
