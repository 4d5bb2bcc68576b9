"""Several worker processes on one socket: started as copies of a process that has loaded the model already.

So all workers share the memory of one model, and a worker that dies is replaced within milliseconds. The process
that supervises them serves nothing and starts no thread, which is what makes copying it sound.

SIGTERM and Ctrl+C are passed on to the workers, and the supervisor leaves after the last of them. SIGHUP swaps the
model: it is loaded here first, and only a sound one reaches the workers and those that come after them.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable

from linewise.models import Classifier, ModelError

from ..settings import Settings
from .inference import load_warm
from .metrics import forget_worker

_log = logging.getLogger("linewise.server")
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_SHORT_LIFE_SECONDS = 1.0
_PAUSE_SECONDS = 1.0
"""Before a worker that died young is replaced: otherwise one that can't live would keep the machine busy."""


class Supervisor:
    """Keeps ``settings.workers`` processes alive in which ``serve`` runs."""

    def __init__(self, settings: Settings, classifier: Classifier, serve: Callable[[Classifier], None]) -> None:
        self._settings = settings
        self._classifier = classifier
        self._serve = serve
        self._started: dict[int, float] = {}
        self._ending = False

    def run(self) -> None:
        """Serve until told to stop, and return once all workers have ended."""
        # Blocked signals wait until they are asked for, so none is lost between two looks.
        previous = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            while len(self._started) < self._settings.workers:
                self._start_worker()
            while self._started:
                self._on_signal(signal.sigwait(_SIGNALS))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, previous)

    def _on_signal(self, number: int) -> None:
        if number == signal.SIGCHLD:
            self._bury()
        elif number in (signal.SIGTERM, signal.SIGINT):
            self._ending = True
            # A terminal sends Ctrl+C to the workers too, and a second one would end them less gently.
            self._tell(signal.SIGTERM)
        else:
            self._swap()

    def _start_worker(self) -> None:
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                # Between here and the worker's own handlers, being told to end ends it.
                signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
                self._serve(self._classifier)
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
        self._started[pid] = time.monotonic()
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
            began = self._started.pop(pid, None)
            forget_worker(pid)
            if began is None or self._ending:
                continue
            _log.error("worker %d ended with %s; another takes its place", pid, _describe(status))
            if time.monotonic() - began < _SHORT_LIFE_SECONDS:
                time.sleep(_PAUSE_SECONDS)
            self._start_worker()

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
