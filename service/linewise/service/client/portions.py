"""A stream of texts in portions, each a request of its own that is answered before the next one is sent.

HTTP libraries send the whole of a body before they read an answer, while the service reads no more of a body than
it has answered. So one endless request would come to a halt; short ones, which the service reads whole, never do.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator

from ..schemas.answers import DocumentAnswer
from .calls import Text, encode, read_record
from .errors import UnexpectedAnswerError

RECORDS = 64
"""As many texts as the service takes together."""
PORTION_BYTES = 256 * 1024
"""Up to this size the service reads a stream whole before it answers; a single larger text it reads whole anyway."""


class Gathering:
    """Records on their way into portions."""

    def __init__(self, records: int) -> None:
        self._most = records
        self._lines: list[bytes] = []
        self._size = 0

    def add(self, text: Text) -> list[bytes]:
        """The portion that this text completes, or that had no room for it; empty while there is none."""
        line = encode(text) + b"\n"
        ready: list[bytes] = []
        if self._lines and self._size + len(line) > PORTION_BYTES:
            ready = self.rest()
        self._lines.append(line)
        self._size += len(line)
        return self.rest() if len(self._lines) >= self._most else ready

    def rest(self) -> list[bytes]:
        """What has been gathered, to be sent."""
        lines, self._lines, self._size = self._lines, [], 0
        return lines


def portions(texts: Iterable[Text], records: int) -> Iterator[list[bytes]]:
    """The texts as lines of JSON, some at a time; takes no more texts than these need."""
    gathering = Gathering(records)
    for text in texts:
        if ready := gathering.add(text):
            yield ready
    if rest := gathering.rest():
        yield rest


async def asynchronous_portions(
    texts: Iterable[Text] | AsyncIterable[Text], records: int
) -> AsyncIterator[list[bytes]]:
    """As ``portions``, also of texts that have to be awaited."""
    if not isinstance(texts, AsyncIterable):
        for portion in portions(texts, records):
            yield portion
        return
    gathering = Gathering(records)
    async for text in texts:
        if ready := gathering.add(text):
            yield ready
    if rest := gathering.rest():
        yield rest


class Answers:
    """The answers to a portion, read as their bytes come; ``left`` are the records that are not answered yet."""

    def __init__(self, records: list[bytes]) -> None:
        self.left = records
        self._rest = bytearray()

    def read(self, chunk: bytes) -> Iterator[DocumentAnswer]:
        """The answers that are complete with these bytes; raises UnexpectedAnswerError."""
        self._rest += chunk
        if b"\n" not in chunk:
            return
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            if not self.left:
                raise UnexpectedAnswerError("there are more answers than texts")
            answer = read_record(bytes(line))
            self.left = self.left[1:]
            yield answer

    def end(self, left_before: int) -> None:
        """Note that an answer has ended; raises UnexpectedAnswerError where it ended amid a line or was empty.

        It may end with texts unanswered: after one that was too large. They are to be sent once more.
        """
        if self._rest or len(self.left) == left_before:
            raise UnexpectedAnswerError("the answers end before they should")
