"""Several worker processes on one socket: started as copies of a process that has loaded the model already.

So all workers share the memory of one model, and a worker that dies is replaced within milliseconds. The process
that supervises them serves nothing and starts no thread, which is what makes copying it sound.

SIGTERM and Ctrl+C are passed on to the workers, and the supervisor leaves after the last of them. SIGHUP swaps the
model: it is loaded here first, and only a sound one reaches the workers and those that come after them.
"""

from __future__ import annotations

import contextlib
import logging
import mmap
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass

from linewise.models import Classifier, ModelError

from ..settings import Settings
from .inference import load_warm
from .metrics import SharedCounts
from .worker import serve_on

_log = logging.getLogger("linewise.server")
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_SHORT_LIFE_SECONDS = 1.0
_SHORT_LIVES = 5
_PAUSE_SECONDS = 1.0
"""Before a worker is replaced that died young, as so many before it: or those that can't live keep the machine busy."""


@dataclass(frozen=True, slots=True)
class _Started:
    """A worker: which place it has among them, and when it began."""

    place: int
    began: float


class Supervisor:
    """Keeps ``settings.workers`` processes alive that serve on one listening socket."""

    def __init__(
        self, settings: Settings, classifier: Classifier, listener: socket.socket, counts: SharedCounts
    ) -> None:
        self._settings = settings
        self._classifier = classifier
        self._listener = listener
        self._counts = counts
        self._started: dict[int, _Started] = {}
        self._short_lives = 0
        # A byte that the workers see too: whether all are to end.
        self._ending = mmap.mmap(-1, 1)

    def run(self) -> None:
        """Serve until told to stop, and return once all workers have ended."""
        # Blocked signals wait until they are asked for, so none is lost between two looks.
        previous = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            for place in range(self._settings.workers):
                self._start_worker(place)
            while self._started:
                self._on_signal(signal.sigwait(_SIGNALS))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, previous)

    def _on_signal(self, number: int) -> None:
        if number == signal.SIGCHLD:
            self._bury()
        elif number in (signal.SIGTERM, signal.SIGINT):
            self._ending[0] = 1
            # Connections that no worker takes any more shall be refused, not left to wait.
            self._listener.close()
            # A terminal sends Ctrl+C to the workers too, and a second one would end them less gently.
            self._tell(signal.SIGTERM)
        else:
            self._swap()

    def _start_worker(self, place: int) -> None:
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                # Between here and the worker's own handlers, being told to end ends it.
                signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
                self._counts.take_place(place)
                serve_on(self._listener, self._settings, self._classifier, lambda: self._ending[0] == 1)
                code = 0
            except KeyboardInterrupt:
                code = 0
            except SystemExit as error:
                code = error.code if isinstance(error.code, int) else 1
            except BaseException:
                _log.exception("a worker failed")
            finally:
                # Not sys.exit: what the supervisor's callers do as it leaves is not for its copies to do.
                logging.shutdown()
                os._exit(code)
        self._started[pid] = _Started(place, time.monotonic())
        _log.info("worker %d started", pid)

    def _bury(self) -> None:
        """Take note of workers that have ended, and replace them unless all are to end."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            ended = self._started.pop(pid, None)
            if ended is None:
                continue
            self._counts.forget_present(ended.place)
            if self._ending[0]:
                continue
            _log.error("worker %d ended with %s; another takes its place", pid, _describe(status))
            lived_seconds = time.monotonic() - ended.began
            self._short_lives = self._short_lives + 1 if lived_seconds < _SHORT_LIFE_SECONDS else 0
            if self._short_lives > _SHORT_LIVES:
                time.sleep(_PAUSE_SECONDS)
            self._start_worker(ended.place)

    def _swap(self) -> None:
        try:
            self._classifier = load_warm(self._settings.model_folder)
        except ModelError as error:
            _log.error("the model was not swapped, and the old one stays in service: %s", error)
            return
        self._tell(signal.SIGHUP)

    def _tell(self, number: int) -> None:
        for pid in self._started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def _describe(status: int) -> str:
    """How a process ended: ``exit code 1``, ``signal 9``."""
    code = os.waitstatus_to_exitcode(status)
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
