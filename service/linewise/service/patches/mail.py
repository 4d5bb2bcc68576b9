"""Patches as they come out of a terminal or a mail program: colours taken off, mail encodings undone."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

_COLOURED = re.compile(rb"^(?:\x1b\[[0-9;]*m)+(?:diff |@@|---)", re.MULTILINE)
_COLOUR = re.compile(rb"\x1b\[[0-9;]*[mK]")
_ENCODED = re.compile(rb"^Content-Transfer-Encoding:\s*(?:quoted-printable|base64)\s*$", re.MULTILINE | re.IGNORECASE)
_FIRST_DIFF = re.compile(rb"^(?:diff --|--- )", re.MULTILINE)
_MESSAGE = re.compile(rb"^From [^\n]*\d{4}\r?\n", re.MULTILINE)


def plain_patch(data: bytes) -> bytes:
    """The patch that was meant: without a terminal's colours, and out of the encodings of mail."""
    if b"\x1b" in data and _COLOURED.search(data):
        data = _COLOUR.sub(b"", data)
    encoded = _ENCODED.search(data)
    if encoded is None:
        return data
    diff = _FIRST_DIFF.search(data)
    if diff is not None and diff.start() < encoded.start():
        return data
    return b"\n".join(_body(message) for message in _MESSAGE.split(data) if message.strip())


def _body(message: bytes) -> bytes:
    """All text parts of a mail, one after the other."""
    parsed = message_from_bytes(message, _class=EmailMessage, policy=policy.default)
    texts = []
    for part in parsed.walk():
        if part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            texts.append(payload)
    return b"\n".join(texts)
