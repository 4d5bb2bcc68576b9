"""API keys: made by the service, kept only as hashes, checked in constant time, each with a rate.

A file of keys has a line for each: ``NAME SHA256``, and the requests a minute that it may make where that is another
number than for all: ``NAME SHA256 600``. Blank lines and those that start with ``#`` say nothing.

Keys are 256 random bits, so one round of SHA-256 protects them: nobody can guess at them by trying, which is what slow
hashes are for. That is also why keys are made by ``linewise new-key`` and never chosen.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PREFIX = "lw_"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HASH = re.compile(r"[0-9a-f]{64}")
_RATE = re.compile(r"[1-9][0-9]{0,8}")
_MAX_FILE_BYTES = 1 << 20


class KeysError(ValueError):
    """A file of keys that can't be used; the message names the line and what is wrong with it, but no hash."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One key: its name, the hash that tells it, and the requests a minute it may make (None: as many as all)."""

    name: str
    digest: str
    per_minute: int | None = None


def new_key() -> str:
    """A key that nobody has."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(key: str) -> str:
    """What is kept of a key: its SHA-256 in hexadecimal digits."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def is_name(name: str) -> bool:
    """Whether a key may be called so."""
    return _NAME.fullmatch(name) is not None


def read_keys(path: Path) -> tuple[KeyRecord, ...]:
    """The keys of a file; raises KeysError."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_FILE_BYTES + 1)
        text = content.decode("utf-8")
    except OSError as error:
        raise KeysError(f"{path}: {error.strerror or type(error).__name__}") from None
    except UnicodeDecodeError:
        raise KeysError(f"{path}: is not UTF-8") from None
    if len(content) > _MAX_FILE_BYTES:
        raise KeysError(f"{path}: is larger than {_MAX_FILE_BYTES} bytes")
    records = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if words and not words[0].startswith("#"):
            records.append(_record(f"{path}, line {number}", words))
    if not records:
        raise KeysError(f"{path}: has no key; make one with `linewise new-key NAME`")
    return tuple(records)


def _record(place: str, words: Sequence[str]) -> KeyRecord:
    if len(words) not in (2, 3):
        raise KeysError(f"{place}: should be a name, a SHA-256, and perhaps a number of requests a minute")
    if not is_name(words[0]):
        raise KeysError(f"{place}: a name is 1 to 64 letters, digits, dots, hyphens and underscores")
    if _HASH.fullmatch(words[1]) is None:
        raise KeysError(f"{place}: the hash should be 64 hexadecimal digits, as `linewise new-key` prints it")
    if len(words) == 3 and _RATE.fullmatch(words[2]) is None:
        raise KeysError(f"{place}: the requests a minute should be a number from 1 on")
    return KeyRecord(words[0], words[1], int(words[2]) if len(words) == 3 else None)


class KeyRing:
    """The keys that are good, and what each has left of its requests.

    Each key may make ``per_minute`` requests a minute (0: any number), all of them at once if it likes: a bucket that
    fills steadily. To be used from one thread.
    """

    def __init__(self, records: Sequence[KeyRecord], per_minute: float, clock: Callable[[], float]) -> None:
        self._records = tuple(records)
        self._per_minute = per_minute
        self._clock = clock
        self._spent: dict[str, tuple[float, float]] = {}

    def find(self, key: str) -> KeyRecord | None:
        """The key's record, or None; takes as long whichever key it is, and whether it is one."""
        digest = digest_of(key)
        found = None
        for record in self._records:
            if hmac.compare_digest(record.digest, digest):
                found = record
        return found

    def spend(self, record: KeyRecord, share: float = 1.0) -> float:
        """Take one request from what a key has left.

        Args:
            record: the key.
            share: the part of its rate that is to be had here, where several processes serve.

        Returns:
            0 if it had one left, else the seconds until it has.
        """
        rate = (record.per_minute or self._per_minute) * share
        if rate <= 0:
            return 0.0
        now = self._clock()
        most = max(1.0, rate)
        left, since = self._spent.get(record.digest, (most, now))
        left = min(most, left + (now - since) * rate / 60)
        if left < 1:
            self._spent[record.digest] = (left, now)
            return (1 - left) * 60 / rate
        self._spent[record.digest] = (left - 1, now)
        return 0.0
