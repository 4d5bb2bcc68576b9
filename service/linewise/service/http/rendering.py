"""Predictions as the JSON of answers, serialised some lines at a time."""

from __future__ import annotations

import numpy as np

from linewise.features.labels import LABEL_NAMES
from linewise.models import Prediction
from linewise.models.prediction import label_names

from .schemas import CLASSIFY_ANSWER, LINE_ANSWERS, ClassifyAnswer, LineAnswer

PROBABILITY_DECIMALS = 4
LINES_AT_A_TIME = 500


def render_prediction(prediction: Prediction, *, scores: bool) -> bytes:
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
