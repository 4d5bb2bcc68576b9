"""The service in a process of its own, for tests that speak to it over real sockets."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2


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

    def wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "".join(self.log)
            time.sleep(0.02)

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
    process = serve("--port", "0", "--drain-seconds", "0", *options)
    try:
        server = Server(process)
        yield server
        server.stop()
    finally:
        process.kill()
        process.wait()
