"""Predictions as output tensors, in JSON or as binary data behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linewise.features.labels import N_LABELS
from linewise.models import ModelInfo, Prediction

from ..problems import field_problem
from ..rendering import PROBABILITY_DECIMALS
from .schemas import MODEL_NAME, DataType, InferRequest, OutputName, TensorAnswer

_VALUES_AT_A_TIME = 10_000
_ANY = -1


@dataclass(frozen=True, slots=True)
class Output:
    """One output that there is.

    Attributes:
        datatype: its elements' type, as the protocol names it.
        shape: its dimensions.
        values: its elements for some texts.
    """

    datatype: DataType
    shape: tuple[int, ...]
    values: Callable[[Sequence[Prediction]], NDArray[Any] | list[str]]


def _offsets(predictions: Sequence[Prediction]) -> NDArray[np.uint32]:
    return np.cumsum([0, *map(len, predictions)], dtype=np.uint32)


def _scores(predictions: Sequence[Prediction]) -> NDArray[np.float32]:
    return np.concatenate([prediction.probabilities for prediction in predictions])


OUTPUTS: dict[OutputName, Output] = {
    "labels": Output("UINT32", (_ANY,), lambda texts: np.concatenate([text.masks for text in texts])),
    "uncertain": Output("UINT32", (_ANY,), lambda texts: np.concatenate([text.uncertain_masks for text in texts])),
    "line_offsets": Output("UINT32", (_ANY,), _offsets),
    "language": Output("BYTES", (_ANY,), lambda texts: [text.language or "" for text in texts]),
    "language_score": Output(
        "FP32", (_ANY,), lambda texts: np.array([text.language_score for text in texts], dtype=np.float32)
    ),
    "scores": Output("FP32", (_ANY, N_LABELS), _scores),
    "scores_fp16": Output("FP16", (_ANY, N_LABELS), _scores),
}
"""All outputs, in the order in which they come where none is asked for by name."""
_ON_REQUEST = frozenset({"scores", "scores_fp16"})
_ARRAY_TYPES = {"UINT32": "<u4", "FP16": "<f2", "FP32": "<f4"}


def described() -> list[TensorAnswer]:
    """All outputs as the model's metadata names them."""
    return [
        {"name": name, "datatype": output.datatype, "shape": list(output.shape)} for name, output in OUTPUTS.items()
    ]


def asked_outputs(request: InferRequest) -> dict[OutputName, bool]:
    """The outputs that an answer is to have, in order, and whether each is to be binary; raises ProblemError (422)."""
    by_default = request.parameters.binary_data_output if request.parameters else False
    if not request.outputs:
        return {name: by_default for name in OUTPUTS if name not in _ON_REQUEST}
    asked: dict[OutputName, bool] = {}
    for index, output in enumerate(request.outputs):
        place = f"body.outputs.{index}"
        if output.name in asked:
            raise field_problem(place, "Is asked for twice")
        told = output.parameters.binary_data if output.parameters else None
        asked[output.name] = by_default if told is None else told
        if OUTPUTS[output.name].datatype == "FP16" and not asked[output.name]:
            raise field_problem(place, "FP16 has no form in JSON; set the parameter binary_data")
    return asked


def render_outputs(
    predictions: Sequence[Prediction], info: ModelInfo, identity: str | None, asked: dict[OutputName, bool]
) -> tuple[bytes, int | None]:
    """An answer's bytes, and how many of them are JSON where binary data follows.

    The JSON is made some values at a time: its serialiser lets no other thread run meanwhile.
    """
    outputs: list[bytes] = []
    binary: list[bytes] = []
    for name, is_binary in asked.items():
        output = OUTPUTS[name]
        values = output.values(predictions)
        shape = list(values.shape) if isinstance(values, np.ndarray) else [len(values)]
        head = {"name": name, "datatype": output.datatype, "shape": shape}
        if is_binary:
            binary.append(_binary(values, output.datatype))
            outputs.append(_json({**head, "parameters": {"binary_data_size": len(binary[-1])}}))
        else:
            outputs.append(b"".join((_json(head)[:-1], b',"data":[', b",".join(_json_parts(values)), b"]}")))
    named = {} if identity is None else {"id": identity}
    answer = {
        "model_name": MODEL_NAME,
        "model_version": info.digest,
        **named,
        "parameters": {"taxonomy_version": info.taxonomy_version},
    }
    document = b"".join((_json(answer)[:-1], b',"outputs":[', b",".join(outputs), b"]}"))
    return b"".join((document, *binary)), len(document) if binary else None


def _binary(values: NDArray[Any] | list[str], datatype: DataType) -> bytes:
    if isinstance(values, np.ndarray):
        return values.astype(_ARRAY_TYPES[datatype]).tobytes()
    encoded = [value.encode("utf-8") for value in values]
    return b"".join(chain.from_iterable((len(value).to_bytes(4, "little"), value) for value in encoded))


def _json_parts(values: NDArray[Any] | list[str]) -> Iterator[bytes]:
    """The elements, flat, in parts of JSON between which commas belong."""
    flat = values.reshape(-1) if isinstance(values, np.ndarray) else values
    for begin in range(0, len(flat), _VALUES_AT_A_TIME):
        part = flat[begin : begin + _VALUES_AT_A_TIME]
        if isinstance(part, np.ndarray):
            if part.dtype.kind == "f":
                # In float64, since a rounded float32 would show its binary neighbours.
                part = np.round(part.astype(np.float64), PROBABILITY_DECIMALS)
            part = part.tolist()
        yield _json(part)[1:-1]


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
