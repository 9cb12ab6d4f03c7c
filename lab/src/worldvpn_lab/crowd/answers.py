"""The guest's end of its session's receipts, as core has it, on a stream of its own.

What a daemon writes to disk before it signs is kept in memory here: these guests are not killed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_core.credit import guest_end
from worldvpn_core.credit.exchange import (
    Action,
    Closed,
    Count,
    Counted,
    Event,
    Finish,
    Hang,
    Keep,
    LastWord,
    Opened,
    Received,
    Send,
    Stop,
    Stored,
)
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.guest_end import GuestEnd
from worldvpn_core.receipts.running import now_ms
from worldvpn_core.types import RECEIPTS_PORT, IpAddress
from worldvpn_lab.crowd.member import Admission

_READ_BYTES = 4_096


@attrs.define(eq=False)
class Answers:
    """Answers a node's claims with what ``counted`` says; ``stopped`` is why it must not go on."""

    end: GuestEnd
    key: Ed25519PrivateKey = attrs.field(repr=False)
    counted: Callable[[], Figures]
    answered: int = 0
    stopped: str | None = None
    last_word: bytes | None = None
    _writer: asyncio.StreamWriter | None = None

    @classmethod
    def of(cls, admission: Admission, counted: Callable[[], Figures]) -> Answers:
        """Return the end of a session that has only just been opened."""
        key = Ed25519PrivateKey.from_private_bytes(admission.keys.ed25519)
        return cls(GuestEnd.resumed(admission.ticket, now_ms()), key, counted)

    @property
    def signed(self) -> Figures:
        """What both ends have signed for by now."""
        return Figures.of(self.end.kept.own)

    async def follow(self, own: IpAddress, node: IpAddress) -> None:
        """Keep one stream to ``node`` until it ends. Raises OSError: it cannot be opened."""
        reader, writer = await asyncio.open_connection(
            str(node), RECEIPTS_PORT, local_addr=(str(own), 0)
        )
        self._writer = writer
        self._take(Opened(now_ms=now_ms()))
        try:
            while data := await reader.read(_READ_BYTES):
                self._take(Received(now_ms=now_ms(), data=data))
        finally:
            self._writer = None
            writer.close()
            self._take(Closed(now_ms=now_ms()))

    def tick(self) -> None:
        """Take a count, as a daemon does each second."""
        self._take(Counted(now_ms=now_ms(), figures=self.counted()))

    async def finish(self) -> bytes | None:
        """Leave; return the last word, once the node has claimed the rest."""
        self._take(Finish(now_ms=now_ms()))
        while not self.end.over:
            await asyncio.sleep(guest_end.FINISH_MS / 8_000)
            self.tick()
        return self.last_word

    def _take(self, event: Event) -> None:
        waiting: deque[Event] = deque([event])
        while waiting:
            self.end, actions = guest_end.step(self.end, waiting.popleft())
            for action in actions:
                if (more := self._do(action)) is not None:
                    waiting.append(more)

    def _do(self, action: Action) -> Event | None:
        match action:
            case Send(data=data) if self._writer is not None:
                self._writer.write(data)
            case Hang() if self._writer is not None:
                with contextlib.suppress(OSError):
                    self._writer.close()
            case Keep(kept=kept) if kept.own is not None:
                self.answered += kept.other != self.end.kept.other
                return Stored(now_ms=now_ms(), signed=kept.own.sign(self.key))
            case Count():
                return Counted(now_ms=now_ms(), figures=self.counted())
            case Stop(reason=reason):
                self.stopped = reason.code
            case LastWord(signed=signed):
                self.last_word = signed
            case _:
                pass
        return None
