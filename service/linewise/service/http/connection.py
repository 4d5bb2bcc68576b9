"""One connection as uvicorn serves it, but with its writes joined, and with an eye on whether the client moves at all.

uvicorn has a timer between requests, and ``ReadDeadline`` has one while a body is read. In between are clients that
send a request's head byte by byte, go on sending a body that was refused, or take no answers. ``stalled_seconds``
tells for how long a client has been doing that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

_CHANCE_SECONDS = 0.5
"""How long a client that has connected may take to send a request once the service ends."""


class JoinedWrites(asyncio.Transport):
    """A transport that hands on at once what one step of the event loop writes: an answer's head with its body.

    Each call to the system costs more than the answer to a short text does, the more so as it lets another thread take
    the interpreter.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes | bytearray | memoryview] = []
        self._handed_on = 0

    @property
    def taken_bytes(self) -> int:
        """How many bytes the system has taken so far, most of which have reached the client."""
        return self._handed_on - self._transport.get_write_buffer_size()

    def get_write_buffer_size(self) -> int:
        """How many bytes have been written and not yet been taken by the system."""
        return self._transport.get_write_buffer_size() + sum(map(len, self._parts))

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write, at the end of this step of the event loop."""
        if data:
            if not self._parts:
                self._loop.call_soon(self._hand_on)
            self._parts.append(data)

    def write_at_once(self, data: bytes) -> None:
        """Write what is whole by itself."""
        self._hand_on()
        self._handed_on += len(data)
        self._transport.write(data)

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Write several pieces."""
        for data in list_of_data:
            self.write(data)

    def close(self) -> None:
        """Close, once all that was written is sent."""
        self._hand_on()
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._parts.clear()
        self._transport.abort()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What the transport knows of its connection."""
        return self._transport.get_extra_info(name, default)

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        """Let what the client sends wait in the system."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        self._transport.resume_reading()

    def _hand_on(self) -> None:
        if self._parts:
            joined = b"".join(self._parts)
            self._parts.clear()
            self._handed_on += len(joined)
            self._transport.write(joined)


class Connection(H11Protocol):
    """A connection whose writes are joined, and that knows when its client last moved."""

    _last_state: object = None
    _since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to serve."""
        self._joined = JoinedWrites(transport, self.loop)
        super().connection_made(self._joined)

    def stalled_seconds(self, now: float) -> float:
        """For how long, as far as it was asked this, the client has neither sent a head whole nor taken any bytes."""
        between_requests = self.cycle is None or self.cycle.response_complete
        # uvicorn's own timer runs until the first byte of the next request.
        sends_no_head = between_requests and self.timeout_keep_alive_task is None
        takes_nothing = self._joined.get_write_buffer_size() > 0
        if not sends_no_head and not takes_nothing:
            self._last_state = None
            return 0.0
        state = (self.cycle, self._joined.taken_bytes)
        if state != self._last_state:
            self._last_state = state
            self._since = now
        return now - self._since

    def shutdown(self) -> None:
        """Close, once the request under way is answered; one that has only just connected gets its chance to ask."""
        if self.cycle is None:
            self.loop.call_later(_CHANCE_SECONDS, super().shutdown)
        else:
            super().shutdown()
