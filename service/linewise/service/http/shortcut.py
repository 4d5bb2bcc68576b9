"""A way past FastAPI's machinery for the operations that label, which costs more than to label a short text does.

For each request FastAPI looks through its routers, resolves dependencies and prepares what few operations use. Those
that label ask for none of it: they are given the request and return the response. Their routes are declared to FastAPI
as all others are, for the OpenAPI document and for other methods; what is asked of them is answered here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from fastapi import Request, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from .addresses import Addresses
from .problems import ProblemError, problem_response

_Endpoint = Callable[[Request], Awaitable[Response]]


class Shortcut:
    """Middleware that hands each request for one of some routes to that route's own function.

    The innermost one: what any other does is done to these requests too.

    Args:
        app: what answers all other requests.
        routes: routes of one method each, whose functions take the request and nothing else.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._addresses = Addresses(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        found = self._addresses.find(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        # Where the access log looks for what answered.
        scope["route"], scope["path_params"] = found
        endpoint: _Endpoint = found[0].endpoint
        try:
            response = await endpoint(Request(scope, receive))
        except ProblemError as error:
            response = problem_response(error.status, error.detail, error.errors, error.headers)
        await response(scope, receive, send)
