"""Whether an answer has begun: until then another one can take its place, and after that only the connection's end."""

from __future__ import annotations

from starlette.types import Message, Send


class NotedSend:
    """A ``send`` that notes in ``begun`` whether it has sent an answer's head."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def __call__(self, message: Message) -> None:
        """Send, and take note."""
        if message["type"] == "http.response.start":
            self.begun = True
        await self._send(message)
