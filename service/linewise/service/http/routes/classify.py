"""``POST /v1/classify``: one text in, the labels of its lines out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from linewise.features.lines import split_lines
from linewise.models import Document, ModelInfo, Prediction

from ..dependencies import InferenceDependency, SettingsDependency
from ..json_body import json_bytes, parse_body
from ..openapi import request_body
from ..problems import ProblemError, documented
from ..rendering import render_prediction
from ..schemas import ClassifyAnswer, ClassifyRequest

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
}


@router.post(
    "/classify",
    operation_id="classify",
    summary="Label the lines of one text",
    response_model=ClassifyAnswer,
    responses=documented(400, 408, 413, 415, 422, 429, 500, 503, 504),
    openapi_extra=request_body(ClassifyRequest, _EXAMPLES),
)
async def classify(
    body: Annotated[bytes, Depends(json_bytes)], inference: InferenceDependency, settings: SettingsDependency
) -> Response:
    """Labels each line of a text: what stands on it, what begins on it, what it is part of.

    The text may be in any state: a whole file, a hunk of a diff, a line, code that does not parse.
    """
    work = ClassifyWork(body, max_lines=settings.max_lines)
    return Response(await inference.run(work), media_type="application/json")


class ClassifyWork:
    """From the bytes of a request to the bytes of its answer; raises ProblemError (400, 413, 422)."""

    def __init__(self, body: bytes, *, max_lines: int) -> None:
        self.size = len(body)
        self._body = body
        self._max_lines = max_lines
        self._scores = False

    def documents(self) -> Sequence[Document]:
        """The one text, with its options."""
        request = parse_body(self._body, ClassifyRequest)
        self._scores = request.scores
        return (document_of(request, self._max_lines),)

    def answer(self, _info: ModelInfo, predictions: Sequence[Prediction]) -> bytes:
        """The text's labels as JSON."""
        return render_prediction(predictions[0], scores=self._scores)


def document_of(request: ClassifyRequest, max_lines: int) -> Document:
    """What a request asks to label; raises ProblemError (413) where it has too many lines."""
    text = request.text.encode("utf-8")
    n_lines = len(split_lines(text))
    if n_lines > max_lines:
        raise ProblemError(413, f"the text has {n_lines} lines; at most {max_lines} are taken")
    return Document(text, request.language, request.filename, request.context, request.mode)
