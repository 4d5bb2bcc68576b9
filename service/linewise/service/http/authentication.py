"""API keys at the door: whoever asks without a good one, or too often with it, gets no further.

Pages, health and the OpenAPI document are for all; everything that labels, and the metrics, are for those with a key.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ..keys import KeyRecord, KeyRing, read_keys
from ..settings import Settings
from .problems import problem_response

GUARDED = ("/v1/", "/v2", "/metrics")
"""What the paths begin with that need a key."""
_OPEN = ("/v2/health/",)


def is_guarded(path: str) -> bool:
    """Whether a path needs a key."""
    return path.startswith(GUARDED) and not path.startswith(_OPEN)


class Guard:
    """The keys in force; ``ring`` is None where none is demanded.

    Raises:
        KeysError: keys are demanded, and their file can't be used.
    """

    def __init__(self, settings: Settings, records: Sequence[KeyRecord] | None = None) -> None:
        self._settings = settings
        # Requests spread over the workers, which know nothing of each other.
        self.share = 1 / settings.workers
        self.ring: KeyRing | None = None
        self.reload(records)

    def reload(self, records: Sequence[KeyRecord] | None = None) -> None:
        """Put these keys in force, or those that the file now has; raises KeysError, and the old ones stay."""
        if self._settings.demands_keys:
            assert self._settings.keys_file is not None
            records = records if records is not None else read_keys(self._settings.keys_file)
            self.ring = KeyRing(records, self._settings.requests_per_minute, time.monotonic)


class Authentication:
    """Middleware that answers 401 without a good key, and 429 to a key that asks too often."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        ring = self._guard.ring
        if scope["type"] != "http" or ring is None or not is_guarded(scope["path"]):
            await self._app(scope, receive, send)
            return
        scheme, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
        record = ring.find(key.strip()) if scheme.lower() == "bearer" else None
        if record is None:
            detail = "send a good API key, in the header Authorization: Bearer KEY"
            refusal = problem_response(401, detail, headers={"WWW-Authenticate": "Bearer"})
            await refusal(scope, receive, send)
            return
        if (wait_seconds := ring.spend(record, self._guard.share)) > 0:
            detail = "this API key has made as many requests as it may; Retry-After says when it may make another"
            refusal = problem_response(429, detail, headers={"Retry-After": str(math.ceil(wait_seconds))})
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)
