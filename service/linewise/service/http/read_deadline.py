"""A deadline for the arrival of request bodies, which the server itself has not.

A client that sends a byte every ten seconds would hold its connection, and what was read of its body, for hours.
Counted is only the time in which the app waits for bytes: while it works, or while it sends, nobody is late.
"""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .begun import NotedSend
from .problems import problem_response

BYTES_A_SECOND = 16 * 1024
"""A client that sends at least so fast is never late, however large its body is."""


class ReadTimeoutError(Exception):
    """Leaves the handler that waits for a body that doesn't come."""


class ReadDeadline:
    """Middleware that answers 408 where a body comes too slowly.

    The app may wait ``timeout_seconds`` in all for a body's bytes, and a second more for every 16 KiB that came.
    """

    def __init__(self, app: ASGIApp, timeout_seconds: float) -> None:
        self._app = app
        self._timeout_seconds = timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        left_seconds = self._timeout_seconds
        ended = False

        async def timed_receive() -> Message:
            nonlocal left_seconds, ended
            if ended:
                # What comes now is the end of the connection, for which one may wait.
                return await receive()
            began = loop.time()
            try:
                async with asyncio.timeout(max(0.0, left_seconds)):
                    message = await receive()
            except TimeoutError:
                raise ReadTimeoutError from None
            left_seconds -= loop.time() - began
            left_seconds += len(message.get("body", b"")) / BYTES_A_SECOND
            ended = not message.get("more_body", False)
            return message

        noted_send = NotedSend(send)
        try:
            await self._app(scope, timed_receive, noted_send)
        except ReadTimeoutError:
            if noted_send.begun:
                raise
            detail = f"the body came too slowly: {self._timeout_seconds:g} seconds were spent waiting for it"
            response = problem_response(408, detail, headers={"Connection": "close"})
            await response(scope, receive, send)
