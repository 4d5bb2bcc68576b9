"""Which of some operations a request asks for, found without the router, which takes longer than a short text does."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute


class Addresses:
    """Some routes by what is asked of them; those without parameters are found at once.

    Args:
        routes: routes whose parameters, if they have any, are taken as they stand in the path.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._plain: dict[tuple[str, str], APIRoute] = {}
        self._patterns: list[tuple[str, APIRoute]] = []
        for route in routes:
            assert isinstance(route, APIRoute)
            if route.param_convertors:
                self._patterns.append((route.path.partition("{")[0], route))
                continue
            for method in route.methods or ():
                self._plain[method, route.path] = route

    def find(self, method: str, path: str) -> tuple[APIRoute, dict[str, str]] | None:
        """The route that answers, and the values of its parameters."""
        route = self._plain.get((method, path))
        if route is not None:
            return route, {}
        for beginning, each in self._patterns:
            if path.startswith(beginning) and method in (each.methods or ()):
                matched = each.path_regex.match(path)
                if matched is not None:
                    return each, matched.groupdict()
        return None
