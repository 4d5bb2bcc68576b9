"""The client that is awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable
from contextlib import aclosing
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
from .portions import RECORDS, Answers, asynchronous_portions


class AsyncClient(Connection[httpx2.AsyncClient, httpx2.AsyncBaseTransport]):
    """Asks the service, as ``Client`` does, with the same arguments and exceptions.

    To be used from one event loop, and to be closed, or used as a context manager.
    """

    _open = httpx2.AsyncClient

    async def classify(self, text: str, **options: Unpack[TextOptions]) -> ClassifyAnswer:
        """Label the lines of one text."""
        return await self._ask(calls.classify_call(text, options))

    async def classify_batch(self, texts: Iterable[Text]) -> BatchAnswer:
        """Label up to 1,000 texts at once; each has a status of its own, and its answer or problem."""
        return await self._ask(calls.batch_call(texts))

    async def classify_stream(
        self, texts: Iterable[Text] | AsyncIterable[Text], *, records_at_a_time: int = RECORDS
    ) -> AsyncIterator[DocumentAnswer]:
        """Label any number of texts, with no more than a portion of them in memory.

        Args:
            texts: taken as the answers are.
            records_at_a_time: how many texts to wait for before any of them is sent.

        Yields:
            One entry for each text, in order. Another model may have been put in service between two of them; each
            answer names its own.
        """
        async for portion in asynchronous_portions(texts, records_at_a_time):
            answers = Answers(portion)
            while answers.left:
                async with aclosing(self._ask_portion(answers)) as entries:
                    async for entry in entries:
                        yield entry

    async def diff(self, patch: str, *, mode: Mode = "balanced") -> DiffAnswer:
        """Label the lines of a unified diff on both sides, and say what it amounts to."""
        return await self._ask(calls.diff_call(patch, mode))

    async def labels(self) -> LabelsAnswer:
        """The labels, in label order."""
        return await self._ask(calls.LABELS)

    async def languages(self) -> LanguagesAnswer:
        """The languages of the model."""
        return await self._ask(calls.LANGUAGES)

    async def model(self) -> ModelAnswer:
        """The model in service."""
        return await self._ask(calls.MODEL)

    async def is_live(self) -> bool:
        """Whether the service answers; False where it is not reached in time."""
        return await self._is_well(calls.LIVE_PATH)

    async def is_ready(self) -> bool:
        """Whether the service has a model and takes requests; False where it is not reached in time."""
        return await self._is_well(calls.READY_PATH)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _ask(self, call: Call[Answer]) -> Answer:
        attempt = 1
        headers = calls.content_headers(call.content)
        while True:
            with transport_errors(self._timeout_seconds):
                response = await self._http.request(call.method, call.path, content=call.content, headers=headers)
            wait_seconds = self._retries.wait_seconds(attempt, response.status_code, response.headers)
            if wait_seconds is None:
                return call.read(response.status_code, response.headers, response.content)
            await asyncio.sleep(wait_seconds)
            attempt += 1

    async def _ask_portion(self, answers: Answers) -> AsyncGenerator[DocumentAnswer]:
        attempt = 1
        content = b"".join(answers.left)
        left_before = len(answers.left)
        headers = calls.content_headers(content, calls.NDJSON)
        while True:
            with transport_errors(self._timeout_seconds):
                async with self._http.stream("POST", calls.STREAM_PATH, content=content, headers=headers) as response:
                    wait_seconds = self._retries.wait_seconds(attempt, response.status_code, response.headers)
                    if wait_seconds is None:
                        if response.status_code != 200:
                            raise calls.problem_error(response.status_code, response.headers, await response.aread())
                        async for chunk in response.aiter_bytes():
                            for answer in answers.read(chunk):
                                yield answer
                        answers.end(left_before)
                        return
            await asyncio.sleep(wait_seconds)
            attempt += 1

    async def _is_well(self, path: str) -> bool:
        try:
            with transport_errors(self._timeout_seconds):
                return (await self._http.get(path)).status_code == 200
        except (AnswerTimeoutError, ConnectionFailedError):
            return False
