"""File names as patches spell them: quoted or not, with prefixes, with a time stamp behind."""

from __future__ import annotations

import os
import re

NO_FILE = "/dev/null"
_LONGEST_PREFIX = 64
_ESCAPE = re.compile(rb'\\(?:([0-7]{3})|([abtnvfr"\\]))')
_ESCAPED = dict(zip(b'abtnvfr"\\', b'\a\b\t\n\v\f\r"\\', strict=True))
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')


def unquote(name: bytes) -> bytes:
    """A name without the quotes and escapes by which git writes unusual characters."""
    match = _QUOTED.match(name)
    if not match:
        return name
    return _ESCAPE.sub(
        lambda escape: bytes([int(escape[1], 8) & 255 if escape[1] else _ESCAPED[escape[2][0]]]), match[1]
    )


def header_name(rest: bytes) -> bytes:
    """The name in what follows ``---`` or ``+++``: a time stamp may stand behind a tab, or behind two spaces."""
    if rest.startswith(b'"'):
        return unquote(rest)
    return re.split(rb"\t|(?<! )  +(?=\d{4}-\d\d-\d\d )", rest, maxsplit=1)[0].rstrip(b" ")


def split_pair(rest: bytes) -> tuple[bytes, bytes] | None:
    """The two names of a ``diff --git`` line; None where it does not tell where the first of them ends.

    Names with spaces are not quoted there. git leaves the line ambiguous only where both names are the same but for
    their prefixes, for else it names them again below.
    """
    quoted = _QUOTED.match(rest)
    if quoted:
        return unquote(rest), unquote(rest[quoted.end() :].lstrip(b" "))
    if rest.endswith(b'"') and b' "' in rest:
        at = rest.index(b' "')
        return rest[:at], unquote(rest[at + 1 :])
    for match in re.finditer(rb" ", rest):
        first, second = rest[: match.start()], rest[match.end() :]
        if abs(len(first) - len(second)) > _LONGEST_PREFIX:
            continue
        if first == second or (b"/" in first and first.partition(b"/")[2] == second.partition(b"/")[2]):
            return first, second
    parts = rest.split(b" ")
    return (parts[0], parts[1]) if len(parts) == 2 else None


def strip_prefixes(old: bytes | None, new: bytes | None) -> tuple[str | None, str | None]:
    """Both names without the prefixes by which git tells old from new (``a/``, ``b/`` and the like).

    They are taken off only where every name that there is has one, so that a folder ``a`` of a patch without prefixes
    stays.
    """
    old = None if old == os.fsencode(NO_FILE) else old
    new = None if new == os.fsencode(NO_FILE) else new
    if all(name is None or re.match(rb"[abciow12]/", name) for name in (old, new)) and not _same_folder(old, new):
        old, new = (name and name[2:] for name in (old, new))
    return (None if old is None else os.fsdecode(old)), (None if new is None else os.fsdecode(new))


def _same_folder(old: bytes | None, new: bytes | None) -> bool:
    return old is not None and new is not None and old[:2] == new[:2]


def split_binary_pair(rest: bytes) -> tuple[bytes, bytes]:
    """The two names of ``X and Y``, which are of about one length where ``and`` is part of them too."""
    parts = rest.split(b" and ")
    half = max(1, len(parts) // 2)
    return b" and ".join(parts[:half]), b" and ".join(parts[half:])
