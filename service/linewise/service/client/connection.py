"""What both forms of the client are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from .calls import standing_headers
from .errors import transport_errors
from .retries import Retries

_ADDRESS = "http://127.0.0.1:8000"
_TIMEOUT_SECONDS = 60.0
_RETRIES = Retries()

Http = TypeVar("Http")
Transport = TypeVar("Transport")


class Connection(Generic[Http, Transport]):
    """The way to a service.

    Args:
        address: where the service is.
        api_key: the key, where it demands one.
        timeout_seconds: longest wait for a connection, and for any bytes to go or come.
        retries: how long to keep asking a service that is busy (429).
        transport: another way to the service than a connection to its address, for tests.
    """

    _open: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        address: str = _ADDRESS,
        *,
        api_key: str | None = None,
        timeout_seconds: float = _TIMEOUT_SECONDS,
        retries: Retries = _RETRIES,
        transport: Transport | None = None,
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._retries = retries
        with transport_errors(timeout_seconds):
            self._http: Http = self._open(
                base_url=address,
                headers=standing_headers(api_key),
                timeout=timeout_seconds,
                transport=transport,
            )
