"""What goes wrong in the event loop itself, outside of any request: logged as all else is, and never in floods.

Without a handler of its own asyncio logs the representations of whatever is involved, which may hold source text. And
where no descriptor is left for a connection, it says so a hundred thousand times a second, for as long as that lasts.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from typing import Any

from ..logs import describe_fault

PAUSE_SECONDS = 10.0
"""Between two entries that say that no connection can be taken."""
_SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_log = logging.getLogger("linewise.server")


class LoopFaults:
    """The handler to be given to ``loop.set_exception_handler``."""

    def __init__(self) -> None:
        self._said = -PAUSE_SECONDS

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log what went wrong."""
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in _SHORTAGES and "socket" in context:
            if loop.time() >= self._said + PAUSE_SECONDS:
                self._said = loop.time()
                _log.error("connections wait, for none can be taken: %s", error.strerror)
            return
        # The message beside an error names what was called, and with what.
        fault = describe_fault(error) if isinstance(error, BaseException) else context["message"]
        _log.error("the event loop failed with %s", fault)
