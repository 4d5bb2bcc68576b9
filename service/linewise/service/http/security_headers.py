"""Response headers that keep browsers from doing more with an answer than it is meant for."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
DOCS_POLICY = PAGE_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
"""The OpenAPI page sets styles on its elements as it draws them."""
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"

_POLICIES = {"/": PAGE_POLICY, "/docs": DOCS_POLICY}

_FOR_ALL = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_FOR_PAGES = {
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""What only says something of what a browser shows."""


def _headers(policy: str, *headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    together = {"Content-Security-Policy": policy} | {name: value for each in headers for name, value in each.items()}
    return [(name.lower().encode(), value.encode()) for name, value in together.items()]


_PAGES = {path: _headers(policy, _FOR_ALL, _FOR_PAGES) for path, policy in _POLICIES.items()}
_DATA = _headers(DATA_POLICY, _FOR_ALL)
_NO_CACHE = (b"cache-control", b"no-store")
OF_DATA = (*_DATA, _NO_CACHE)
"""What every answer has that is no page and says nothing else about its caching."""


class SecurityHeaders:
    """Middleware that adds these headers to every response, and keeps answers about texts out of caches."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = _PAGES.get(scope["path"], _DATA)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                # No route sets any of these but for the caching; so they are added without a look for each.
                headers = [*message["headers"], *added]
                if all(name != _NO_CACHE[0] for name, _ in headers):
                    headers.append(_NO_CACHE)
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, send_with_headers)
