"""One log line and one count for each request: method, route, status, time; never an address as it was sent.

A path or a query can hold source text (``GET /v1/classify?text=…`` is the first thing that people try), so
the log names the route that answered, and ``-`` where none did.
"""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .metrics import Metrics

_log = logging.getLogger("linewise.access")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class AccessLog:
    """Middleware that logs and counts each request once it is answered."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def noted_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._metrics.begin_request()
        started = time.perf_counter()
        try:
            await self._app(scope, receive, noted_send)
        finally:
            seconds = time.perf_counter() - started
            method = scope["method"] if scope["method"] in _METHODS else "-"
            route = getattr(scope.get("route"), "path", "-")
            self._metrics.end_request(route, method, status, seconds)
            if _log.isEnabledFor(logging.INFO):
                milliseconds = round(seconds * 1000, 1)
                _log.info(
                    "%s %s %s %.1f ms",
                    method,
                    route,
                    status or "-",
                    milliseconds,
                    extra={"method": method, "route": route, "status": status, "milliseconds": milliseconds},
                )
