"""The gate before the operations that label: while the queue is full, plain requests go no further than here.

To take a request apart, to make a task for it and to lead it through all middleware costs as much as to answer it
does. Of a request that finds no place nothing of that is needed. What it asks for is read off its first bytes, and its
refusal goes out in one piece. Whatever is in any way out of the ordinary is left to those whose trade it is.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from dataclasses import dataclass

from .inference import Inference
from .metrics import Metrics
from .refusals import Refusal, Refusals
from .request_id import HEADER_NAME, identity_of

_log = logging.getLogger("linewise.access")

_METHOD = "POST"
_FIELD_NAME = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_HEAD = re.compile(rb"POST (/[!-~]*) HTTP/1\.1\r\n((?:%b:[\t -~]*\r\n)+)\r\n" % _FIELD_NAME)
_FIELD = re.compile(rb"(%b):[\t ]*([\t -~]*?)[\t ]*\r\n" % _FIELD_NAME)
_LONGEST_HEAD = 8 * 1024
_MOST_MADE = 100
"""Refusals that are kept to be sent again: paths may hold what clients like."""
_LENGTH = re.compile(rb"[0-9]{1,18}")
_UNUSUAL = frozenset({b"expect", b"te", b"trailer", b"transfer-encoding", b"upgrade"})
"""Headers that change how a request is to be read, or what is to become of its connection."""


@dataclass(frozen=True, slots=True)
class PlainRequest:
    """A request as nearly all are: a POST with one length.

    Attributes:
        head: its first bytes, to where its body begins.
        path: what it asks for.
        identity: the id that its client gave it; empty where none did.
        body_bytes: how many bytes follow as its body.
        is_last: whether its connection is to end with its answer.
    """

    head: bytes
    path: str
    identity: bytes
    body_bytes: int
    is_last: bool


def read_plain(data: bytes) -> PlainRequest | None:
    """The request that some bytes begin with; None where they hold no whole head, or one that is not plain."""
    head = _HEAD.match(data, 0, _LONGEST_HEAD)
    if head is None:
        return None
    lengths, hosts, identity, connection = [], 0, b"", b"keep-alive"
    for written, value in _FIELD.findall(head[2]):
        name = written.lower()
        if name == b"content-length":
            lengths.append(value)
        elif name == b"host":
            hosts += 1
        elif name == HEADER_NAME:
            identity = identity or value
        elif name == b"connection":
            connection = value.lower()
        elif name in _UNUSUAL:
            return None
    if connection not in (b"keep-alive", b"close"):
        return None
    if hosts != 1 or len(lengths) != 1 or _LENGTH.fullmatch(lengths[0]) is None:
        return None
    return PlainRequest(head[0], head[1].decode("ascii"), identity, int(lengths[0]), connection == b"close")


class Gate:
    """Tells whether there is a place for what comes, and refuses in few bytes what there is none for.

    To be used from the event loop. What it refuses is counted at once, and told to the metrics and the log by ``tell``:
    to count each by itself, and even more so a line in the log for each, would take longer than to refuse it.
    """

    def __init__(self, inference: Inference, refusals: Refusals, metrics: Metrics) -> None:
        self._inference = inference
        self._refusals = refusals
        self._metrics = metrics
        self._arriving = 0
        self._untold: Counter[str] = Counter()
        self._unlogged: Counter[str] = Counter()
        # By path: the route, and what comes before the id and after it; for one value of the server's own headers.
        self._default_headers: list[tuple[bytes, bytes]] = []
        self._made: dict[str, tuple[str, bytes, bytes]] = {}

    @property
    def is_shut(self) -> bool:
        """Whether there is no place for another request, nor will be once those that were let in have got theirs."""
        return self._inference.pool.is_full_with(self._arriving) and not self._inference.draining

    @property
    def may_wait(self) -> bool:
        """Whether nothing is lost if what comes is looked at a little later."""
        return self._inference.pool.is_labelling_short or self.is_shut

    def let_in(self, loop: asyncio.AbstractEventLoop) -> None:
        """Note a request that takes its place in the next step of the event loop, if all of it is there."""
        if not self._arriving:
            # Before the step that this request is about to ask for.
            loop.call_soon(self._have_arrived)
        self._arriving += 1

    def refuse(self, request: PlainRequest, default_headers: list[tuple[bytes, bytes]]) -> bytes | None:
        """The bytes that refuse a request; None where it asks for something else than to label.

        Args:
            request: what is asked.
            default_headers: the headers that the server adds to every answer.
        """
        if default_headers is not self._default_headers:
            self._default_headers = default_headers
            self._made.clear()
        made = self._made.get(request.path)
        if made is None:
            found = self._refusals.find(_METHOD, request.path)
            if found is None:
                return None
            if len(self._made) >= _MOST_MADE:
                self._made.clear()
            made = self._made[request.path] = (found[0].path, _head(found[1], default_headers), found[1].body)
        route, head, body = made
        self._untold[route] += 1
        end = b"\r\nConnection: close\r\n\r\n" if request.is_last else b"\r\n\r\n"
        return b"%b%b%b%b" % (head, identity_of(request.identity), end, body)

    def tell(self) -> None:
        """Let the metrics have what was counted since."""
        for route, count in self._untold.items():
            self._metrics.count_refused(route, _METHOD, 429, count)
        self._unlogged += self._untold
        self._untold.clear()

    def log(self) -> None:
        """Let the log have what was counted since, a line for each operation."""
        self.tell()
        for route, count in self._unlogged.items():
            times = {"method": _METHOD, "route": route, "status": 429, "requests": count}
            _log.info("%s %s 429, %d times since this was last said", _METHOD, route, count, extra=times)
        self._unlogged.clear()

    def _have_arrived(self) -> None:
        self._arriving = 0


def _head(refusal: Refusal, default_headers: list[tuple[bytes, bytes]]) -> bytes:
    """All of an answer that comes before its id."""
    lines = [b"HTTP/1.1 %d Too Many Requests" % refusal.status]
    lines += [b"%b: %b" % header for header in (*default_headers, *refusal.headers)]
    return b"\r\n".join((*lines, HEADER_NAME + b": "))
