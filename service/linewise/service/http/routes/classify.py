"""``POST /v1/classify``: one text in, the labels of its lines out."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Response

from linewise.features.labels import LABEL_NAMES
from linewise.features.lines import split_lines
from linewise.models import Classifier, Prediction
from linewise.models.prediction import label_names

from ..dependencies import InferenceDependency, SettingsDependency
from ..json_body import json_bytes, parse_body
from ..openapi import request_body
from ..problems import ProblemError, documented
from ..schemas import CLASSIFY_ANSWER, LINE_ANSWERS, ClassifyAnswer, ClassifyRequest, LineAnswer

PROBABILITY_DECIMALS = 4
LINES_AT_A_TIME = 500

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
    responses=documented(400, 413, 415, 422, 500, 503),
    openapi_extra=request_body(ClassifyRequest, _EXAMPLES),
)
async def classify(
    body: Annotated[bytes, Depends(json_bytes)], inference: InferenceDependency, settings: SettingsDependency
) -> Response:
    """Labels each line of a text: what stands on it, what begins on it, what it is part of.

    The text may be in any state: a whole file, a hunk of a diff, a line, code that does not parse.
    """

    def answer(classifier: Classifier) -> bytes:
        return answer_classify(classifier, body, max_lines=settings.max_lines)

    return Response(await inference.run(answer), media_type="application/json")


def answer_classify(classifier: Classifier, body: bytes, *, max_lines: int) -> bytes:
    """From the bytes of a request to the bytes of its answer; raises ProblemError (400, 413, 422)."""
    request = parse_body(body, ClassifyRequest)
    text = request.text.encode("utf-8")
    n_lines = len(split_lines(text))
    if n_lines > max_lines:
        raise ProblemError(413, f"the text has {n_lines} lines; at most {max_lines} are taken")
    prediction = classifier.classify(
        text,
        language=request.language,
        filename=request.filename,
        context=request.context,
        mode=request.mode,
    )
    return _render(prediction, scores=request.scores)


def _render(prediction: Prediction, *, scores: bool) -> bytes:
    """The answer as JSON, its lines serialised some at a time.

    The serialiser lets no other thread run meanwhile, and health checks would wait for all 200,000 lines of a text.
    """
    answer: ClassifyAnswer = {
        "lines": [],
        "language": prediction.language,
        "language_score": round(prediction.language_score, PROBABILITY_DECIMALS),
        "model_digest": prediction.model_digest,
        "taxonomy_version": prediction.taxonomy_version,
    }
    if scores:
        answer["label_order"] = list(LABEL_NAMES)
    before, after = CLASSIFY_ANSWER.dump_json(answer).split(b"[]", 1)
    chunks = [
        LINE_ANSWERS.dump_json(_lines(prediction, begin, scores=scores))[1:-1]
        for begin in range(0, len(prediction), LINES_AT_A_TIME)
    ]
    return b"".join((before, b"[", b",".join(chunks), b"]", after))


def _lines(prediction: Prediction, begin: int, *, scores: bool) -> list[LineAnswer]:
    """The answers of the lines from index ``begin`` on, ``LINES_AT_A_TIME`` at most."""
    part = slice(begin, begin + LINES_AT_A_TIME)
    masks = zip(prediction.masks[part].tolist(), prediction.uncertain_masks[part].tolist(), strict=True)
    lines: list[LineAnswer] = [
        {"number": number, "labels": label_names(mask), "uncertain": label_names(uncertain)}
        for number, (mask, uncertain) in enumerate(masks, begin + 1)
    ]
    if scores:
        # In float64, since a rounded float32 would show its binary neighbours: 0.8724000215530396.
        rounded = np.round(prediction.probabilities[part].astype(np.float64), PROBABILITY_DECIMALS)
        for line, probabilities in zip(lines, rounded.tolist(), strict=True):
            line["probabilities"] = probabilities
    return lines
