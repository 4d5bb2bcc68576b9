"""An event loop that lets what clients send wait in the system while the interpreter is better used.

Short requests are labelled mostly within the interpreter, which one thread has at a time. A loop that takes each
request as it comes then takes the interpreter from the thread that labels, for the sake of a request that must wait
for that thread anyway: three times for each, and every time at the cost of a good part of an answer. And a service that
is overloaded has more than it can do, so that nothing is gained by looking at what comes one by one.

So in both cases the loop looks at its connections only every few milliseconds, and then at all that has come. It wakes
as ever where a thread has an answer, a signal comes or a timer ends.
"""

from __future__ import annotations

import asyncio
import select
import selectors
from collections.abc import Callable
from typing import Any

PATIENCE_SECONDS = 0.02
"""By how much a request may be looked at later than it could be."""


class PatientSelector(selectors.DefaultSelector):
    """A selector that for some time waits for the loop's own wake-up alone.

    Args:
        is_patient: tells whether clients may wait.
    """

    def __init__(self, is_patient: Callable[[], bool]) -> None:
        super().__init__()
        self._is_patient = is_patient
        self._wake_up: select.poll | None = None
        # Whether there are files that have not been looked at, and whether for such a one patience was just suspended.
        self._has_new = False
        self._has_looked = False

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Register a file; the first one is that by which a loop is woken, which it makes as it begins."""
        key = super().register(fileobj, events, data)
        self._has_new = True
        if self._wake_up is None:
            self._wake_up = select.poll()
            self._wake_up.register(key.fd, select.POLLIN)
        return key

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready, within a time in seconds, None for any."""
        if self._wake_up is not None and (timeout is None or timeout > 0) and self._is_patient():
            # Whoever has only just connected has waited for that already, and has mostly sent what is wanted.
            self._has_looked = self._has_new and not self._has_looked
            if not self._has_looked:
                seconds = PATIENCE_SECONDS if timeout is None else min(timeout, PATIENCE_SECONDS)
                self._wake_up.poll(1000 * seconds)
            timeout = 0
        self._has_new = False
        return super().select(timeout)


class PatientLoop(asyncio.SelectorEventLoop):
    """An event loop that is patient while it is told to be."""

    def __init__(self, is_patient: Callable[[], bool]) -> None:
        super().__init__(PatientSelector(is_patient))
