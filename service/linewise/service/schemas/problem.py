"""The problem document (RFC 9457) that every error of ``/v1`` is."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """One thing that is wrong with a request: where, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    location: Annotated[str, Field(description="The place, as a dotted path that starts at `body`.")]
    reason: Annotated[str, Field(description="What is wrong there.")]


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Unprocessable Entity",
                    "status": 422,
                    "detail": "1 field is not as it should be",
                    "errors": [{"location": "body.text", "reason": "Field required"}],
                }
            ]
        },
    )

    type: Annotated[str, Field(description="Always `about:blank`: the status says what kind it is.")] = "about:blank"
    title: Annotated[str, Field(description="The status in words.")]
    status: Annotated[int, Field(ge=400, le=599, description="The HTTP status, once more.")]
    detail: Annotated[str, Field(description="What was wrong with this request, for people.")]
    errors: Annotated[
        tuple[FieldError, ...],
        Field(description="What is wrong, place by place; empty where that says nothing."),
    ] = ()
