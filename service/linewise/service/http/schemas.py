"""What goes in and out of the HTTP interface, as it stands in the OpenAPI document.

Requests are pydantic models, strict and closed: no coercion, no unknown field. Answers are typed dicts:
pydantic serialises them from plain dicts at several times the speed of models, and a text may have 200,000
lines.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    with_config,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from linewise.features.languages import LANGUAGE_NAMES, UnknownLanguageError, language_named

from .problems import Problem

CLOSED = ConfigDict(extra="forbid")

Context = Literal["file", "fragment", "unknown"]
MOST_DOCUMENTS = 1000
"""Texts of one batch."""
_LAST_LINE = 2**31 - 1
Mode = Literal["high-confidence", "balanced", "best-guess"]

_ANSWER_EXAMPLE: JsonDict = {
    "lines": [
        {"number": 1, "labels": ["code", "loop", "in_loop"], "uncertain": []},
        {"number": 2, "labels": ["code", "call", "in_loop"], "uncertain": ["in_function"]},
    ],
    "language": "python",
    "language_score": 1.0,
    "model_digest": "0" * 64,
    "taxonomy_version": "1.0",
}


def whole_text(value: str) -> str:
    """Refuse text with lone surrogates: JSON can write them, but no encoding of Unicode has them."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise PydanticCustomError("lone_surrogate", "Holds a lone surrogate, which is no character") from None
    return value


