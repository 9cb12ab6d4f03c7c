"""Two ends of an exchange with a disk and a stream each, run by hand: nothing is timed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import assert_never
from uuid import UUID

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_core.credit import guest_end, node_end
from worldvpn_core.credit.exchange import (
    Action,
    Allow,
    Closed,
    Count,
    Counted,
    Event,
    Hang,
    Keep,
    Kept,
    LastWord,
    NotStored,
    Opened,
    Received,
    Send,
    Stop,
    Stored,
)
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.frames import Reason
from worldvpn_core.credit.guest_end import GuestEnd
from worldvpn_core.credit.node_state import CLAIM_MS, NodeEnd
from worldvpn_core.credit.receipt import Receipt
from worldvpn_core.credit.ticket import Ticket
from worldvpn_core.credit.units import MEBIBYTE

GUEST_KEY = Ed25519PrivateKey.from_private_bytes(b"g" * 32)
NODE_KEY = Ed25519PrivateKey.from_private_bytes(b"n" * 32)
FLOAT_BYTES = 4 * MEBIBYTE
TICKET = Ticket(
    session=UUID(int=1),
    node=UUID(int=2),
    guest_x25519=bytes([3]) * 32,
    node_x25519=bytes([4]) * 32,
    guest_ed25519=GUEST_KEY.public_key().public_bytes_raw(),
    node_ed25519=NODE_KEY.public_key().public_bytes_raw(),
    cap_bytes=1_024 * MEBIBYTE,
    price_ticks=5,
    float_bytes=FLOAT_BYTES,
    not_before_s=0,
    not_after_s=1_000_000,
    key_id=bytes(16),
)


class Killed(Exception):  # noqa: N818 - what happened, not what is wrong
    """The process is gone, in the middle of what it did."""


@attrs.define(eq=False)
class Disk:
    """Keeps one value; ``left`` counts down to a kill in the middle of a write."""

    kept: Kept | None = None
    #: Steps until the process is killed: before the write, after it, after the signature.
    left: int | None = None
    is_full: bool = False
    #: What is asked of it waits until ``Side.stores``.
    is_slow: bool = False

    def step(self) -> None:
        """Be killed here, if it was to be. Raises Killed."""
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Killed


@attrs.define(eq=False)
class Side:
    """One end: what it has counted in truth, what it signed, what it sent and was told."""

    begin: Callable[[Ticket, int, Kept | None, bytes | None], NodeEnd | GuestEnd]
    key: Ed25519PrivateKey
    ticket: Ticket = TICKET
    disk: Disk = attrs.field(factory=Disk)
    #: What it says that it has counted, of what is true.
    says: Callable[[Figures], Figures] = lambda figures: figures
    true: Figures = attrs.field(factory=Figures)
    now_ms: int = 0
    signed: list[bytes] = attrs.field(factory=list)
    outbox: list[bytes] = attrs.field(factory=list)
    stopped: Reason | None = None
    words: list[bytes | None] = attrs.field(factory=list)
    allowed_bytes: int = 0
    hung: bool = False
    waiting: Kept | None = None
    #: It was killed, and hears nothing until it is started again.
    is_dead: bool = False
    end: NodeEnd | GuestEnd = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin, or go on from the disk."""
        kept = self.disk.kept
        signed = None if kept is None or kept.own is None else self.sign(kept.own)
        self.end = self.begin(self.ticket, self.now_ms, kept, signed)
        self.is_dead = False
        self.outbox.clear()
        self.waiting = None

    def stores(self) -> None:
        """Let the slow disk do what it was asked."""
        kept, self.waiting = self.waiting, None
        if kept is not None and not self.is_dead:
            try:
                event = self._kept(kept)
            except Killed:
                self.is_dead = True
            else:
                self.hears(event)

    def sign(self, receipt: Receipt) -> bytes:
        signed = receipt.sign(self.key)
        if signed not in self.signed:
            self.signed.append(signed)
        return signed

    def hears(self, *events: Event) -> None:
        """Let each of ``events`` happen, and everything that follows from it."""
        waiting = [] if self.is_dead else list(events)
        try:
            while waiting:
                waiting.extend(self._do(self._step(waiting.pop(0))))
        except Killed:
            self.is_dead = True

    def opens(self) -> None:
        self.hung = False
        self.hears(Opened(now_ms=self.now_ms))

    def closes(self) -> None:
        self.hears(Closed(now_ms=self.now_ms))

    def reads(self, data: bytes) -> None:
        self.hears(Received(now_ms=self.now_ms, data=data))

    def counts(self) -> None:
        self.hears(Counted(now_ms=self.now_ms, figures=self.says(self.true)))

    def _step(self, event: Event) -> tuple[Action, ...]:
        if isinstance(self.end, NodeEnd):
            self.end, actions = node_end.step(self.end, event)
        else:
            self.end, actions = guest_end.step(self.end, event)
        return actions

    def _do(self, actions: Iterable[Action]) -> Iterable[Event]:
        for action in actions:
            match action:
                case Send(data=data):
                    self.outbox.append(data)
                case Hang():
                    self.hung = True
                case Keep(kept=kept):
                    assert self.waiting is None
                    if self.disk.is_slow:
                        self.waiting = kept
                    else:
                        yield self._kept(kept)
                case Count():
                    yield Counted(now_ms=self.now_ms, figures=self.says(self.true))
                case Allow(total_bytes=total_bytes):
                    self.allowed_bytes = total_bytes
                case Stop(reason=reason):
                    self.stopped = reason
                case LastWord(signed=signed):
                    self.words.append(signed)
                case _:
                    assert_never(action)

    def _kept(self, kept: Kept) -> Event:
        assert kept.own is not None
        self.disk.step()
        if self.disk.is_full:
            return NotStored(now_ms=self.now_ms)
        self.disk.kept = kept
        self.disk.step()
        signed = self.sign(kept.own)
        self.disk.step()
        return Stored(now_ms=self.now_ms, signed=signed)


