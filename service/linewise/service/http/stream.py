"""A stream of records in and out (NDJSON): a line of JSON for each text, answered in order while more come.

In memory is never more than one record being read and some that are worked on: nothing is read while the app works,
and nothing is worked on while the client takes no answers. A client must therefore read answers while it sends, or
send no more than the connection holds. A short body of declared length is read whole before it is answered, for clients
that can't read while they send.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import takewhile

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from linewise.models import Classifier

from ..logs import describe_fault
from ..settings import Settings
from .body_limit import declared_length
from .inference import Inference
from .problems import ProblemError, problem_response
from .read_deadline import ReadTimeoutError
from .works import StreamWork, record_answer

NDJSON = "application/x-ndjson"
RECORDS_AT_A_TIME = 64
BYTES_AT_A_TIME = 256 * 1024
_RETRY_SECONDS = 0.05
_log = logging.getLogger("linewise.http")


class NdjsonResponse(Response):
    """A response that is declared as NDJSON."""

    media_type = NDJSON


class ClassifyStream(NdjsonResponse):
    """The response that reads the body as it sends the answers."""

    def __init__(self, inference: Inference, settings: Settings) -> None:
        super().__init__()
        # A stream has no length to declare.
        del self.headers["content-length"]
        self._inference = inference
        self._classifier = inference.classifier
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the stream; what keeps it from beginning is answered as for any request."""
        started = False

        async def start() -> None:
            nonlocal started
            if not started:
                started = True
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})

        async def send_lines(lines: bytes) -> None:
            await start()
            await send({"type": "http.response.body", "body": lines, "more_body": True})

        try:
            async for records in _records(receive, self._settings.max_body_bytes, at_once=_is_short(scope)):
                await send_lines(await self._answer(records, self._classifier, is_first=not started))
        except _ClientLeftError:
            return
        except (ProblemError, ReadTimeoutError) as error:
            if not started and isinstance(error, ReadTimeoutError):
                raise
            problem = error if isinstance(error, ProblemError) else ProblemError(408, "the body came too slowly")
            if not started and problem.status != 413:
                response = problem_response(problem.status, problem.detail, headers=problem.headers)
                await response(scope, receive, send)
                return
            await send_lines(record_answer(None, problem) + b"\n")
        await start()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _answer(self, records: Sequence[bytes], classifier: Classifier, *, is_first: bool) -> bytes:
        """The answers to some records; once the stream has begun, failures are answers too."""
        try:
            return await self._run(records, classifier, patient=not is_first)
        except ProblemError as problem:
            if is_first:
                raise
            return (record_answer(None, problem) + b"\n") * len(records)
        except Exception as error:
            if len(records) > 1:
                # Only those that are at fault shall fail.
                alone = [await self._answer([record], classifier, is_first=False) for record in records]
                return b"".join(alone)
            if is_first:
                raise
            _log.error("some records failed with %s", describe_fault(error))
            fault = ProblemError(500, "the service failed on this record; its log says where")
            return (record_answer(None, fault) + b"\n") * len(records)

    async def _run(self, records: Sequence[bytes], classifier: Classifier, *, patient: bool) -> bytes:
        """Have records labelled; a stream that has begun waits where the queue is full, within the time it has."""
        deadline = asyncio.get_running_loop().time() + self._settings.request_timeout_seconds
        while True:
            try:
                work = StreamWork(records, max_lines=self._settings.max_lines)
                return await self._inference.run(work, classifier)
            except ProblemError as problem:
                if problem.status != 429 or not patient or asyncio.get_running_loop().time() > deadline:
                    raise
            await asyncio.sleep(_RETRY_SECONDS)


class _ClientLeftError(Exception):
    """The connection ended before the body did."""


def _is_short(scope: Scope) -> bool:
    """Whether a body is declared to be no longer than what is worked on together."""
    return 0 < declared_length(scope) <= BYTES_AT_A_TIME


async def _records(receive: Receive, max_bytes: int, *, at_once: bool) -> AsyncIterator[list[bytes]]:
    """The lines of a body that aren't blank, as many at a time as are there and may be worked on together.

    Args:
        receive: where the body comes from.
        max_bytes: the longest line.
        at_once: whether to wait for the whole body, as long as it is.

    Raises:
        ProblemError: 413 at a line of more than ``max_bytes``, after those before it.
        ReadTimeoutError: the body came too slowly.
    """
    rest = bytearray()
    more_body = True
    while more_body:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientLeftError
        rest += message.get("body", b"")
        more_body = message.get("more_body", False)
        if at_once and more_body:
            continue
        end = len(rest) if not more_body else rest.rfind(b"\n") + 1
        complete = bytes(memoryview(rest)[:end])
        del rest[:end]
        for portion in _portions(complete.split(b"\n")):
            sound = list(takewhile(lambda line: len(line) <= max_bytes, portion))
            if sound:
                yield sound
            if len(sound) < len(portion):
                raise _too_long(max_bytes)
        if len(rest) > max_bytes:
            raise _too_long(max_bytes)


def _portions(lines: Sequence[bytes]) -> Iterator[list[bytes]]:
    """The lines that aren't blank, in portions that may be worked on together."""
    portion: list[bytes] = []
    size = 0
    for line in lines:
        if not line.strip():
            continue
        if portion and (len(portion) == RECORDS_AT_A_TIME or size + len(line) > BYTES_AT_A_TIME):
            yield portion
            portion, size = [], 0
        portion.append(line)
        size += len(line)
    if portion:
        yield portion


def _too_long(max_bytes: int) -> ProblemError:
    return ProblemError(413, f"a record is larger than the {max_bytes} bytes that are taken; the stream ends here")
