"""Errors as the protocol has them: every problem document on its way out of ``/v2`` becomes an ``error``."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...schemas.problem import MEDIA_TYPE, Problem
from .schemas import ProtocolError

PREFIX = "/v2"


def speaks_protocol(path: str) -> bool:
    """Whether a path belongs to the protocol."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


class ProtocolErrors:
    """Middleware around all that may answer with a problem."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or not speaks_protocol(scope["path"]):
            await self._app(scope, receive, send)
            return
        head: Message | None = None

        async def translating_send(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start" and _is_problem(message):
                # Its length is known once its body is there.
                head = message
                return
            if head is not None:
                # A problem is written at once, whatever else its response waits for.
                message = {**message, "body": _error(message["body"])}
                headers = MutableHeaders(scope=head)
                headers["Content-Type"] = "application/json"
                headers["Content-Length"] = str(len(message["body"]))
                await send(head)
                head = None
            await send(message)

        await self._app(scope, receive, translating_send)


def as_protocol_error(response: Response) -> Response:
    """A response that holds a problem document, as the protocol has it."""
    kept = {name: value for name, value in response.headers.items() if name not in ("content-type", "content-length")}
    return Response(_error(bytes(response.body)), response.status_code, kept, media_type="application/json")


def _is_problem(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type") == MEDIA_TYPE


def _error(body: bytes) -> bytes:
    problem = Problem.model_validate_json(body)
    places = "; ".join(f"{each.location}: {each.reason}" for each in problem.errors)
    error = f"{problem.detail}: {places}" if places else problem.detail
    return ProtocolError(error=error).model_dump_json().encode()
