"""What the operations ask of a thread: one text, a batch of texts, some records of a stream."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from linewise.features.lines import split_lines
from linewise.models import Document, ModelInfo, Prediction

from ..schemas.answers import BATCH_ANSWER
from ..schemas.requests import ClassifyRequest, DocumentRequest, OpenBatch
from .json_body import decode_json, parse_body, parse_value
from .problems import ProblemError, problem_of
from .rendering import render_prediction


class ClassifyWork:
    """One text: from the bytes of a request to those of its answer; raises ProblemError (400, 413, 422)."""

    def __init__(self, body: bytes, *, max_lines: int) -> None:
        self.size = len(body)
        self.lines = 0
        self._body = body
        self._max_lines = max_lines
        self._request: ClassifyRequest | None = None

    def documents(self) -> Sequence[Document]:
        """The one text, with its options."""
        self._request = parse_body(self._body, ClassifyRequest)
        return (_document(self._request, self._max_lines)[0],)

    def answer(self, _info: ModelInfo, predictions: Sequence[Prediction]) -> bytes:
        """The text's labels as JSON."""
        self.lines = len(predictions[0])
        assert self._request is not None
        return render_prediction(predictions[0], self._request)


class BatchWork:
    """Many texts in one body; raises ProblemError (400, 422) only for what is wrong with the body as a whole."""

    def __init__(self, body: bytes, *, max_lines: int) -> None:
        self.size = len(body)
        self.lines = 0
        self._body = body
        self._records = _Records(max_lines, most_together=max_lines)

    def documents(self) -> Sequence[Document]:
        """The texts that can be labelled."""
        return self._records.read(parse_body(self._body, OpenBatch).documents)

    def answer(self, info: ModelInfo, predictions: Sequence[Prediction]) -> bytes:
        """One entry for each text, in order."""
        self.lines = sum(map(len, predictions))
        before, after = BATCH_ANSWER.dump_json(
            {"documents": [], "model_digest": info.digest, "taxonomy_version": info.taxonomy_version}
        ).split(b"[]", 1)
        return b"".join((before, b"[", b",".join(self._records.answers(predictions)), b"]", after))


class StreamWork:
    """Some records of a stream, each a line of JSON; raises nothing."""

    def __init__(self, lines: Sequence[bytes], *, max_lines: int) -> None:
        self.size = sum(map(len, lines))
        self.lines = 0
        self._lines = lines
        self._records = _Records(max_lines)

    def documents(self) -> Sequence[Document]:
        """The texts that can be labelled."""
        return self._records.read([_decoded(line) for line in self._lines])

    def answer(self, _info: ModelInfo, predictions: Sequence[Prediction]) -> bytes:
        """One line of JSON for each record, in order."""
        self.lines = sum(map(len, predictions))
        return b"".join(answer + b"\n" for answer in self._records.answers(predictions))


class _Records:
    """Several texts, each of which is labelled or gets a problem of its own."""

    def __init__(self, max_lines: int, most_together: int | None = None) -> None:
        self._max_lines = max_lines
        self._lines_left = most_together
        self._outcomes: list[tuple[str | None, DocumentRequest | ProblemError]] = []

    def read(self, values: Sequence[Any]) -> list[Document]:
        """The texts among decoded values, or problems, that can be labelled."""
        documents = []
        for value in values:
            identity = _identity(value)
            try:
                if isinstance(value, ProblemError):
                    raise value
                request = parse_value(value, DocumentRequest)
                document, n_lines = _document(request, self._max_lines)
                if self._lines_left is not None:
                    if n_lines > self._lines_left:
                        raise ProblemError(413, f"the texts have more than the {self._max_lines} lines that are taken")
                    self._lines_left -= n_lines
            except ProblemError as problem:
                self._outcomes.append((identity, problem))
            else:
                self._outcomes.append((identity, request))
                documents.append(document)
        return documents

    def answers(self, predictions: Sequence[Prediction]) -> list[bytes]:
        """The answer to each value that was read, from the predictions for the texts."""
        remaining = iter(predictions)
        return [
            record_answer(identity, outcome)
            if isinstance(outcome, ProblemError)
            else _record(200, identity, b"answer", render_prediction(next(remaining), outcome))
            for identity, outcome in self._outcomes
        ]


def record_answer(identity: str | None, problem: ProblemError) -> bytes:
    """The entry of a text that could not be labelled."""
    return _record(problem.status, identity, b"problem", problem_of(problem).model_dump_json().encode())


def _record(status: int, identity: str | None, name: bytes, value: bytes) -> bytes:
    named = b"" if identity is None else b'"id":%b,' % json.dumps(identity).encode()
    return b'{"status":%d,%b"%b":%b}' % (status, named, name, value)


def _identity(value: Any) -> str | None:
    """What a text is called by, as far as that is sound."""
    identity = value.get("id") if isinstance(value, dict) else None
    if not isinstance(identity, str) or len(identity) > 256:
        return None
    return None if any("\ud800" <= character <= "\udfff" for character in identity) else identity


def _decoded(line: bytes) -> Any:
    try:
        return decode_json(line)
    except ProblemError as problem:
        return problem


def _document(request: ClassifyRequest, max_lines: int) -> tuple[Document, int]:
    """What a request asks to label, and its number of lines; raises ProblemError (413) where that is too large."""
    text = request.text.encode("utf-8")
    n_lines = len(split_lines(text))
    if n_lines > max_lines:
        raise ProblemError(413, f"the text has {n_lines} lines; at most {max_lines} are taken")
    return Document(text, request.language, request.filename, request.context, request.mode), n_lines
