"""Errors that nobody foresaw: a 500 and a log entry, both without anything of what the client sent."""

from __future__ import annotations

import logging

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from ..logs import describe_fault
from .begun import NotedSend
from .problems import problem_response

_log = logging.getLogger("linewise.http")


class Faults:
    """Middleware that answers 500 where the app raises, and logs where that came from."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; an error after the answer has begun is passed on, to break the connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        noted_send = NotedSend(send)
        try:
            await self._app(scope, receive, noted_send)
        except ClientDisconnect:
            # Nobody is left to be answered, and nothing is wrong here.
            return
        except Exception as error:
            if noted_send.begun:
                raise
            _log.error("a request failed with %s", describe_fault(error))
            response = problem_response(500, "the service failed on this request; its log says where")
            await response(scope, receive, send)
