"""The last connections of a service that ends: taken, every one that a client holds for made, and no more are made.

The system resets connections that wait on a socket as it is closed, and between a last look at those that wait and the
closing more may come. So on Linux the socket is first told to let no connection begin. Clients that ask for one get no
word, ask anew a second later, and are refused by then, or taken by the next service.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import socket
import struct
import sys

SETTLING_SECONDS = 0.2
"""For connections that had begun: longer than most ways to a client and back take."""
_SO_ATTACH_FILTER = 26
_LOAD_BYTE, _AND, _JUMP_IF_EQUAL, _RETURN = 0x30, 0x54, 0x15, 0x06
_FLAGS_OFFSET = 13
_SYN, _ACK = 0x02, 0x10
_DROP_FIRST_PACKETS = b"".join(
    struct.pack("@HBBI", *step)
    for step in (
        (_LOAD_BYTE, 0, 0, _FLAGS_OFFSET),
        (_AND, 0, 0, _SYN | _ACK),
        (_JUMP_IF_EQUAL, 0, 1, _SYN),
        (_RETURN, 0, 0, 0),
        (_RETURN, 0, 0, 0xFFFFFFFF),
    )
)
"""A program of the system's packet filter, which sees packets from TCP's header on; the first one has SYN alone."""


async def let_none_begin(listeners: list[socket.socket]) -> None:
    """Let no further connection begin on these sockets, in whatever process, and wait for those that have begun."""
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(_DROP_FIRST_PACKETS, len(_DROP_FIRST_PACKETS))
    described = struct.pack("@HP", len(_DROP_FIRST_PACKETS) // struct.calcsize("@HBBI"), ctypes.addressof(program))
    for listener in listeners:
        # Without it, what comes in the last moment is reset.
        with contextlib.suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)
    await asyncio.sleep(SETTLING_SECONDS)


def take_waiting(listeners: list[socket.socket]) -> list[socket.socket]:
    """The connections that wait on these sockets."""
    taken = []
    for listener in listeners:
        with contextlib.suppress(OSError):
            while True:
                taken.append(listener.accept()[0])
    return taken
