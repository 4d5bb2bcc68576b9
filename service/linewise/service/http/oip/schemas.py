"""What goes in and out of ``/v2``, as the protocol names it and as it stands in the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, with_config
from pydantic.config import JsonDict
from typing_extensions import TypedDict

from ...schemas.fields import (
    CLOSED,
    CLOSED_REQUEST,
    MOST_DOCUMENTS,
    ContextOption,
    FileName,
    Language,
    ModeOption,
    Text,
)

MODEL_NAME = "linewise"
BINARY_EXTENSION = "binary_tensor_data"
LENGTH_HEADER = "Inference-Header-Content-Length"

InputName = Literal["text", "language", "filename", "context", "mode"]
OutputName = Literal["labels", "uncertain", "line_offsets", "language", "language_score", "scores", "scores_fp16"]
DataType = Literal["BYTES", "UINT32", "FP16", "FP32"]
_LARGEST_SIZE = 2**63 - 1

_ANSWER_EXAMPLE: JsonDict = {
    "model_name": MODEL_NAME,
    "model_version": "0" * 64,
    "id": "42",
    "parameters": {"taxonomy_version": "1.0"},
    "outputs": [
        {"name": "labels", "datatype": "UINT32", "shape": [2], "data": [16793602, 17301506]},
        {"name": "line_offsets", "datatype": "UINT32", "shape": [2], "data": [0, 2]},
    ],
}


class TextOptions(BaseModel):
    """What is known of a text."""

    model_config = CLOSED_REQUEST

    language: Language = None
    filename: FileName = None
    context: ContextOption = "unknown"
    mode: ModeOption = "balanced"


class RequestParameters(TextOptions):
    """What holds for all texts of a request, and for all of its outputs."""

    binary_data_output: Annotated[
        bool, Field(description="Whether outputs come as binary data, where they do not say themselves.")
    ] = False


class InputParameters(BaseModel):
    """How an input is sent."""

    model_config = CLOSED_REQUEST

    binary_data_size: Annotated[
        int | None,
        Field(ge=0, le=_LARGEST_SIZE, description="The bytes of the input behind the JSON; it has no `data` then."),
    ] = None


class RequestInput(BaseModel):
    """One input: texts, or what is known of them, one element for each text or one for all."""

    model_config = CLOSED_REQUEST

    name: Annotated[InputName, Field(description="`text` must be there, the others may.")]
    datatype: Literal["BYTES"]
    shape: Annotated[
        list[Annotated[int, Field(ge=1, le=MOST_DOCUMENTS)]],
        Field(min_length=1, max_length=2, description="`[n]` or `[n, 1]`."),
    ]
    parameters: InputParameters | None = None
    data: Annotated[
        list[Any] | None,
        Field(description="The elements, flat or nested as `shape` says."),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "array", "items": {"type": "string"}},
                    {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
                    {"type": "null"},
                ],
                "description": "The elements, flat or nested as `shape` says.",
            }
        ),
    ] = None


class OutputParameters(BaseModel):
    """How an output is to be sent."""

    model_config = CLOSED_REQUEST

    binary_data: Annotated[bool | None, Field(description="Whether it comes as binary data behind the JSON.")] = None


class RequestOutput(BaseModel):
    """One output that is asked for."""

    model_config = CLOSED_REQUEST

    name: OutputName
    parameters: OutputParameters | None = None


class InferRequest(BaseModel):
    """Texts to label."""

    # The protocol has a field that pydantic would rather have for itself.
    model_config = ConfigDict(**CLOSED_REQUEST, protected_namespaces=())

    model_name: Literal["linewise"] | None = None
    id: Annotated[Text | None, Field(description="What the answer shall be called by.")] = None
    parameters: RequestParameters | None = None
    inputs: Annotated[list[RequestInput], Field(min_length=1, max_length=5)]
    outputs: Annotated[
        list[RequestOutput] | None,
        Field(max_length=7, description="What the answer shall have; by default all but the scores."),
    ] = None


@with_config(CLOSED)
class AnswerTensorParameters(TypedDict):
    """How an output is sent."""

    binary_data_size: Annotated[int, Field(ge=0, description="The bytes of the output behind the JSON.")]


@with_config(CLOSED)
class AnswerTensor(TypedDict):
    """One output."""

    name: OutputName
    datatype: DataType
    shape: list[int]
    parameters: NotRequired[AnswerTensorParameters]
    data: NotRequired[
        Annotated[list[int | float | str], Field(description="The elements, flat; where they are not binary.")]
    ]


@with_config(CLOSED)
class AnswerParameters(TypedDict):
    """By what the labels were found, besides the model."""

    taxonomy_version: Annotated[str, Field(description="The version of the meaning of the labels.")]


@with_config(ConfigDict(extra="forbid", json_schema_extra={"examples": [_ANSWER_EXAMPLE]}))
class InferAnswer(TypedDict):
    """The labels of the texts."""

    model_name: str
    model_version: Annotated[str, Field(description="Which model answered: a SHA-256 digest of its files.")]
    id: NotRequired[Annotated[str, Field(description="The request's `id`, where it had one.")]]
    parameters: AnswerParameters
    outputs: list[AnswerTensor]


@with_config(CLOSED)
class ServerAnswer(TypedDict):
    """The server, for clients of the protocol."""

    name: str
    version: str
    extensions: list[str]


@with_config(CLOSED)
class TensorAnswer(TypedDict):
    """An input or an output that there is; -1 stands for any size."""

    name: str
    datatype: DataType
    shape: list[int]


@with_config(CLOSED)
class ModelMetadataAnswer(TypedDict):
    """The model, for clients of the protocol."""

    name: str
    versions: Annotated[list[str], Field(description="The one in service: a SHA-256 digest of the model's files.")]
    platform: str
    inputs: Annotated[list[TensorAnswer], Field(description="Only `text` is needed.")]
    outputs: list[TensorAnswer]


@with_config(CLOSED)
class ServerLiveAnswer(TypedDict):
    """The process answers."""

    live: bool


@with_config(CLOSED)
class ServerReadyAnswer(TypedDict):
    """A model is loaded and answers."""

    ready: bool


@with_config(CLOSED)
class ModelReadyAnswer(TypedDict):
    """The model is loaded and answers."""

    name: str
    ready: bool


class ProtocolError(BaseModel):
    """What went wrong, as the protocol says it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    error: Annotated[str, Field(description="What was wrong with this request, for people.")]
