"""What is sent for each operation, and how its answer is read; nothing here waits for anything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any, Generic, Literal, NotRequired, TypedDict, TypeVar

from pydantic import TypeAdapter, ValidationError

from ..schemas.answers import BatchAnswer, ClassifyAnswer, DocumentAnswer, LabelsAnswer, LanguagesAnswer, ModelAnswer
from ..schemas.diff import DiffAnswer
from ..schemas.fields import Context, Mode
from ..schemas.problem import Problem
from .errors import ServiceError, UnexpectedAnswerError, service_error
from .retries import retry_after_seconds

JSON = "application/json"
NDJSON = "application/x-ndjson"
STREAM_PATH = "/v1/classify/stream"
READY_PATH = "/health/ready"
LIVE_PATH = "/health/live"
_OK = 200

Answer = TypeVar("Answer")


class TextOptions(TypedDict, total=False):
    """What may be said of a text; `docs/http.md` tells what each means."""

    language: str | None
    filename: str | None
    context: Context
    mode: Mode
    scores: bool | Literal["float16"]
    first_line: int
    last_line: int | None


class Text(TextOptions):
    """One of several texts to label; its answer has the same ``id``."""

    text: str
    id: NotRequired[str | None]


@dataclass(frozen=True, slots=True)
class Call(Generic[Answer]):
    """One request, and what its answer is."""

    method: str
    path: str
    kind: type[Answer]
    content: bytes | None = None

    def read(self, status: int, headers: Mapping[str, str], content: bytes) -> Answer:
        """The answer; raises ServiceError where it is a problem, UnexpectedAnswerError where it is neither."""
        if status != _OK:
            raise problem_error(status, headers, content)
        return read_json(self.kind, content)


def classify_call(text: str, options: TextOptions) -> Call[ClassifyAnswer]:
    """Label one text."""
    return Call("POST", "/v1/classify", ClassifyAnswer, encode({"text": text, **options}))


def batch_call(texts: Iterable[Text]) -> Call[BatchAnswer]:
    """Label some texts at once."""
    return Call("POST", "/v1/classify/batch", BatchAnswer, encode({"documents": list(texts)}))


def diff_call(patch: str, mode: Mode) -> Call[DiffAnswer]:
    """Label a patch."""
    return Call("POST", "/v1/diff", DiffAnswer, encode({"patch": patch, "mode": mode}))


LABELS = Call("GET", "/v1/labels", LabelsAnswer)
LANGUAGES = Call("GET", "/v1/languages", LanguagesAnswer)
MODEL = Call("GET", "/v1/model", ModelAnswer)


def standing_headers(api_key: str | None) -> dict[str, str]:
    """The headers of every request."""
    headers = {"User-Agent": f"linewise/{version('linewise')}", "Accept": f"{JSON}, {NDJSON}"}
    return headers if api_key is None else {**headers, "Authorization": f"Bearer {api_key}"}


def content_headers(content: bytes | None, media_type: str = JSON) -> dict[str, str]:
    """The headers of a request with this content."""
    return {} if content is None else {"Content-Type": media_type}


def encode(value: Any) -> bytes:
    """A value as JSON in UTF-8.

    A lone surrogate becomes the escape that JSON has for it, and the service says where it stands.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def read_record(line: bytes) -> DocumentAnswer:
    """One line of a stream of answers; raises UnexpectedAnswerError."""
    return read_json(DocumentAnswer, line)


def read_json(kind: type[Answer], content: bytes) -> Answer:
    """JSON as an answer of a kind; raises UnexpectedAnswerError."""
    try:
        # Every class is hashable, but mypy knows that of none that a type variable stands for.
        answer: Answer = _adapter(kind).validate_json(content, extra="ignore")  # type: ignore[arg-type]
    except ValidationError as error:
        raise UnexpectedAnswerError(f"what came is no {kind.__name__}: {error.error_count()} errors") from error
    return answer


def problem_error(status: int, headers: Mapping[str, str], content: bytes) -> ServiceError:
    """The exception for an answer that is a problem; raises UnexpectedAnswerError where it is none."""
    try:
        problem = _adapter(Problem).validate_json(content, extra="ignore")
    except ValidationError:
        raise UnexpectedAnswerError(f"status {status}, and no problem document that says why") from None
    return service_error(problem, headers.get("x-request-id"), retry_after_seconds(headers))


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
