"""A connection that lets requests in through the gate, and refuses itself those that find it shut."""

from __future__ import annotations

from typing import Any

import h11

from .connection import Connection
from .gate import Gate, PlainRequest, read_plain


class GatedConnection(Connection):
    """A connection behind a gate. What it refuses h11 never sees, for which no request has been made then.

    Args:
        gate: the gate, one for all connections.
        others: what uvicorn gives to any connection.
    """

    def __init__(self, *, gate: Gate, **others: Any) -> None:
        super().__init__(**others)
        self._gate = gate
        # Clients mostly begin each request as they began the one before.
        self._last_refused: PlainRequest | None = None
        # What is still to come of the body of a request that was refused, and whether the connection ends after it.
        self._unread_bytes = 0
        self._is_last = False
        self._refused_at = 0.0

    def data_received(self, data: bytes) -> None:
        """Take what the client has sent."""
        if self._unread_bytes:
            dropped = min(self._unread_bytes, len(data))
            self._unread_bytes -= dropped
            data = b"" if self._is_last else data[dropped:]
            if not self._unread_bytes:
                self._end_refusing()
        while data and self._is_between_requests():
            if not self._gate.is_shut:
                self._gate.let_in(self.loop)
                break
            data, refused = self._refuse(data)
            if not refused:
                break
        if data:
            super().data_received(data)

    def timeout_keep_alive_handler(self) -> None:
        """Called some seconds after the last request but for those that were refused since."""
        left_seconds = self._refused_at + self.timeout_keep_alive - self.loop.time()
        if left_seconds > 0:
            # To move a timer with each refusal would cost a good part of what a refusal does.
            self.timeout_keep_alive_task = self.loop.call_later(left_seconds, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def _is_between_requests(self) -> bool:
        conn = self.conn
        return conn.our_state is h11.IDLE and conn.their_state is h11.IDLE and not conn.trailing_data[0]

    def _refuse(self, data: bytes) -> tuple[bytes, bool]:
        """What is left of some bytes once the request that they begin with is refused; and whether it could be."""
        # A client that takes no answers is kept waiting by those who make them.
        if self.flow.write_paused or self.transport.is_closing():
            return data, False
        request = self._last_refused
        if request is None or not data.startswith(request.head):
            request = read_plain(data)
        if request is None:
            return data, False
        answer = self._gate.refuse(request, self.server_state.default_headers)
        if answer is None:
            return data, False
        self._joined.write_at_once(answer)
        self.server_state.total_requests += 1
        self._last_refused = request
        self._is_last = request.is_last
        self._refused_at = self.loop.time()
        end = len(request.head) + request.body_bytes
        self._unread_bytes = max(0, end - len(data))
        if self._unread_bytes:
            self._unset_keepalive_if_required()
        elif self._is_last or self.timeout_keep_alive_task is None:
            self._end_refusing()
        # What comes after the last request is none.
        return b"" if self._is_last else data[end:], True

    def _end_refusing(self) -> None:
        """Go on once all of a request that was refused has come."""
        self._unset_keepalive_if_required()
        if self._is_last:
            # Not before: a connection that is closed with bytes unread is reset, and the answer may be lost.
            self.transport.close()
        else:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
