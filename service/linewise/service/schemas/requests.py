"""What the operations that label texts are asked."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from .fields import (
    CLOSED_REQUEST,
    MOST_DOCUMENTS,
    ContextOption,
    FileName,
    Identity,
    Language,
    ModeOption,
    Scores,
    Text,
)

_LAST_LINE = 2**31 - 1


class ClassifyRequest(BaseModel):
    """A text to label, and what is known of it."""

    model_config = CLOSED_REQUEST

    text: Annotated[
        Text,
        Field(description="The source text. Lines end at `\\n`, `\\r\\n` or `\\r` and at nothing else."),
    ]
    language: Language = None
    filename: FileName = None
    context: ContextOption = "unknown"
    mode: ModeOption = "balanced"
    scores: Scores = False
    first_line: Annotated[
        int, Field(ge=1, le=_LAST_LINE, description="The first line to answer for; all of the text is read.")
    ] = 1
    last_line: Annotated[
        int | None, Field(ge=1, le=_LAST_LINE, description="The last line to answer for; null for the text's last.")
    ] = None

    @field_validator("last_line")
    @classmethod
    def _check_range(cls, value: int | None, others: ValidationInfo) -> int | None:
        first = others.data.get("first_line")
        if value is not None and first is not None and value < first:
            raise PydanticCustomError("line_range", "Is less than first_line")
        return value


class DocumentRequest(ClassifyRequest):
    """One of several texts to label."""

    id: Identity = None


class BatchRequest(BaseModel):
    """Texts to label, each with what is known of it."""

    model_config = CLOSED_REQUEST

    documents: Annotated[list[DocumentRequest], Field(min_length=1, max_length=MOST_DOCUMENTS)]


class OpenBatch(BaseModel):
    """A batch whose texts are yet to be looked at, one by one."""

    model_config = CLOSED_REQUEST

    documents: Annotated[list[Any], Field(min_length=1, max_length=MOST_DOCUMENTS)]
