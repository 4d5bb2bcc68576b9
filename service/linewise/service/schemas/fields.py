"""The fields that several requests and answers share, with what is checked of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from linewise.features.languages import LANGUAGE_NAMES, UnknownLanguageError, language_named

CLOSED = ConfigDict(extra="forbid")
"""Of answers: what they hold is what the OpenAPI document says."""
CLOSED_REQUEST = ConfigDict(extra="forbid", strict=True, frozen=True)

MOST_DOCUMENTS = 1000
"""Texts of one batch."""


def whole_text(value: str) -> str:
    """Refuse text with lone surrogates: JSON can write them, but no encoding of Unicode has them."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise PydanticCustomError("lone_surrogate", "Holds a lone surrogate, which is no character") from None
    return value


def _known_language(value: str | None) -> str | None:
    try:
        return None if value is None else language_named(value).name
    except UnknownLanguageError:
        known = ", ".join(LANGUAGE_NAMES)
        raise PydanticCustomError("unknown_language", "Unknown language; known are {known}", {"known": known}) from None


def _whole_name(value: str | None) -> str | None:
    return None if value is None else whole_text(value)


def _one_error(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """Say in one sentence what a union of types allows."""
    try:
        return check(value)
    except ValidationError:
        raise PydanticCustomError("scores", "Input should be true, false or 'float16'") from None


Context = Literal["file", "fragment", "unknown"]
Mode = Literal["high-confidence", "balanced", "best-guess"]
ScoresForm = bool | Literal["float16"]

Text = Annotated[str, AfterValidator(whole_text)]
Language = Annotated[
    str | None,
    Field(
        max_length=64,
        description="The language, by a name or alias of `GET /v1/languages`. It goes before `filename`; "
        "with neither, the language is detected.",
    ),
    AfterValidator(_known_language),
]
FileName = Annotated[
    str | None,
    Field(max_length=4096, description="The name or path of the file, whose ending may tell the language."),
    AfterValidator(_whole_name),
]
Identity = Annotated[
    str | None,
    Field(max_length=256, description="What the answer for this text shall be called by."),
    AfterValidator(_whole_name),
]
ContextOption = Annotated[
    Context, Field(description="Whether the text is a whole file, was cut out of one, or may be either.")
]
ModeOption = Annotated[
    Mode,
    Field(
        description="How sure a label must be: `high-confidence` for few wrong labels, `best-guess` for "
        "few missed ones."
    ),
]
Scores = Annotated[
    ScoresForm,
    WrapValidator(_one_error),
    Field(
        description="Whether the answer has the probabilities of all labels: `true` for four decimals with "
        "each line, `float16` for all lines' in one compact field."
    ),
]

ModelDigest = Annotated[str, Field(description="Which model answered: a SHA-256 digest of its files.")]
TaxonomyVersion = Annotated[str, Field(description="The version of the meaning of the labels.")]
