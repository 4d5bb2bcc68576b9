"""One process that serves: uvicorn on a socket that listens already, with an end in two steps.

Told to end (SIGTERM), it first says so: ``/health/ready`` turns 503 and every answer closes its connection, while
requests are still taken. After ``drain_seconds``, in which load balancers turn away, it takes none any more, ends
those under way and leaves. A second signal, and Ctrl+C, skip the first step.

SIGHUP makes it read its model and its API keys anew; what is not sound of these changes nothing but the log.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import select
import signal
import socket
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from linewise.models import Classifier, ModelError

from ..keys import KeysError
from ..settings import Settings
from .app import create_app
from .authentication import Guard
from .connection import Connection
from .gate import Gate
from .gated_connection import GatedConnection
from .inference import Inference
from .last_connections import let_none_begin, take_waiting
from .loop_faults import LoopFaults
from .patience import PatientLoop

GRACE_SECONDS = 30
"""How long requests under way may take to end once no more are taken."""
_log = logging.getLogger("linewise.server")


def serve_on(
    listener: socket.socket,
    settings: Settings,
    classifier: Classifier,
    is_whole_end: Callable[[], bool] = lambda: True,
) -> None:
    """Serve on a listening socket until told to end.

    Args:
        listener: the socket, which other processes may serve too.
        settings: the settings.
        classifier: the model.
        is_whole_end: tells, as this process ends, whether all others on that socket do too.
    """
    app = create_app(settings, classifier)
    forgo_collecting()
    gate: Gate = app.state.gate
    config = _Config(
        app,
        lambda: gate.may_wait,
        # With h11, the strictest of the parsers that uvicorn knows, whatever else is installed.
        http=partial(GatedConnection, gate=gate),
        log_config=None,
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
        ws="none",
        # Nothing here depends on who asks, by their own account.
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    Worker(config, app, settings, is_whole_end).run(sockets=[listener])


def forgo_collecting() -> None:
    """Let the collector of cyclic garbage look no more at what there is: modules, the model, the app.

    Every now and then it would look through all of that, for longer than a short text takes, and find nothing.
    """
    gc.collect()
    gc.freeze()


class _Config(uvicorn.Config):
    """uvicorn's configuration, with an event loop that is patient while it is told to be, where the system has it."""

    def __init__(self, app: FastAPI, is_patient: Callable[[], bool], **others: Any) -> None:
        super().__init__(app, **others)
        self._is_patient = is_patient

    def get_loop_factory(self) -> Callable[[], asyncio.AbstractEventLoop] | None:
        """What makes the event loop."""
        return partial(PatientLoop, self._is_patient) if hasattr(select, "poll") else super().get_loop_factory()


class Worker(uvicorn.Server):
    """A uvicorn server that drains before it ends, closes stalled connections, and swaps its model on SIGHUP."""

    def __init__(
        self, config: uvicorn.Config, app: FastAPI, settings: Settings, is_whole_end: Callable[[], bool]
    ) -> None:
        super().__init__(config)
        self._is_whole_end = is_whole_end
        self._inference: Inference = app.state.inference
        self._guard: Guard = app.state.guard
        self._gate: Gate = app.state.gate
        self._settings = settings
        self._swap: asyncio.Task[None] | None = None
        self._swap_again = False
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, log what goes wrong in the loop, and listen to SIGHUP where there is such a signal."""
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(LoopFaults())
        if hasattr(signal, "SIGHUP"):
            self._loop.add_signal_handler(signal.SIGHUP, self._on_hangup)
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end: at once on Ctrl+C and on a second signal, else after the drain."""
        loop = self._loop
        if sig == signal.SIGTERM and loop is not None and not self._inference.draining and not self.should_exit:
            self._inference.draining = True
            if self._settings.drain_seconds > 0:
                # This runs between any two steps of the loop's thread.
                loop.call_soon_threadsafe(
                    loop.call_later, self._settings.drain_seconds, super().handle_exit, sig, frame
                )
                return
        self._inference.draining = True
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End; SIGTERM has then been obeyed, and is not raised once more for others to see."""
        await self._stop_listening(sockets or [])
        await super().shutdown(sockets)
        self._gate.log()
        self._captured_signals = [sig for sig in self._captured_signals if sig != signal.SIGTERM]

    async def _stop_listening(self, sockets: list[socket.socket]) -> None:
        """Take the connections that wait, then let none come: those left waiting would be reset, not refused."""
        if self._is_whole_end():
            await let_none_begin(sockets)
        waiting = take_waiting(sockets)
        for server in self.servers:
            server.close()
        loop = asyncio.get_running_loop()
        for connection in waiting:
            connection.setblocking(False)
            await loop.connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> Connection:
        return GatedConnection(
            gate=self._gate, config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second; once a second, look for clients that have stalled, and log what was refused."""
        self._gate.tell()
        if counter % 10 == 0:
            self._close_stalled()
            self._gate.log()
        return await super().on_tick(counter)

    def _close_stalled(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in list(self.server_state.connections):
            stalled = connection.stalled_seconds(now) if isinstance(connection, Connection) else 0.0
            if stalled > self._settings.read_timeout_seconds:
                connection.transport.abort()

    def _on_hangup(self) -> None:
        if self._swap is not None and not self._swap.done():
            # The folder may have changed after it was read.
            self._swap_again = True
            return
        self._swap = asyncio.get_running_loop().create_task(self._swap_model())

    async def _swap_model(self) -> None:
        again = True
        while again:
            self._swap_again = False
            try:
                self._guard.reload()
            except KeysError as error:
                _log.error("the API keys were not reread, and the old ones stay good: %s", error)
            try:
                classifier = await self._inference.load(self._settings.model_folder)
                _log.info("model %s is in service", classifier.info.digest)
            except ModelError as error:
                _log.error("the model was not swapped, and the old one stays in service: %s", error)
            again = self._swap_again
