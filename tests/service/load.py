"""Clients that ask one request after another, and note what became of each."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outcome:
    """What became of a request: its times by the monotonic clock, its status, or how it failed."""

    began: float
    ended: float
    status: int
    answer: dict[str, object] = field(default_factory=dict)
    failure: str = ""


def ask(port: int, text: str) -> Outcome:
    """Ask over a connection of its own; status 0 and the kind of failure where no answer comes."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        body = json.dumps({"text": text}).encode()
        connection.request("POST", "/v1/classify", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = json.loads(response.read())
        return Outcome(began, time.monotonic(), response.status, answer)
    except (OSError, http.client.HTTPException) as error:
        return Outcome(began, time.monotonic(), 0, failure=type(error).__name__)
    finally:
        connection.close()


class Load:
    """Some clients at work; ``outcomes`` grows meanwhile."""

    def __init__(self, port: int, texts: Sequence[str]) -> None:
        self.outcomes: list[Outcome] = []
        self.stop = threading.Event()
        self._port = port
        self.threads = [threading.Thread(target=self._run, args=(text,)) for text in texts]
        for thread in self.threads:
            thread.start()

    def _run(self, text: str) -> None:
        while not self.stop.is_set():
            outcome = ask(self._port, text)
            self.outcomes.append(outcome)
            if outcome.failure == "ConnectionRefusedError":
                # Nobody listens any more.
                return


@contextmanager
def under_load(port: int, texts: Sequence[str]) -> Iterator[Load]:
    """While inside, one client for each text asks for its labels without pause."""
    load = Load(port, texts)
    try:
        yield load
    finally:
        load.stop.set()
        for thread in load.threads:
            thread.join(90)
