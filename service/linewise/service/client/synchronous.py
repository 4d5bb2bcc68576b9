"""The client that waits."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self, Unpack

import httpx2

from ..schemas.answers import BatchAnswer, ClassifyAnswer, DocumentAnswer, LabelsAnswer, LanguagesAnswer, ModelAnswer
from ..schemas.diff import DiffAnswer
from ..schemas.fields import Mode
from . import calls
from .calls import Answer, Call, Text, TextOptions
from .connection import Connection
from .errors import AnswerTimeoutError, ConnectionFailedError, transport_errors
from .portions import RECORDS, Answers, portions


class Client(Connection[httpx2.Client, httpx2.BaseTransport]):
    """Asks the service. Safe to share among threads; to be closed, or used as a context manager.

    Every method raises ClientError: ServiceError with the service's own words where it refused or failed.
    Its arguments are those of ``Connection``.
    """

    _open = httpx2.Client

    def classify(self, text: str, **options: Unpack[TextOptions]) -> ClassifyAnswer:
        """Label the lines of one text."""
        return self._ask(calls.classify_call(text, options))

    def classify_batch(self, texts: Iterable[Text]) -> BatchAnswer:
        """Label up to 1,000 texts at once; each has a status of its own, and its answer or problem."""
        return self._ask(calls.batch_call(texts))

    def classify_stream(self, texts: Iterable[Text], *, records_at_a_time: int = RECORDS) -> Iterator[DocumentAnswer]:
        """Label any number of texts, with no more than a portion of them in memory.

        Args:
            texts: taken as the answers are.
            records_at_a_time: how many texts to wait for before any of them is sent.

        Yields:
            One entry for each text, in order. Another model may have been put in service between two of them; each
            answer names its own.
        """
        for portion in portions(texts, records_at_a_time):
            answers = Answers(portion)
            while answers.left:
                yield from self._ask_portion(answers)

    def diff(self, patch: str, *, mode: Mode = "balanced") -> DiffAnswer:
        """Label the lines of a unified diff on both sides, and say what it amounts to."""
        return self._ask(calls.diff_call(patch, mode))

    def labels(self) -> LabelsAnswer:
        """The labels, in label order."""
        return self._ask(calls.LABELS)

    def languages(self) -> LanguagesAnswer:
        """The languages of the model."""
        return self._ask(calls.LANGUAGES)

    def model(self) -> ModelAnswer:
        """The model in service."""
        return self._ask(calls.MODEL)

    def is_live(self) -> bool:
        """Whether the service answers; False where it is not reached in time."""
        return self._is_well(calls.LIVE_PATH)

    def is_ready(self) -> bool:
        """Whether the service has a model and takes requests; False where it is not reached in time."""
        return self._is_well(calls.READY_PATH)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, call: Call[Answer]) -> Answer:
        attempt = 1
        headers = calls.content_headers(call.content)
        while True:
            with transport_errors(self._timeout_seconds):
                response = self._http.request(call.method, call.path, content=call.content, headers=headers)
            wait_seconds = self._retries.wait_seconds(attempt, response.status_code, response.headers)
            if wait_seconds is None:
                return call.read(response.status_code, response.headers, response.content)
            time.sleep(wait_seconds)
            attempt += 1

    def _ask_portion(self, answers: Answers) -> Iterator[DocumentAnswer]:
        attempt = 1
        content = b"".join(answers.left)
        left_before = len(answers.left)
        headers = calls.content_headers(content, calls.NDJSON)
        while True:
            with (
                transport_errors(self._timeout_seconds),
                self._http.stream("POST", calls.STREAM_PATH, content=content, headers=headers) as response,
            ):
                wait_seconds = self._retries.wait_seconds(attempt, response.status_code, response.headers)
                if wait_seconds is None:
                    if response.status_code != 200:
                        raise calls.problem_error(response.status_code, response.headers, response.read())
                    for chunk in response.iter_bytes():
                        yield from answers.read(chunk)
                    answers.end(left_before)
                    return
            time.sleep(wait_seconds)
            attempt += 1

    def _is_well(self, path: str) -> bool:
        try:
            with transport_errors(self._timeout_seconds):
                return self._http.get(path).status_code == 200
        except (AnswerTimeoutError, ConnectionFailedError):
            return False
