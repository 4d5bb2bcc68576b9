"""What the operations answer, apart from that on patches."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from pydantic.config import JsonDict
from typing_extensions import TypedDict

from .fields import CLOSED, ModelDigest, TaxonomyVersion
from .problem import Problem

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
CLASSIFY_ANSWER: TypeAdapter[ClassifyAnswer] = TypeAdapter(ClassifyAnswer)
