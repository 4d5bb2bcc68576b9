"""The OpenAPI document, made from the routes and put right where the generator says what isn't so."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from ..schemas.problem import MEDIA_TYPE
from .authentication import is_guarded
from .oip.errors import speaks_protocol

_REQUEST_KEY = "x-request"
_REFERENCE = "#/components/schemas/{model}"
_HTTP_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_PROTOCOL_ERROR = {"$ref": "#/components/schemas/ProtocolError"}
_NO_KEY = "No good API key was sent"


def request_body(
    schema: type[BaseModel], examples: dict[str, Any], media_type: str = "application/json"
) -> dict[str, Any]:
    """The ``openapi_extra`` argument of an operation that reads its JSON body itself.

    Args:
        schema: what the body must be, or each record of it.
        examples: example bodies, by a title for each.
        media_type: how the body is to be declared.
    """
    described = schema.model_json_schema(ref_template=_REFERENCE)
    nested = described.pop("$defs", {})
    content = {
        "schema": {"$ref": _REFERENCE.format(model=schema.__name__)},
        "examples": {
            f"example-{number}": {"summary": title, "value": value}
            for number, (title, value) in enumerate(examples.items(), 1)
        },
    }
    return {
        "requestBody": {"required": True, "content": {media_type: content}},
        _REQUEST_KEY: {schema.__name__: described, **nested},
    }


def install_openapi(app: FastAPI, *, demands_keys: bool) -> None:
    """Let the app make its OpenAPI document by this module, once, when it is first asked for.

    Args:
        app: the app.
        demands_keys: whether an API key is needed where ``authentication`` guards.
    """

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, demands_keys=demands_keys)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents


def _document(app: FastAPI, *, demands_keys: bool) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version=app.openapi_version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
        license_info=app.license_info,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    if demands_keys:
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in _HTTP_METHODS:
                _drop_unused_errors(operation)
                _declare_problems(operation["responses"])
                _declare_streams(operation["responses"])
                _declare_request(operation, schemas)
                if demands_keys and is_guarded(path):
                    operation["security"] = [{"key": []}]
                    operation["responses"]["401"] = {"description": _NO_KEY, "content": _error_content(path)}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return document


def _error_content(path: str) -> dict[str, Any]:
    if speaks_protocol(path):
        return {"application/json": {"schema": _PROTOCOL_ERROR}}
    return {MEDIA_TYPE: {"schema": _PROBLEM}}


def _declare_problems(responses: dict[str, Any]) -> None:
    """Give problems the media type that they really have."""
    for response in responses.values():
        for content in list(response.get("content", {}).values()):
            if content.get("schema") == _PROBLEM:
                response["content"] = {MEDIA_TYPE: content}


def _drop_unused_errors(operation: dict[str, Any]) -> None:
    """Leave out the error that the generator declares wherever an address has a parameter: any name is valid there."""
    declared = operation["responses"].get("422", {}).get("content", {}).get("application/json", {})
    if declared.get("schema", {}).get("$ref", "").endswith("/HTTPValidationError"):
        del operation["responses"]["422"]


def _declare_streams(responses: dict[str, Any]) -> None:
    """Leave to a response that refers to its schema no type beside that."""
    for content in responses["200"].get("content", {}).values():
        if "$ref" in content["schema"]:
            content["schema"] = {"$ref": content["schema"]["$ref"]}


def _declare_request(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Move what ``request_body`` left with an operation to where its reference points."""
    schemas.update(operation.pop(_REQUEST_KEY, {}))
