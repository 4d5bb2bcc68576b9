"""What the operations that label have in common: JSON in, some work on a thread, JSON out."""

from __future__ import annotations

from typing import Any, Protocol

from fastapi import Request, Response
from pydantic import BaseModel

from ..dependencies import inference_of, settings_of
from ..json_body import json_bytes
from ..openapi import request_body
from ..pool_thread import Work
from ..problems import documented


class WorkKind(Protocol):
    """A class of ``Work``."""

    def __call__(self, body: bytes, *, max_lines: int) -> Work:
        """The work that a body asks for, on texts of so many lines at most."""


def labelling(request: type[BaseModel], answer: Any, examples: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The arguments that declare such an operation, whose function calls ``labelled``.

    Args:
        request: what the body must be.
        answer: what the answer is.
        examples: example bodies, by a title for each.
    """
    return {
        "response_model": answer,
        "responses": documented(400, 408, 413, 415, 422, 429, 500, 503, 504),
        "openapi_extra": request_body(request, examples),
    }


async def labelled(request: Request, kind: WorkKind) -> Response:
    """The answer to a request by a kind of work; raises ProblemError."""
    work = kind(await json_bytes(request), max_lines=settings_of(request).max_lines)
    return Response(await inference_of(request).run(work), media_type="application/json")
