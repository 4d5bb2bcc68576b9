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
_NAME = HEADER.lower().encode()
_FORM = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestId:
    """Middleware that gives each request its id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == _NAME), "")
        identity = given if _FORM.fullmatch(given) else f"{getrandbits(128):032x}"
        header = (_NAME, identity.encode())
        token = request_id.set(identity)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], header]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            request_id.reset(token)
