"""One probe: a handshake and an echo over one socket, in a time that tells a stranger nothing."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import attrs
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from worldvpn_server.clock import Clock
from worldvpn_server.http.source import Address
from worldvpn_server.reach.echo import Echo
from worldvpn_server.reach.noise import Initiation, NoiseError, Transport, initiate
from worldvpn_server.reach.values import Reason

#: How long a probe takes unless it succeeds, whatever comes or does not come back.
PROBE_S: Final = 3.0
_AGAIN_S: Final = 1.0
_MOST_SENT: Final = 3
#: Datagrams looked at: whoever floods us is not read to the end.
_MOST_READ: Final = 64
_RECEIVE_BYTES: Final = 65_536

#: Opens a UDP socket that speaks with one peer only: another host cannot answer in its place.
Dial = Callable[[Address, int], socket.socket]


def dial(address: Address, port: int) -> socket.socket:
    """Return a socket connected to ``address``. Raises OSError: there is no way there."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IPv4
    line = socket.socket(family, socket.SOCK_DGRAM)
    try:
        line.connect((str(address), port))
    except OSError:
        line.close()
        raise
    return line


@attrs.frozen(kw_only=True)
class Question:
    """Whom to shake hands with as whom, and what to ask inside."""

    responder: bytes
    static: X25519PrivateKey = attrs.field(repr=False)
    echo: Echo


class _Arrivals(asyncio.DatagramProtocol):
    """Keeps what arrives, up to a point, and is deaf to errors: a refusal is silence."""

    def __init__(self) -> None:
        self.waiting: asyncio.Queue[bytes] = asyncio.Queue(_MOST_READ)

    def datagram_received(self, data: bytes, addr: object) -> None:
        del addr
        with contextlib.suppress(asyncio.QueueFull):
            self.waiting.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        del exc


@attrs.define(eq=False)
class _Talk:
    """The state of one probe: every handshake that was sent, and the session one of them made."""

    question: Question
    clock: Clock
    open: list[Initiation] = attrs.field(factory=list)
    session: Transport | None = None

    def next(self) -> bytes:
        """Return what to send now: a handshake until one is answered, then the echo."""
        if self.session is not None:
            return self.session.seal(self.question.echo.packet())
        index = secrets.randbits(32)
        later = self.clock.now() + timedelta(seconds=len(self.open))  # replays are dropped there
        made = initiate(self.question.static, self.question.responder, index, later)
        self.open.append(made)
        return made.message

    def hear(self, datagram: bytes) -> bool:
        """Take an answer in; return whether it is the echo. Never raises."""
        if self.session is not None:
            with contextlib.suppress(NoiseError):
                return self.question.echo.is_answered_by(self.session.open(datagram))
            return False
        for each in self.open:
            with contextlib.suppress(NoiseError):
                self.session = each.finish(datagram)
                return False
        return False


async def probe(
    question: Question, address: Address, port: int, clock: Clock, dial: Dial = dial
) -> Reason:
    """Return REACHED as soon as the echo comes back; NO_ECHO or NO_ANSWER after ``PROBE_S``."""
    talk = _Talk(question, clock)
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + PROBE_S
    try:
        found = await _within(talk, dial, address, port, deadline_s)
    except (OSError, NoiseError):
        found = False
    if found:
        return Reason.REACHED
    await asyncio.sleep(deadline_s - loop.time())
    return Reason.NO_ANSWER if talk.session is None else Reason.NO_ECHO


async def _within(talk: _Talk, dial: Dial, address: Address, port: int, deadline_s: float) -> bool:
    loop = asyncio.get_running_loop()
    line = dial(address, port)
    sender, arrivals = await loop.create_datagram_endpoint(_Arrivals, sock=line)
    try:
        for number in range(_MOST_SENT):
            sender.sendto(talk.next())
            until_s = deadline_s if number == _MOST_SENT - 1 else loop.time() + _AGAIN_S
            if await _listen(talk, sender, arrivals, until_s):
                return True
        return False
    finally:
        sender.close()


async def _listen(
    talk: _Talk, sender: asyncio.DatagramTransport, arrivals: _Arrivals, until_s: float
) -> bool:
    """Hear answers until then; once shaken hands, ask at once."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(until_s):
            while True:
                shaken = talk.session is not None
                if talk.hear(await arrivals.waiting.get()):
                    return True
                if talk.session is not None and not shaken:
                    sender.sendto(talk.next())
    return False