def _one_error(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """Say in one sentence what a union of types allows."""
    try:
        return check(value)
    except ValidationError:
        raise PydanticCustomError("scores", "Input should be true, false or 'float16'") from None


Scores = Annotated[bool | Literal["float16"], WrapValidator(_one_error)]


class ClassifyRequest(BaseModel):
    """A text to label, and what is known of it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    text: Annotated[
        str,
        Field(description="The source text. Lines end at `\\n`, `\\r\\n` or `\\r` and at nothing else."),
    ]
    language: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The language, by a name or alias of `GET /v1/languages`. It goes before `filename`; "
            "with neither, the language is detected.",
        ),
    ] = None
    filename: Annotated[
        str | None,
        Field(max_length=4096, description="The name or path of the file, whose ending may tell the language."),
    ] = None
    context: Annotated[
        Context, Field(description="Whether the text is a whole file, was cut out of one, or may be either.")
    ] = "unknown"
    mode: Annotated[
        Mode,
        Field(
            description="How sure a label must be: `high-confidence` for few wrong labels, `best-guess` for "
            "few missed ones."
        ),
    ] = "balanced"
    scores: Annotated[
        Scores,
        Field(
            description="Whether the answer has the probabilities of all labels: `true` for four decimals with "
            "each line, `float16` for all lines' in one compact field."
        ),
    ] = False
    first_line: Annotated[
        int, Field(ge=1, le=_LAST_LINE, description="The first line to answer for; all of the text is read.")
    ] = 1
    last_line: Annotated[
        int | None, Field(ge=1, le=_LAST_LINE, description="The last line to answer for; null for the text's last.")
    ] = None

    @field_validator("text", "filename")
    @classmethod
    def _check_text(cls, value: str | None) -> str | None:
        return None if value is None else whole_text(value)

    @field_validator("last_line")
    @classmethod
    def _check_range(cls, value: int | None, others: ValidationInfo) -> int | None:
        first = others.data.get("first_line")
        if value is not None and first is not None and value < first:
            raise PydanticCustomError("line_range", "Is less than first_line")
        return value

    @field_validator("language")
    @classmethod
    def _check_language(cls, value: str | None) -> str | None:
        try:
            return None if value is None else language_named(value).name
        except UnknownLanguageError:
            known = ", ".join(LANGUAGE_NAMES)
            raise PydanticCustomError(
                "unknown_language", "Unknown language; known are {known}", {"known": known}
            ) from None


class DocumentRequest(ClassifyRequest):
    """One of several texts to label."""

    id: Annotated[
        str | None, Field(max_length=256, description="What the answer for this text shall be called by.")
    ] = None

    @field_validator("id")
    @classmethod
    def _check_id(cls, value: str | None) -> str | None:
        return None if value is None else whole_text(value)


class BatchRequest(BaseModel):
    """Texts to label, each with what is known of it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    documents: Annotated[list[DocumentRequest], Field(min_length=1, max_length=MOST_DOCUMENTS)]


class OpenBatch(BaseModel):
    """A batch whose texts are yet to be looked at, one by one."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    documents: Annotated[list[Any], Field(min_length=1, max_length=MOST_DOCUMENTS)]


ModelDigest = Annotated[str, Field(description="Which model answered: a SHA-256 digest of its files.")]
TaxonomyVersion = Annotated[str, Field(description="The version of the meaning of the labels.")]


@with_config(CLOSED)
class LineAnswer(TypedDict):
    """One line's labels."""

    number: Annotated[int, Field(ge=1, description="The line's number in the text, from 1.")]
    labels: Annotated[tuple[str, ...], Field(description="The labels that the line has, in label order.")]
    uncertain: Annotated[
        tuple[str, ...], Field(description="The labels that it may as well have as not, in label order.")
    ]
    probabilities: NotRequired[
        Annotated[
            list[float],
            Field(description="Each label's probability, in `label_order`; where `scores` was asked."),
        ]
    ]


@with_config(ConfigDict(extra="forbid", json_schema_extra={"examples": [_ANSWER_EXAMPLE]}))
class ClassifyAnswer(TypedDict):
    """A text's lines with their labels, and by what they were found."""

    lines: Annotated[list[LineAnswer], Field(description="One entry for each line of the text, in order.")]
    label_order: NotRequired[
        Annotated[list[str], Field(description="Which label each probability is of; where `scores` was asked.")]
    ]
    probabilities_float16: NotRequired[
        Annotated[
            str,
            Field(
                description="Every line's probabilities, line by line in `label_order`, as IEEE 754 binary16, "
                "little-endian, in Base64; where `scores` was `float16`."
            ),
        ]
    ]
    language: Annotated[str | None, Field(description="The language told or detected; null where none is likely.")]
    language_score: Annotated[float, Field(ge=0, le=1, description="How likely that language is; 1 where it was told.")]
    model_digest: ModelDigest
    taxonomy_version: TaxonomyVersion


@with_config(CLOSED)
class DocumentAnswer(TypedDict):
    """What became of one of several texts."""

    status: Annotated[int, Field(ge=200, le=599, description="The status that the text would have got alone.")]
    id: NotRequired[Annotated[str | None, Field(description="The text's `id`, where it had one.")]]
    answer: NotRequired[Annotated[ClassifyAnswer, Field(description="Its labels; where the status is 200.")]]
    problem: NotRequired[Annotated[Problem, Field(description="What was wrong; where the status is another.")]]


@with_config(CLOSED)
class BatchAnswer(TypedDict):
    """One entry for each text, in order, and by what they were found."""

    documents: list[DocumentAnswer]
    model_digest: ModelDigest
    taxonomy_version: TaxonomyVersion


@with_config(CLOSED)
class LabelAnswer(TypedDict):
    """One label of the taxonomy."""

    name: Annotated[str, Field(description="The label's name, as in every answer.")]
    group: Annotated[
        Literal["surface", "construct", "region"],
        Field(description="What it tells of a line: what stands on it, what begins on it, what it is part of."),
    ]
    meaning: Annotated[str, Field(description="When a line has the label.")]


@with_config(CLOSED)
class LabelsAnswer(TypedDict):
    """All labels, in label order."""

    labels: list[LabelAnswer]
    model_digest: ModelDigest
    taxonomy_version: TaxonomyVersion


@with_config(CLOSED)
class LanguageAnswer(TypedDict):
    """One language that the model was trained on."""

    name: Annotated[str, Field(description="The language's name, as in every answer.")]
    title: Annotated[str, Field(description="Its name for people.")]
    aliases: Annotated[list[str], Field(description="Other names that a request may give it.")]
    extensions: Annotated[list[str], Field(description="Endings of file names that tell it.")]
    file_names: Annotated[list[str], Field(description="Whole file names that tell it.")]


@with_config(CLOSED)
class LanguagesAnswer(TypedDict):
    """The languages that the model was trained on; others are labelled too, from what they share."""

    languages: list[LanguageAnswer]
    model_digest: ModelDigest
    taxonomy_version: TaxonomyVersion


@with_config(CLOSED)
class ModelAnswer(TypedDict):
    """The model in service."""

    model_digest: ModelDigest
    taxonomy_version: TaxonomyVersion
    format_version: Annotated[str, Field(description="The version of the saved-model format.")]
    linewise_version: Annotated[str, Field(description="The version of the program that serves it.")]
    languages: Annotated[list[str], Field(description="The languages that it was trained on.")]
    size_bytes: Annotated[int, Field(ge=0, description="The size of its files.")]
    summary: Annotated[
        dict[str, Any], Field(description="How it was trained and how well it does, as its folder says.")
    ]


@with_config(CLOSED)
class LiveAnswer(TypedDict):
    """The process answers."""

    status: Literal["live"]


@with_config(CLOSED)
class ReadyAnswer(TypedDict):
    """A model is loaded and answers."""

    status: Literal["ready"]
    model_digest: ModelDigest


BATCH_ANSWER: TypeAdapter[BatchAnswer] = TypeAdapter(BatchAnswer)
DOCUMENT_ANSWER: TypeAdapter[DocumentAnswer] = TypeAdapter(DocumentAnswer)
LINE_ANSWERS: TypeAdapter[list[LineAnswer]] = TypeAdapter(list[LineAnswer])
CLASSIFY_ANSWER: TypeAdapter[ClassifyAnswer] = TypeAdapter(ClassifyAnswer)
