"""Patches as they come out of a terminal or a mail program: colours taken off, mail encodings undone.

What a patch is wrapped in shows before its first diff. So a plain patch, which may be as long as you like, is passed on
line by line; only encoded mails are read as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import IO

LONGEST_HEAD = 1 << 20
"""So many bytes before the first diff are looked through for what the patch is wrapped in."""
_DIFF = re.compile(rb"(?:\x1b\[[0-9;]*m)*(?:diff |@@|--- )")
_COLOUR = re.compile(rb"\x1b\[[0-9;]*[mK]")
_ENCODED = re.compile(rb"Content-Transfer-Encoding:\s*(?:quoted-printable|base64)\s*$", re.IGNORECASE)
_MESSAGE = re.compile(rb"^From [^\n]*\d{4}\r?\n", re.MULTILINE)


def plain_lines(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines of the patch that was meant, without line feeds, colours and the encodings of mail."""
    head: list[bytes] = []
    size = 0
    for line in stream:
        head.append(line)
        size += len(line)
        if _DIFF.match(line) or size > LONGEST_HEAD:
            break
    if any(_ENCODED.match(line) for line in head):
        data = b"".join((*head, stream.read()))
        text = b"\n".join(_body(message) for message in _MESSAGE.split(data) if message.strip())
        yield from text.removesuffix(b"\n").split(b"\n")
        return
    coloured = bool(head) and head[-1].startswith(b"\x1b")
    for lines in (head, stream):
        for line in lines:
            yield (_COLOUR.sub(b"", line) if coloured else line).removesuffix(b"\n")


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
