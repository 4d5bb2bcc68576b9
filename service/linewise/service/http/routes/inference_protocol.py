"""``/v2``: the Open Inference Protocol."""

from __future__ import annotations

import re
from importlib.metadata import version as version_of
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from linewise.models import Classifier

from ..dependencies import ClassifierDependency, ReadyClassifierDependency, inference_of, settings_of
from ..json_body import body_bytes, check_content_type, check_not_compressed
from ..oip import outputs
from ..oip.errors import PREFIX
from ..oip.inputs import TensorBody
from ..oip.schemas import (
    BINARY_EXTENSION,
    LENGTH_HEADER,
    MODEL_NAME,
    InferAnswer,
    InferRequest,
    ModelMetadataAnswer,
    ModelReadyAnswer,
    ProtocolError,
    ServerAnswer,
    ServerLiveAnswer,
    ServerReadyAnswer,
    TextOptions,
)
from ..oip.work import InferWork
from ..openapi import request_body
from ..problems import ProblemError, documented

router = APIRouter(prefix=PREFIX, tags=["inference protocol"])

_BINARY = "application/octet-stream"
_LENGTH = re.compile(r"[0-9]{1,18}")

_LOOP = "for item in queue:\n    item.send()\n"
_EXAMPLES: dict[str, dict[str, Any]] = {
    "A text with its language": {
        "inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [_LOOP]}],
        "parameters": {"language": "python", "context": "file"},
    },
    "Two texts with their file names, and the scores of their lines": {
        "id": "42",
        "inputs": [
            {"name": "text", "datatype": "BYTES", "shape": [2], "data": [_LOOP, "return total;\n"]},
            {"name": "filename", "datatype": "BYTES", "shape": [2], "data": ["queue.py", "sum.c"]},
        ],
        "outputs": [{"name": "labels"}, {"name": "line_offsets"}, {"name": "scores"}],
    },
}
_BINARY_FORM = {"schema": {"type": "string", "format": "binary"}}
_LENGTH_PARAMETER = {
    "name": LENGTH_HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "integer", "minimum": 0},
    "description": "How many bytes of the body are JSON, where binary data of inputs follows it.",
}
_INFER_BODY = request_body(InferRequest, _EXAMPLES)
_INFER_BODY["requestBody"]["content"][_BINARY] = _BINARY_FORM
_INFER_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {_BINARY: _BINARY_FORM},
        "headers": {
            LENGTH_HEADER: {
                "description": "How many bytes of the answer are JSON, where binary data of outputs follows it.",
                "schema": {"type": "integer"},
            }
        },
    },
    **documented(400, 404, 408, 413, 415, 422, 429, 500, 503, 504, model=ProtocolError),
}
_NAMED = documented(404, 503, model=ProtocolError)

_NAME_DESCRIPTION = "The model's name, of which there is one."
_NAME_SCHEMA = {"enum": [MODEL_NAME]}
_NAME_PARAMETER = {
    "name": "name",
    "in": "path",
    "required": True,
    "schema": {"type": "string", **_NAME_SCHEMA},
    "description": _NAME_DESCRIPTION,
}
_VERSION_PARAMETER = {
    "name": "version",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "description": "The digest of a model; 404 where another one is in service.",
}
_OF_VERSION: dict[str, Any] = {"parameters": [_VERSION_PARAMETER]}
_MODEL: dict[str, Any] = {
    "summary": "The model, its inputs and its outputs",
    "response_model": ModelMetadataAnswer,
    "responses": _NAMED,
}
_MODEL_READY: dict[str, Any] = {
    "summary": "Whether the model answers",
    "response_model": ModelReadyAnswer,
    "responses": _NAMED,
}
_INFER: dict[str, Any] = {
    "summary": "Label the lines of texts",
    "response_model": InferAnswer,
    "responses": _INFER_RESPONSES,
}

ModelName = Annotated[str, Path(description=_NAME_DESCRIPTION, json_schema_extra={**_NAME_SCHEMA})]


def _check_named(request: Request, classifier: Classifier) -> None:
    """Raise ProblemError (404) unless the address names this model, and its version if it names one."""
    if request.path_params["name"] != MODEL_NAME:
        raise ProblemError(404, f"there is no model of this name; the one that there is is called {MODEL_NAME}")
    if request.path_params.get("version", classifier.info.digest) != classifier.info.digest:
        raise ProblemError(404, f"this version is not in service; GET {PREFIX}/models/{MODEL_NAME} tells which is")


