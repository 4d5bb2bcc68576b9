"""Refusing at once what there is no place for, at a fraction of what an answer costs.

Under overload most requests are refused, and the time that this takes is taken from those that could be answered. So
the refusal is made beforehand, with all headers that answers have, and sent before anything is read or checked.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from .inference import Inference
from .pool import full
from .problems import problem_response
from .security_headers import OF_DATA
from .shortcut import by_address


class Refusals:
    """Middleware that answers 429 to what is asked of some routes while the queue is full.

    To be added just inside of those that log and count. Those further inside never see these requests; where one gets
    past here and finds the queue full all the same, it gets the same answer.
    """

    def __init__(self, app: ASGIApp, inference: Inference, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._inference = inference
        self._routes = by_address(routes)
        problem = full()
        response = problem_response(problem.status, problem.detail, headers=problem.headers)
        self._body = bytes(response.body)
        self._status = problem.status
        self._headers = [*response.raw_headers, *OF_DATA]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        inference = self._inference
        if scope["type"] == "http" and inference.pool.is_full and not inference.draining:
            route = self._routes.get((scope["method"], scope["path"]))
            if route is not None:
                # Where the access log looks for what answered.
                scope["route"] = route
                await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
                await send({"type": "http.response.body", "body": self._body})
                return
        await self._app(scope, receive, send)
