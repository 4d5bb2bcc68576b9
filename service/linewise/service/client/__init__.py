"""A client of the HTTP service, in two forms: ``Client`` waits, ``AsyncClient`` is awaited.

    from linewise.service.client import Client

    with Client("http://localhost:8000") as client:
        for line in client.classify("x += 1", language="python")["lines"]:
            print(line["number"], *line["labels"])

Answers are the dicts that the service sends, checked and typed (``linewise.service.schemas``); what a newer service
sends besides is left out. It needs the extra ``client``, and neither numpy nor anything of the server.
"""

try:
    import httpx2 as _httpx2  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("the client needs httpx2: pip install 'linewise[client]'", name="httpx2") from error

from .asynchronous import AsyncClient
from .calls import Text, TextOptions
from .errors import (
    AnswerTimeoutError,
    BusyError,
    ClientError,
    ConnectionFailedError,
    FaultError,
    KeyRefusedError,
    RequestRefusedError,
    ServiceError,
    UnexpectedAnswerError,
)
from .retries import Retries
from .synchronous import Client

__all__ = [
    "AnswerTimeoutError",
    "AsyncClient",
    "BusyError",
    "Client",
    "ClientError",
    "ConnectionFailedError",
    "FaultError",
    "KeyRefusedError",
    "RequestRefusedError",
    "Retries",
    "ServiceError",
    "Text",
    "TextOptions",
    "UnexpectedAnswerError",
]
