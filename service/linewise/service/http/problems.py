"""Errors as problem documents (RFC 9457), the same shape for every status, which never hold any of the input.

What a client sends may be secret source code, and error bodies end in logs. So a problem names the *place* of
what is wrong (``body.text``) and the reason in words of our own; values and unknown field names stay out of
it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, get_args

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException

from ..schemas.problem import MEDIA_TYPE, FieldError, Problem


class ProblemError(Exception):
    """Ends a request with a problem document, into which nothing of the input may be put."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = headers


def problem_of(error: ProblemError) -> Problem:
    """The document that tells of an error."""
    title = HTTPStatus(error.status).phrase
    return Problem(title=title, status=error.status, detail=error.detail, errors=error.errors)


def field_problem(location: str, reason: str) -> ProblemError:
    """The 422 that names one place and its reason."""
    return ProblemError(422, "1 field is not as it should be", (FieldError(location=location, reason=reason),))


def fields_problem(details: Sequence[ErrorDetails], schema: type[BaseModel]) -> ProblemError:
    """The 422 for what pydantic found wrong with a body.

    Args:
        details: pydantic's errors. Their ``input`` and, of unknown fields, their names are the client's own
            text and are dropped.
        schema: what the body should have been.
    """
    errors = [
        FieldError(location=_place(detail["loc"]), reason=detail["msg"])
        for detail in details
        if detail["type"] != "extra_forbidden"
    ]
    unknown = Counter(detail["loc"][:-1] for detail in details if detail["type"] == "extra_forbidden")
    for parent, count in unknown.items():
        fields = "1 unknown field" if count == 1 else f"{count} unknown fields"
        known = ", ".join(_schema_at(schema, parent).model_fields)
        errors.append(FieldError(location=_place(parent), reason=f"{fields}; known are {known}"))
    wrong = f"{len(details)} fields are" if len(details) > 1 else "1 field is"
    return ProblemError(422, f"{wrong} not as it should be", errors)


def _place(path: Sequence[str | int]) -> str:
    return ".".join(("body", *map(str, path)))


def _schema_at(schema: type[BaseModel], path: Sequence[str | int]) -> type[BaseModel]:
    """The schema of what is at a place; what has unknown fields there is a model, or a list of them, or null."""
    for step in path:
        if isinstance(step, str):
            kinds: list[Any] = [schema.model_fields[step].annotation]
            while not (isinstance(kinds[0], type) and issubclass(kinds[0], BaseModel)):
                kinds[:1] = get_args(kinds[0])
            schema = kinds[0]
    return schema


def problem_response(
    status: int,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A response that holds a problem document."""
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=tuple(errors))
    content = problem.model_dump_json()
    return Response(content, status, dict(headers or {}), media_type=MEDIA_TYPE)


_DETAILS = {
    404: "there is nothing at this address; GET /openapi.json lists what there is",
    405: "this address does not answer that method; the Allow header names those it does",
}


async def _on_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return problem_response(error.status, error.detail, error.errors, error.headers)


async def _on_http_exception(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = _DETAILS.get(error.status_code, HTTPStatus(error.status_code).phrase)
    return problem_response(error.status_code, detail, headers=error.headers)


def install_problems(app: FastAPI) -> None:
    """Make every error that the app foresees a problem document; ``faults`` has those that it doesn't."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(HTTPException, _on_http_exception)


_DESCRIPTIONS = {
    400: "The body is not JSON in UTF-8",
    404: "There is no such model, or another version of it is in service",
    408: "The body came too slowly",
    413: "The body has too many bytes, or the text too many lines",
    415: "The body is not declared as `application/json`",
    422: "A field is missing, unknown, of the wrong type, or holds what it must not",
    429: "As many requests wait as may; `Retry-After` says when to ask again",
    500: "The service failed on this request",
    503: "No model is loaded (yet, or any more), or the request waited for as long as it may take",
    504: "The request took longer than it may",
}


def documented(*statuses: int, model: type[BaseModel] = Problem) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` argument of an operation that may answer with these problems, in that form."""
    return {status: {"model": model, "description": _DESCRIPTIONS[status]} for status in statuses}
