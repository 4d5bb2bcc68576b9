"""An id for each request, in its answer and in every log line about it.

A client may give one in the header ``X-Request-ID``, as proxies do; it is taken if it has the form of an id, so
that nothing else gets into the log by it.
"""

from __future__ import annotations

import re
from random import getrandbits

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..logs import request_id

HEADER = "X-Request-ID"
HEADER_NAME = HEADER.lower().encode()
_FORM = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def identity_of(given: bytes) -> bytes:
    """A request's id: the one that it came with, if that has the form of an id, or else a new one."""
    return given if given and _FORM.fullmatch(given) else b"%032x" % getrandbits(128)


class RequestId:
    """Middleware that gives each request its id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identity = identity_of(next((value for name, value in scope["headers"] if name == HEADER_NAME), b""))
        header = (HEADER_NAME, identity)
        token = request_id.set(identity.decode("ascii"))

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], header]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            request_id.reset(token)
