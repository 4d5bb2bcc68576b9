"""Requests read: the JSON, what lies behind it, and the elements of each input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from pydantic import ValidationError

from ..json_body import parse_body
from ..problems import ProblemError, field_problem
from .schemas import InferRequest, RequestInput, TextOptions

_OPTION_NAMES = tuple(TextOptions.model_fields)
_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class TensorBody:
    """A request's body as it came.

    Attributes:
        content: all of it.
        json_length: how many of its bytes are JSON, where binary data may follow; None where all are.
    """

    content: bytes
    json_length: int | None


@dataclass(frozen=True, slots=True)
class Inputs:
    """A request that could be read: texts, and what is known of each of them."""

    request: InferRequest
    texts: Sequence[bytes]
    options: Sequence[TextOptions]


def read_inputs(body: TensorBody) -> Inputs:
    """The texts of a request, with their options; raises ProblemError (400, 422)."""
    if body.json_length is None:
        request, binary = parse_body(body.content, InferRequest), memoryview(b"")
    else:
        if body.json_length > len(body.content):
            raise ProblemError(400, "the body is shorter than its JSON is said to be")
        request = parse_body(body.content[: body.json_length], InferRequest)
        binary = memoryview(body.content)[body.json_length :]
    elements = _elements(request.inputs, binary)
    if "text" not in elements:
        raise field_problem("body.inputs", "There is no input of the name text")
    texts = elements.pop("text")
    return Inputs(request, texts, list(_options(request, elements, len(texts))))


def _elements(inputs: Sequence[RequestInput], binary: memoryview) -> dict[str, list[bytes]]:
    """The elements of each input, by its name."""
    elements: dict[str, list[bytes]] = {}
    position = 0
    for index, tensor in enumerate(inputs):
        place = f"body.inputs.{index}"
        if tensor.name in elements:
            raise field_problem(place, f"There are two inputs of the name {tensor.name}")
        count = prod(tensor.shape)
        if len(tensor.shape) == 2 and tensor.shape[1] != 1:
            raise field_problem(f"{place}.shape", "Should be [n] or [n, 1]")
        size = tensor.parameters.binary_data_size if tensor.parameters else None
        if (size is None) == (tensor.data is None):
            raise field_problem(place, "Should have either data or the parameter binary_data_size")
        if size is not None:
            if size > len(binary) - position:
                raise ProblemError(400, "the body ends before the binary data of its inputs does")
            elements[tensor.name] = _from_binary(binary[position : position + size], count, place)
            position += size
        elif tensor.data is not None:
            elements[tensor.name] = _from_json(tensor.data, tensor.shape, place)
    if position < len(binary):
        raise ProblemError(400, "the body goes on behind the binary data of its inputs")
    return elements


def _from_binary(data: memoryview, count: int, place: str) -> list[bytes]:
    """Elements that each stand behind their length: four bytes, little-endian."""
    elements: list[bytes] = []
    position = 0
    while position < len(data) and len(elements) < count:
        begin = position + _LENGTH_BYTES
        position = begin + int.from_bytes(data[position:begin], "little")
        if position > len(data):
            raise field_problem(place, "The binary data ends amid an element")
        elements.append(bytes(data[begin:position]))
    if position < len(data) or len(elements) != count:
        raise field_problem(place, "The binary data has not as many elements as the shape says")
    return elements


def _from_json(data: Sequence[Any], shape: Sequence[int], place: str) -> list[bytes]:
    """Elements that are strings in a list, or in as many lists as the shape says."""
    is_nested = len(shape) == 2 and all(isinstance(each, list) and len(each) == 1 for each in data)
    flat = [element for each in data for element in each] if is_nested else data
    if len(data) != shape[0] or len(flat) != prod(shape):
        raise field_problem(f"{place}.data", "Has not as many elements as the shape says")
    elements = []
    for element in flat:
        if not isinstance(element, str):
            raise field_problem(f"{place}.data", "The elements should be strings")
        try:
            elements.append(element.encode("utf-8"))
        except UnicodeEncodeError:
            raise field_problem(f"{place}.data", "Holds a lone surrogate, which is no character") from None
    return elements


def _options(request: InferRequest, elements: dict[str, list[bytes]], n_texts: int) -> Iterator[TextOptions]:
    """What is known of each text; an empty element says nothing."""
    told = request.parameters
    common: dict[str, str] = {}
    for name in _OPTION_NAMES:
        if told is not None and name in told.model_fields_set:
            if name in elements:
                raise field_problem(f"body.parameters.{name}", "Is an input too")
            common[name] = getattr(told, name)
    for name, values in elements.items():
        if len(values) not in (1, n_texts):
            raise field_problem("body.inputs", f"{name} should have one element, or one for each text")
    # Most texts share what is known of them.
    read: dict[tuple[bytes, ...], TextOptions] = {}
    for index in range(n_texts):
        own = tuple(values[index if len(values) > 1 else 0] for values in elements.values())
        if own not in read:
            read[own] = _read_options(common, dict(zip(elements, own, strict=True)))
        yield read[own]


def _read_options(common: dict[str, str], own: dict[str, bytes]) -> TextOptions:
    given: dict[str, str] = dict(common)
    for name, value in own.items():
        try:
            if value:
                given[name] = value.decode("utf-8")
        except UnicodeDecodeError:
            raise field_problem(f"body.inputs.{name}", "Is not UTF-8") from None
    try:
        return TextOptions.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise field_problem(".".join(("body.inputs", *map(str, first["loc"]))), first["msg"]) from None
