"""A limit on the bytes of request bodies, kept while they come in.

A declared length is refused before a byte of the body is read; a body without one (chunked) is counted as it
arrives. So no request holds more than the limit in memory, and none of it reaches a handler once it is over.

A request that declares both is refused: two programs that read it differently would see different requests in it
(RFC 9112, 6.1).
"""

from __future__ import annotations

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .begun import NotedSend
from .problems import ProblemError, problem_response

_DRAIN_SECONDS = 2.0


class _BodyTooLargeError(Exception):
    """Leaves the handler that reads a body when its limit is passed."""


class BodyLimit:
    """Middleware that answers 413 to every request whose body is over ``max_bytes``, but for streams.

    ``streams`` are the paths of operations that never hold more than a part of their body.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, streams: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _is_ambiguous(scope):
            problem = ProblemError(400, "the request has both a Content-Length and a Transfer-Encoding")
            await self._refuse(problem, scope, receive, send, ended=False)
            return
        if scope.get("path") in self._streams:
            await self._app(scope, receive, send)
            return
        if declared_length(scope) > self._max_bytes:
            await self._refuse(self._too_large(), scope, receive, send, ended=False)
            return
        received = 0
        ended = False

        async def counted_receive() -> Message:
            nonlocal received, ended
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                ended = not message.get("more_body", False)
                if received > self._max_bytes:
                    raise _BodyTooLargeError
            return message

        noted_send = NotedSend(send)
        try:
            await self._app(scope, counted_receive, noted_send)
        except _BodyTooLargeError:
            if noted_send.begun:
                raise
            await self._refuse(self._too_large(), scope, receive, send, ended=ended)

    def _too_large(self) -> ProblemError:
        return ProblemError(413, f"the body is larger than the {self._max_bytes} bytes that are taken")

    async def _refuse(self, problem: ProblemError, scope: Scope, receive: Receive, send: Send, *, ended: bool) -> None:
        """Answer that there is a problem, then take in some of what the client still sends.

        A connection that is closed with unread bytes is reset, and the reset can overtake the answer. So
        the answer goes out whole but unfinished, and the rest of the body is read and dropped, within
        bounds.
        """
        response = problem_response(problem.status, problem.detail, headers={"Connection": "close"})

        async def send_unfinished(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "more_body": True}
            await send(message)

        await response(scope, receive, send_unfinished)
        with anyio.move_on_after(_DRAIN_SECONDS):
            dropped = 0
            while not ended and dropped <= self._max_bytes:
                message = await receive()
                ended = not message.get("more_body", False)
                dropped += len(message.get("body", b""))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def declared_length(scope: Scope) -> int:
    """The body's length as declared; 0 where it is not (the server refuses malformed declarations)."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            # Beyond 18 digits there is nothing to tell apart, and int() of thousands of them is slow.
            return int(value[:18])
    return 0


def _is_ambiguous(scope: Scope) -> bool:
    names = [name for name, _ in scope["headers"]]
    return b"content-length" in names and b"transfer-encoding" in names
