"""Request bodies: JSON decoded strictly, checked against a schema, refused with a reason.

The JSON module of Python is generous: it takes UTF-16, ``NaN``, numbers that overflow to infinity and
duplicate keys, and it hands over lone surrogates that fail only when something encodes them. Here all of
these are refused (RFC 8259 and I-JSON, RFC 7493), so that what passes means the same to every reader.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from .problems import ProblemError, fields_problem

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LONGEST_INTEGER = 20
"""Digits of the longest integer taken: 64 bits need no more. Parsing takes quadratic time in the digits."""

Schema = TypeVar("Schema", bound=BaseModel)


class _JsonError(ValueError):
    """JSON by its grammar, but not taken here; the message holds nothing of the input."""


def _refuse_constant(_name: str) -> NoReturn:
    raise _JsonError("NaN and Infinity are no JSON")


def _parse_float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise _JsonError("a number is out of range")
    return value


def _parse_integer(digits: str) -> int:
    if len(digits) > _LONGEST_INTEGER:
        raise _JsonError("a number is out of range")
    return int(digits)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _JsonError("an object has the same key twice")
    return members


_decoder = json.JSONDecoder(
    parse_constant=_refuse_constant,
    parse_float=_parse_float,
    parse_int=_parse_integer,
    object_pairs_hook=_object,
)


def decode_json(body: bytes) -> Any:
    """The value of a JSON text; raises ProblemError (400) that says where it stops being JSON in UTF-8."""
    if not body:
        raise ProblemError(400, "the body is empty; it must be a JSON object")
    if body.startswith(_BYTE_ORDER_MARK):
        raise ProblemError(400, "the body begins with a byte-order mark, which JSON must not")
    try:
        return _decoder.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ProblemError(400, f"the body is not UTF-8: invalid byte at offset {error.start}") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ProblemError(400, f"the body is not JSON: it stops being so at {place}") from None
    except RecursionError:
        raise ProblemError(400, "the body is nested too deeply") from None
    except _JsonError as error:
        raise ProblemError(400, f"the body is not taken: {error}") from None


def parse_body(body: bytes, schema: type[Schema]) -> Schema:
    """The body as its schema has it; raises ProblemError (400 or 422)."""
    return parse_value(decode_json(body), schema)


def parse_value(value: Any, schema: type[Schema]) -> Schema:
    """A decoded value as its schema has it; raises ProblemError (422)."""
    if not isinstance(value, dict):
        raise ProblemError(422, "the body must be a JSON object")
    try:
        return schema.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        raise fields_problem(details, schema) from None


async def json_bytes(request: Request) -> bytes:
    """The bytes of a body that is declared as JSON; raises ProblemError (415) where it isn't.

    To insist on the declaration is also what keeps foreign web pages from posting here unasked: a browser
    sends ``application/json`` to another site only after that site agreed.
    """
    check_content_type(request, "application/json")
    return await body_bytes(request)


async def body_bytes(request: Request) -> bytes:
    """The bytes of a body; raises ClientDisconnect where the connection ends before it."""
    parts = []
    more_body = True
    while more_body:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        more_body = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def check_content_type(request: Request, expected: str, *others: str) -> None:
    """Raise ProblemError (415) unless the body is declared as such a media type, in UTF-8 and not compressed."""
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    if media_type.strip().lower() not in (expected, *others):
        raise ProblemError(415, f"send the body with the header Content-Type: {expected}")
    charset = parameters.replace(" ", "").replace('"', "").lower()
    if charset not in ("", "charset=utf-8"):
        raise ProblemError(415, "the body must be JSON in UTF-8")
    check_not_compressed(request)


def check_not_compressed(request: Request) -> None:
    """Raise ProblemError (415) if the body is compressed: a few bytes of it could become any number."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProblemError(415, "send the body without Content-Encoding")
