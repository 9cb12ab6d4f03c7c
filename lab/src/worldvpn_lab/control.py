"""The line between a lab's holder and those who use it: JSON messages with descriptors.

One SEQPACKET packet is one message. A connection's first packet says what is wanted;
a connection that started a program also carries the news of its end.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping, Sequence
from typing import Any, Final

Message = dict[str, Any]

_MAX_BYTES: Final = 1 << 18
#: Linux's SCM_MAX_FD.
MAX_DESCRIPTORS: Final = 253


def send(line: socket.socket, message: Mapping[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send ``message``, and copies of ``descriptors`` with it."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MAX_BYTES)
    socket.send_fds(line, [json.dumps(message).encode()], descriptors)


def receive(line: socket.socket) -> tuple[Message | None, list[int]]:
    """Return the next message and its descriptors, which are now ours; None at the end."""
    try:
        payload, descriptors, *_ = socket.recv_fds(line, _MAX_BYTES, MAX_DESCRIPTORS)
    except ConnectionResetError:
        return None, []
    return (json.loads(payload) if payload else None), descriptors
