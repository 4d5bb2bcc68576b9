"""Refusing at once what there is no place for, at a fraction of what an answer costs.

Under overload most requests are refused, and the time that this takes is taken from those that could be answered. So
the refusals are made beforehand, with all headers that answers have, and sent before anything is read or checked.
``gate`` sends most of them before there is even a request in the sense of ASGI; what it does not judge comes here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from .addresses import Addresses
from .inference import Inference
from .oip.errors import as_protocol_error, speaks_protocol
from .pool import full
from .problems import problem_response
from .security_headers import OF_DATA


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that says that there is no place, but for what differs between any two answers.

    Attributes:
        status: its status.
        headers: its headers as ASGI has them.
        body: its body.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Refusals:
    """The operations whose requests may be refused before they are read, and how each is refused."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._addresses = Addresses(routes)
        self._problem = _refusal(in_protocol=False)
        self._protocol_error = _refusal(in_protocol=True)

    def find(self, method: str, path: str) -> tuple[APIRoute, Refusal] | None:
        """The route that is asked for, and its refusal; None for all others."""
        found = self._addresses.find(method, path)
        if found is None:
            return None
        return found[0], self._protocol_error if speaks_protocol(path) else self._problem


def _refusal(*, in_protocol: bool) -> Refusal:
    problem = full()
    response = problem_response(problem.status, problem.detail, headers=problem.headers)
    if in_protocol:
        response = as_protocol_error(response)
    return Refusal(problem.status, (*response.raw_headers, *OF_DATA), bytes(response.body))


class Refusing:
    """Middleware that answers 429 to what is asked of some routes while the queue is full.

    To be added just inside of those that log and count. Those further inside never see these requests; where one gets
    past here and finds the queue full all the same, it gets the same answer.
    """

    def __init__(self, app: ASGIApp, inference: Inference, refusals: Refusals) -> None:
        self._app = app
        self._inference = inference
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        inference = self._inference
        if scope["type"] == "http" and inference.pool.is_full and not inference.draining:
            found = self._refusals.find(scope["method"], scope["path"])
            if found is not None:
                # Where the access log looks for what answered.
                scope["route"], refusal = found
                head = {"type": "http.response.start", "status": refusal.status, "headers": list(refusal.headers)}
                await send(head)
                await send({"type": "http.response.body", "body": refusal.body})
                return
        await self._app(scope, receive, send)
