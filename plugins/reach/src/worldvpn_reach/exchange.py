"""One question and its answer over a socket that is connected already."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Final, TypeVar

import h11

from worldvpn_reach.upnp import MOST_BYTES, SenselessError

_T = TypeVar("_T")

#: A lost datagram is sent again after each of these (RFC 6887 §8.1.1 begins with 3 s and goes on
#: for ever: a router one hop away answers at once, or does not).
TRIES_S: Final = (0.25, 0.5, 1.0)
#: How long a router may take for one order.
ORDER_S: Final = 3.0
#: Datagrams that are looked at: whoever floods us is not read to the end.
_MOST_READ: Final = 32


async def asked(
    line: socket.socket, datagram: bytes, read: Callable[[bytes], _T]
) -> tuple[_T | None, bool]:
    """Send ``datagram`` until ``read`` makes sense of an answer: it returns None where it does not.

    The second value: whether anything came at all. Raises OSError: nobody listens there.
    """
    loop = asyncio.get_running_loop()
    heard = 0
    for wait_s in TRIES_S:
        await loop.sock_sendall(line, datagram)
        try:
            async with asyncio.timeout(wait_s):
                while heard < _MOST_READ:
                    came = await loop.sock_recv(line, MOST_BYTES)
                    heard += 1
                    if (meant := read(came)) is not None:
                        return meant, True
        except TimeoutError:
            continue
    return None, heard > 0


async def ordered(
    line: socket.socket, request: h11.Request, body: bytes = b""
) -> tuple[int, bytes]:
    """Send an HTTP request; return status and body of its answer.

    Raises:
        SenselessError: it is no HTTP, or too long, or nothing came within ``ORDER_S``.
        OSError: the connection broke.
    """
    loop = asyncio.get_running_loop()
    talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_BYTES)
    parts = (request, h11.Data(data=body), h11.EndOfMessage())
    sent = b"".join(talk.send(part) or b"" for part in parts)
    try:
        async with asyncio.timeout(ORDER_S):
            await loop.sock_sendall(line, sent)
            return await _answer(line, talk)
    except TimeoutError:
        raise SenselessError("no answer in time") from None
    except h11.RemoteProtocolError:
        raise SenselessError("no HTTP") from None


async def _answer(line: socket.socket, talk: h11.Connection) -> tuple[int, bytes]:
    loop = asyncio.get_running_loop()
    status, body = 0, b""
    while True:
        match talk.next_event():
            case h11.NEED_DATA:
                talk.receive_data(await loop.sock_recv(line, MOST_BYTES))
            case h11.Response(status_code=status):
                pass
            case h11.Data(data=data):
                body += data
                if len(body) > MOST_BYTES:
                    raise SenselessError("too long")
            case h11.EndOfMessage() | h11.ConnectionClosed():
                return status, body
            case _:
                pass