def node(disk: Disk | None = None) -> Side:
    return Side(begin=NodeEnd.resumed, key=NODE_KEY, disk=disk or Disk())


def guest(disk: Disk | None = None) -> Side:
    return Side(begin=GuestEnd.resumed, key=GUEST_KEY, disk=disk or Disk())


@attrs.define(eq=False)
class Pair:
    """A node, a guest and the stream between them; both clocks go together."""

    node: Side = attrs.field(factory=node)
    guest: Side = attrs.field(factory=guest)
    is_open: bool = False

    def opens(self) -> None:
        """Let the guest open a stream; what was in the one before is lost."""
        self.closes()
        self.is_open = True
        self.node.opens()
        self.guest.opens()

    def closes(self) -> None:
        self.node.outbox.clear()
        self.guest.outbox.clear()
        if self.is_open:
            self.is_open = False
            self.node.closes()
            self.guest.closes()

    def passes(self, milliseconds: int) -> None:
        """Let time pass, and both ends count."""
        for side in (self.node, self.guest):
            side.now_ms += milliseconds
            side.counts()

    def carries(self, up_bytes: int, down_bytes: int) -> None:
        """Let the node carry as much of this as it may; both ends count it."""
        room = max(0, self.node.allowed_bytes - self.node.true.total_bytes)
        up_bytes = min(up_bytes, room)
        down_bytes = min(down_bytes, room - up_bytes)
        for side in (self.node, self.guest):
            side.true = Figures(
                up_bytes=side.true.up_bytes + up_bytes,
                down_bytes=side.true.down_bytes + down_bytes,
            )

    def delivers(self, turns: int = 100) -> None:
        """Let arrive what was sent, until nobody says any more."""
        for _ in range(turns):
            if not self._delivered(self.node, self.guest) | self._delivered(self.guest, self.node):
                return

    def _delivered(self, sender: Side, receiver: Side) -> bool:
        if not sender.outbox or not self.is_open:
            return False
        receiver.reads(sender.outbox.pop(0))
        if receiver.hung:
            # What it sent before it hung up still arrives.
            while receiver.outbox and not sender.hung:
                sender.reads(receiver.outbox.pop(0))
            self.closes()
        return True


def said(side: Side) -> Figures:
    """Return what ``side`` has signed in the end."""
    return Figures.of(side.disk.kept.own) if side.disk.kept else Figures()


def running() -> Pair:
    pair = Pair()
    pair.passes(0)
    pair.opens()
    pair.delivers()
    return pair


def carried(pair: Pair, up_bytes: int, down_bytes: int) -> None:
    """Let traffic pass a second at a time until all of it is carried and answered for."""
    while up_bytes + down_bytes:
        before = pair.node.true
        pair.carries(min(up_bytes, MEBIBYTE), min(down_bytes, MEBIBYTE))
        up_bytes -= pair.node.true.up_bytes - before.up_bytes
        down_bytes -= pair.node.true.down_bytes - before.down_bytes
        pair.passes(1_000)
        pair.delivers()
        assert pair.node.true != before
    pair.passes(CLAIM_MS)
    pair.delivers()
