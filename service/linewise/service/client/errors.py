"""What can go wrong between a client and the service; ``ClientError`` is all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from ..schemas.problem import Problem


class ClientError(Exception):
    """A request that was not answered as it should be."""


class ConnectionFailedError(ClientError):
    """The service was not reached, or the connection broke."""


class AnswerTimeoutError(ClientError):
    """The service did not answer in the client's time."""


class UnexpectedAnswerError(ClientError):
    """What answered does not speak as the service does: a proxy perhaps, or another program."""


class ServiceError(ClientError):
    """The service refused a request, or failed on it.

    Attributes:
        problem: what it says of that (RFC 9457): status, detail, and the places that are wrong.
        request_id: what the request is called in the service's log.
        retry_after_seconds: when to ask again, where the service says that.
    """

    def __init__(self, problem: Problem, request_id: str | None, retry_after_seconds: float | None) -> None:
        places = "".join(f"; {error.location}: {error.reason}" for error in problem.errors)
        super().__init__(f"{problem.status} {problem.title}: {problem.detail}{places}")
        self.problem = problem
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds


class RequestRefusedError(ServiceError):
    """The request is wrong, and would be another time (400, 404, 413, 415, 422 and the like)."""


class KeyRefusedError(ServiceError):
    """An API key is demanded, and none that is good was sent (401)."""


class BusyError(ServiceError):
    """The service cannot answer now: too many requests, or no model (429, 503)."""


class FaultError(ServiceError):
    """The service failed on the request, or it took too long (500, 504)."""


def service_error(problem: Problem, request_id: str | None, retry_after_seconds: float | None) -> ServiceError:
    """The exception for a problem, of the kind that its status says."""
    kinds: dict[int, type[ServiceError]] = {401: KeyRefusedError, 429: BusyError, 503: BusyError}
    kind = kinds.get(problem.status, FaultError if problem.status >= 500 else RequestRefusedError)
    return kind(problem, request_id, retry_after_seconds)


@contextmanager
def transport_errors(timeout_seconds: float) -> Iterator[None]:
    """Raise what goes wrong on the way as ``ClientError``."""
    try:
        yield
    except httpx2.TimeoutException as error:
        kind = type(error).__name__
        raise AnswerTimeoutError(f"no answer within {timeout_seconds:g} seconds ({kind})") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise ConnectionFailedError(f"the connection failed: {error or type(error).__name__}") from error
