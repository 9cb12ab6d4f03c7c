"""Letting a connection go: what was answered arrives, and nobody is waited for in vain.

A connection over TLS is closed by saying so, and the peer says so, too (close_notify). Who has
vanished never does, nor who looks at the connection only when it is used again, as HTTP clients do
with those they keep: the event loop waits 30 s for them. The protocol does not ask for that
(RFC 8446 section 6.1).
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Final, Self

import attrs

#: How often it is looked at whether a connection can be dropped.
LOOK_S: Final = 0.25
#: A peer that takes nothing of what is due to it for so many looks, 2 s, has vanished. Looks, so
#: that what nobody looked at while this process had no turn does not count.
STALLED_LOOKS: Final = 8

#: struct tcp_info of linux/tcp.h, up to Linux 4.6's: what is in it never moves.
_INFO: Final = struct.Struct("=24xI92xQ16xI")


@attrs.frozen
class Sent:
    """What has become of the bytes given to a connection, as the kernel has it."""

    #: How many the peer has acknowledged.
    acknowledged: int
    #: Whether there are others, on their way or not sent yet.
    is_due: bool

    @classmethod
    def on(cls, transport: asyncio.Transport) -> Self | None:
        """Ask the kernel (TCP_INFO, tcp(7)); None: the connection is gone."""
        sock = transport.get_extra_info("socket")
        try:
            raw = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
        except OSError:
            return None
        unacknowledged, acknowledged, unsent = _INFO.unpack(raw)
        is_due = bool(unacknowledged or unsent or transport.get_write_buffer_size())
        return cls(acknowledged, is_due)


@attrs.define(eq=False)
class Parting:
    """Drops ``transport`` once all of its answers have arrived, or the peer takes no more of them.

    ``is_answering`` says that an answer is still being made. ``end`` it once that is lost.
    """

    _transport: asyncio.Transport
    _is_answering: Callable[[], bool]
    _last: Sent | None = attrs.field(init=False)
    _silent_looks: int = attrs.field(default=0, init=False)
    _looking: asyncio.TimerHandle = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._last = Sent.on(self._transport)
        self._look_later()

    def end(self) -> None:
        """Look no more."""
        self._looking.cancel()

    def _look(self) -> None:
        last, self._last = self._last, Sent.on(self._transport)
        if last is None or self._last is None:
            return
        is_waiting = self._is_answering() and not self._last.is_due
        is_silent = self._last.acknowledged == last.acknowledged and not is_waiting
        self._silent_looks = self._silent_looks + 1 if is_silent else 0
        # Once nothing is due, and was not at the last look, the goodbye has arrived, too.
        is_done = is_silent and not (self._last.is_due or last.is_due)
        if is_done or self._silent_looks >= STALLED_LOOKS:
            self._transport.abort()
        else:
            self._look_later()

    def _look_later(self) -> None:
        self._looking = asyncio.get_running_loop().call_later(LOOK_S, self._look)
