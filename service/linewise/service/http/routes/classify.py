"""``POST /v1/classify``, ``/batch``, ``/stream``: texts in, the labels of their lines out."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from ...schemas.answers import BatchAnswer, ClassifyAnswer
from ...schemas.requests import BatchRequest, ClassifyRequest, DocumentRequest
from ..dependencies import inference_of, settings_of
from ..json_body import check_content_type
from ..openapi import request_body
from ..problems import documented
from ..stream import NDJSON, ClassifyStream, NdjsonResponse
from ..works import BatchWork, ClassifyWork
from .labelling import labelled, labelling

router = APIRouter(prefix="/v1", tags=["classify"])

_LOOP = "for item in queue:\n    item.send()\n"
_EXAMPLES: dict[str, dict[str, Any]] = {
    "A file with its language": {"text": _LOOP, "language": "python", "context": "file"},
    "A fragment with its file name": {
        "text": " * still a comment\n */\nreturn total;\n",
        "filename": "src/sum.c",
        "context": "fragment",
    },
    "With the probabilities of all labels": {"text": _LOOP, "mode": "best-guess", "scores": True},
    "Only some lines, with compact probabilities": {"text": _LOOP, "first_line": 2, "scores": "float16"},
}
_BATCH_EXAMPLES: dict[str, dict[str, Any]] = {
    "Two texts": {
        "documents": [
            {"id": "queue.py", "text": _LOOP, "filename": "queue.py"},
            {"id": "sum.c", "text": "return total;\n", "language": "c", "context": "fragment"},
        ]
    }
}
_STREAM_EXAMPLES: dict[str, Any] = {"One record": {"id": "queue.py", "text": _LOOP, "filename": "queue.py"}}


@router.post(
    "/classify",
    operation_id="classify",
    summary="Label the lines of one text",
    **labelling(ClassifyRequest, ClassifyAnswer, _EXAMPLES),
)
async def classify(request: Request) -> Response:
    """Labels each line of a text: what stands on it, what begins on it, what it is part of.

    The text may be in any state: a whole file, a hunk of a diff, a line, code that does not parse.
    """
    return await labelled(request, ClassifyWork)


@router.post(
    "/classify/batch",
    operation_id="classify_batch",
    summary="Label the lines of many texts",
    **labelling(BatchRequest, BatchAnswer, _BATCH_EXAMPLES),
)
async def classify_batch(request: Request) -> Response:
    """Labels each line of each text; one that can't be labelled gets a problem, and its neighbours their labels.

    The limits of bytes and of lines hold for all texts together.
    """
    return await labelled(request, BatchWork)


@router.post(
    "/classify/stream",
    operation_id="classify_stream",
    summary="Label the lines of any number of texts, as a stream",
    response_class=NdjsonResponse,
    responses={
        200: {
            "description": "A line of JSON for each record, in order",
            "content": {NDJSON: {"schema": {"$ref": "#/components/schemas/DocumentAnswer"}}},
        },
        **documented(408, 415, 429, 500, 503, 504),
    },
    openapi_extra=request_body(DocumentRequest, _STREAM_EXAMPLES, NDJSON),
)
async def classify_stream(request: Request) -> ClassifyStream:
    """Labels one text for each line of the body, and answers each with one line, while the body still comes.

    All answers of a stream are by one model. A record that is too large ends the stream.
    """
    check_content_type(request, NDJSON)
    return ClassifyStream(inference_of(request), settings_of(request))
