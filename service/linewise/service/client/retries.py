"""When to ask again: after a 429, as the service says, and not for ever."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_TOO_MANY_REQUESTS = 429
_UNTOLD_SECONDS = 1.0
_SPREAD = 0.25
"""Clients that were refused together shall not all come back together."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How long a client keeps asking.

    Attributes:
        attempts: how often it asks in all; 1 for never again.
        longest_wait_seconds: it does not wait where the service asks for more than this.
    """

    attempts: int = 5
    longest_wait_seconds: float = 30.0

    def wait_seconds(self, attempt: int, status: int, headers: Mapping[str, str]) -> float | None:
        """How long to wait before asking again, or None for not at all, after an attempt, the first being 1."""
        if status != _TOO_MANY_REQUESTS or attempt >= self.attempts:
            return None
        told = retry_after_seconds(headers)
        wait = _UNTOLD_SECONDS if told is None else told
        if wait > self.longest_wait_seconds:
            return None
        return wait * random.uniform(1.0, 1.0 + _SPREAD)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """What the header Retry-After says: seconds, or a date; None where it is missing or neither."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
