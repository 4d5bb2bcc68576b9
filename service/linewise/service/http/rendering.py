"""Predictions as the JSON of answers, serialised some lines at a time."""

from __future__ import annotations

import base64
import json
from functools import lru_cache

import numpy as np
from pydantic_core import to_json

from linewise.features.labels import LABEL_NAMES
from linewise.models import Prediction
from linewise.models.prediction import label_names

from ..schemas.answers import CLASSIFY_ANSWER, ClassifyAnswer
from ..schemas.requests import ClassifyRequest

PROBABILITY_DECIMALS = 4
LINES_AT_A_TIME = 500


def render_prediction(prediction: Prediction, request: ClassifyRequest) -> bytes:
    """The answer to a request as JSON, its lines serialised some at a time.

    The serialiser lets no other thread run meanwhile, and health checks would wait for all 200,000 lines of a text.
    """
    begin = request.first_line - 1
    end = min(len(prediction), request.last_line or len(prediction))
    answer: ClassifyAnswer = {
        "lines": [],
        "language": prediction.language,
        "language_score": round(prediction.language_score, PROBABILITY_DECIMALS),
        "model_digest": prediction.model_digest,
        "taxonomy_version": prediction.taxonomy_version,
    }
    if request.scores:
        answer["label_order"] = list(LABEL_NAMES)
    if request.scores == "float16":
        answer["probabilities_float16"] = compact(prediction.probabilities[begin:end])
    before, after = CLASSIFY_ANSWER.dump_json(answer).split(b"[]", 1)
    parts = [
        _lines(prediction, part, min(part + LINES_AT_A_TIME, end), scores=request.scores is True)
        for part in range(begin, end, LINES_AT_A_TIME)
    ]
    return b"".join((before, b"[", ",".join(parts).encode("ascii"), b"]", after))


def compact(probabilities: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> str:
    """Probabilities of shape (n_lines, n_labels) as little-endian binary16 in Base64, off by at most 0.00025."""
    return base64.b64encode(probabilities.astype("<f2").tobytes()).decode("ascii")


def _lines(prediction: Prediction, begin: int, end: int, *, scores: bool) -> str:
    """The answers of the lines from index ``begin`` to before ``end``, as ``LineAnswer`` in JSON, joined by commas."""
    part = slice(begin, end)
    masks = zip(prediction.masks[part].tolist(), prediction.uncertain_masks[part].tolist(), strict=True)
    lines = [
        f'{{"number":{number},{_labels_json(mask, uncertain)}}}'
        for number, (mask, uncertain) in enumerate(masks, begin + 1)
    ]
    if scores:
        # In float64, since a rounded float32 would show its binary neighbours: 0.8724000215530396.
        rounded = np.round(prediction.probabilities[part].astype(np.float64), PROBABILITY_DECIMALS)
        rows = to_json(rounded.tolist())[2:-2].decode("ascii").split("],[")
        lines = [f'{line[:-1]},"probabilities":[{row}]}}' for line, row in zip(lines, rows, strict=True)]
    return ",".join(lines)


@lru_cache(maxsize=1 << 14)
def _labels_json(mask: int, uncertain: int) -> str:
    """The members ``labels`` and ``uncertain`` of a line: real code has some thousands of different ones."""
    return f'"labels":{_names_json(mask)},"uncertain":{_names_json(uncertain)}'


def _names_json(mask: int) -> str:
    """The names of the labels in a bit mask as JSON."""
    return json.dumps(label_names(mask), separators=(",", ":"))