async def _named(classifier: ClassifierDependency, request: Request, name: ModelName) -> Classifier:
    del name
    _check_named(request, classifier)
    return classifier


NamedDependency = Annotated[Classifier, Depends(_named)]


async def _tensor_body(request: Request) -> TensorBody:
    """The body, and how much of it is JSON; raises ProblemError (400, 415)."""
    lengths = request.headers.getlist(LENGTH_HEADER)
    if lengths and not (len(lengths) == 1 and _LENGTH.fullmatch(lengths[0])):
        raise ProblemError(400, f"the header {LENGTH_HEADER} must be one number of bytes")
    check_not_compressed(request)
    if "content-type" in request.headers:
        check_content_type(request, "application/json", _BINARY)
    elif not lengths and "origin" in request.headers:
        # Clients of the protocol declare nothing. A foreign web page could do so too, but is named by its browser.
        raise ProblemError(415, "send the body with the header Content-Type: application/json")
    return TensorBody(await body_bytes(request), int(lengths[0]) if lengths else None)


@router.get("", operation_id="oip_server", summary="The server", response_model=ServerAnswer)
async def server() -> ServerAnswer:
    """The server's name and version, and which extensions of the protocol it knows."""
    return {"name": MODEL_NAME, "version": version_of("linewise"), "extensions": [BINARY_EXTENSION]}


@router.get(
    "/health/live", operation_id="oip_live", summary="Whether the process answers", response_model=ServerLiveAnswer
)
async def live() -> ServerLiveAnswer:
    """Always 200."""
    return {"live": True}


@router.get(
    "/health/ready",
    operation_id="oip_ready",
    summary="Whether a model is loaded and answers",
    response_model=ServerReadyAnswer,
    responses=documented(503, model=ProtocolError),
)
async def ready(_classifier: ReadyClassifierDependency) -> ServerReadyAnswer:
    """As `/health/ready`."""
    return {"ready": True}


@router.get("/models/{name}", operation_id="oip_model", **_MODEL)
@router.get("/models/{name}/versions/{version}", operation_id="oip_model_version", openapi_extra=_OF_VERSION, **_MODEL)
async def model(classifier: NamedDependency) -> ModelMetadataAnswer:
    """The model's version, which is its digest, and its tensors."""
    return {
        "name": MODEL_NAME,
        "versions": [classifier.info.digest],
        "platform": MODEL_NAME,
        "inputs": [{"name": name, "datatype": "BYTES", "shape": [-1]} for name in ("text", *TextOptions.model_fields)],
        "outputs": outputs.described(),
    }


@router.get("/models/{name}/ready", operation_id="oip_model_ready", **_MODEL_READY)
@router.get(
    "/models/{name}/versions/{version}/ready",
    operation_id="oip_model_version_ready",
    openapi_extra=_OF_VERSION,
    **_MODEL_READY,
)
async def model_ready(_ready: ReadyClassifierDependency, _classifier: NamedDependency) -> ModelReadyAnswer:
    """As `/health/ready`."""
    return {"name": MODEL_NAME, "ready": True}


async def infer(request: Request) -> Response:
    """Labels each line of each text: bit k of an element of `labels` stands for the k-th label of `/v1/labels`.

    The lines of text i are those from `line_offsets[i]` to before `line_offsets[i + 1]`. The limits of bytes and of
    lines hold for all texts together.
    """
    inference = inference_of(request)
    classifier = inference.classifier
    _check_named(request, classifier)
    work = InferWork(await _tensor_body(request), max_lines=settings_of(request).max_lines)
    answer = await inference.run(work, classifier)
    if work.json_length is None:
        return Response(answer, media_type="application/json")
    return Response(answer, media_type=_BINARY, headers={LENGTH_HEADER: str(work.json_length)})


labelling = APIRouter(prefix=PREFIX, tags=["inference protocol"])
"""The operations that label, whose function is given the request and nothing else."""
labelling.add_api_route(
    "/models/{name}/infer",
    infer,
    methods=["POST"],
    operation_id="oip_infer",
    openapi_extra={**_INFER_BODY, "parameters": [_NAME_PARAMETER, _LENGTH_PARAMETER]},
    **_INFER,
)
labelling.add_api_route(
    "/models/{name}/versions/{version}/infer",
    infer,
    methods=["POST"],
    operation_id="oip_infer_version",
    openapi_extra={**_INFER_BODY, "parameters": [_NAME_PARAMETER, _VERSION_PARAMETER, _LENGTH_PARAMETER]},
    **_INFER,
)
