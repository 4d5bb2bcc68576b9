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
_MOST_KEPT = 1 << 14
_UPPER_HALF = np.uint64(32)


def render_prediction(prediction: Prediction, request: ClassifyRequest) -> bytes:
    """The answer to a request as JSON, its lines serialised some at a time.

    Whoever serialises lets no other thread run meanwhile, and health checks would wait for all 200,000 lines of a text.
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
    if begin >= end:
        return b"%b[]%b" % (before, after)
    # Parts end where those end whose beginnings are kept.
    ends = [*range((begin // LINES_AT_A_TIME + 1) * LINES_AT_A_TIME, end, LINES_AT_A_TIME), end]
    parts = [
        _lines(prediction, first, last, scores=request.scores is True)
        for first, last in zip((begin, *ends), ends, strict=False)
    ]
    # Each line ends the one before: the first one has none to end, and nothing ends the last.
    parts[0] = parts[0].removeprefix(_END)
    return b"".join((before, b"[", *parts, b"}]", after))


def compact(probabilities: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> str:
    """Probabilities of shape (n_lines, n_labels) as little-endian binary16 in Base64, off by at most 0.00025."""
    return base64.b64encode(probabilities.astype("<f2").tobytes()).decode("ascii")


def _lines(prediction: Prediction, begin: int, end: int, *, scores: bool) -> bytes:
    """Lines from index ``begin`` to before ``end``, of one part: ``LineAnswer`` in JSON, each begun by `_END`."""
    part = slice(begin, end)
    part_number, first = divmod(begin, LINES_AT_A_TIME)
    masks = prediction.uncertain_masks[part].astype(np.uint64) << _UPPER_HALF | prediction.masks[part]
    columns = 3 if scores else 2
    pieces = [b""] * (columns * (end - begin))
    pieces[::columns] = _beginnings(part_number)[first : first + end - begin]
    pieces[1::columns] = map(_members.__getitem__, masks.tolist())
    if scores:
        # In float64, since a rounded float32 would show its binary neighbours: 0.8724000215530396.
        rounded = np.round(prediction.probabilities[part].astype(np.float64), PROBABILITY_DECIMALS)
        rows = to_json(rounded.tolist())[2:-2].split(b"],[")
        pieces[2::columns] = [b',"probabilities":[%b]' % row for row in rows]
    return b"".join(pieces)


_END = b"},"


@lru_cache(maxsize=32)
def _beginnings(part_number: int) -> list[bytes]:
    """What the lines of one part begin with: the end of the line before, and their number."""
    first = part_number * LINES_AT_A_TIME + 1
    return [b'%b{"number":%d,' % (_END, number) for number in range(first, first + LINES_AT_A_TIME)]


class _Members(dict[int, bytes]):
    """The members ``labels`` and ``uncertain`` of a line, by its masks; that of the uncertain ones in the upper half.

    Real code has some thousands of different ones. They are looked up by the dictionary itself, without a call.
    """

    def __missing__(self, masks: int) -> bytes:
        if len(self) >= _MOST_KEPT:
            self.clear()
        made = f'"labels":{_names_json(masks & 0xFFFFFFFF)},"uncertain":{_names_json(masks >> 32)}'.encode("ascii")
        self[masks] = made
        return made


_members = _Members()


def _names_json(mask: int) -> str:
    """The names of the labels in a bit mask as JSON."""
    return json.dumps(label_names(mask), separators=(",", ":"))
