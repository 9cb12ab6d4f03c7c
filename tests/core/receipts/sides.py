"""A node's side and a guest's, with real streams between them: an agent each, in this process."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import TypeVar, cast
from uuid import UUID

import attrs

from tests.core.credit.ends import FLOAT_BYTES, GUEST_KEY, NODE_KEY, TICKET
from tests.core.receipts.samples import book
from tests.core.vault.power import CuttableDisk
from worldvpn_core.agent.frame_messages import (
    FrameGiven,
    FrameRead,
    FramesOver,
    ReadFrames,
    StreamHung,
)
from worldvpn_core.agent.frames import FramesSide
from worldvpn_core.agent.link import AgentLink
from worldvpn_core.agent.session import Session
from worldvpn_core.agent.spec import Ears
from worldvpn_core.central.leases import FreshKeys, Lease
from worldvpn_core.central.place import Place
from worldvpn_core.central.replies import Granted
from worldvpn_core.contracts import NamespacePlan, Watched
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.frames import Reason
from worldvpn_core.credit.ticket import Ticket
from worldvpn_core.errors import ShareError
from worldvpn_core.receipts.book import Book
from worldvpn_core.receipts.guest_side import AroundGuests, GuestSide
from worldvpn_core.receipts.intake import Intake
from worldvpn_core.receipts.node_side import NodeSide, Seat
from worldvpn_core.testing.namespace_fakes import FakeNamespace
from worldvpn_core.types import NODE, NODE_UPLINK, Endpoint, IpAddress

_T = TypeVar("_T")
SESSION = str(TICKET.session)
#: The node's own address is the third of a guest's network; the guest is seen as 127.0.0.1.
GUEST, NODE4 = ip_address("127.0.57.4"), ip_address("127.0.57.2")
SEEN = (ip_address("127.0.0.1"),)
PATIENCE_S = 10.0
#: Without a thought for today: a ticket of ``ends`` has not ended yet.
TICKET_NOW = attrs.evolve(TICKET, not_after_s=int(time.time()) + 86_400)


class InProcess:
    """An agent that reads in this very process."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._ears: dict[int, Ears] = {}
        self._side = FramesSide(self._heard)

    async def session(self) -> Session:
        return cast(Session, self)

    async def ask(
        self,
        request: ReadFrames,
        expects: type[FramesOver],
        *,
        via: Ears,
        descriptors: Sequence[int],
        begun: Callable[[int], None],
    ) -> FramesOver:
        assert expects is FramesOver
        request = attrs.evolve(request, id=next(self._ids))
        self._ears[request.id] = via
        self._side.begin(request)
        begun(request.id)
        return await self._side.serve(request, descriptors[0])

    async def tell(self, message: FrameGiven | StreamHung) -> None:
        if isinstance(message, FrameGiven):
            self._side.give(message)
        else:
            self._side.hang(message)

    async def _heard(self, frame: FrameRead) -> None:
        self._ears[frame.request].heard(frame.data)


class Counters:
    """What both kernels count, and what the node's lets through."""

    def __init__(self) -> None:
        self.node = Figures()
        self.guest = Figures()
        #: The guest says so many times less than came down.
        self.says = 1
        self.room_bytes: int | None = None
        self.has_node = True
        self.is_slow = False
        self.is_counted = False
        self.moved = asyncio.Event()

    def carry(self, up_bytes: int, down_bytes: int) -> int:
        """Let the node carry so much, or what there is room for; return how much it was."""
        room = up_bytes + down_bytes if self.room_bytes is None else self.room_bytes
        up_bytes = min(up_bytes, room)
        down_bytes = min(down_bytes, room - up_bytes)
        more = Figures(up_bytes=up_bytes, down_bytes=down_bytes)
        self.node, self.guest = _added(self.node, more), _added(self.guest, more)
        if self.room_bytes is not None:
            self.room_bytes -= more.total_bytes
        return more.total_bytes

    async def carried(self) -> Mapping[IpAddress, Figures]:
        if not self.has_node:
            raise ShareError("there is no node")
        if self.is_slow:
            await asyncio.sleep(0.05)
        return dict.fromkeys(SEEN, self.node)

    async def allow(
        self, rooms: Mapping[tuple[IpAddress, ...], int]
    ) -> Collection[tuple[IpAddress, ...]]:
        if not self.has_node:
            raise ShareError("there is no node")
        if SEEN not in rooms:
            return ()
        self.room_bytes = rooms[SEEN]
        self.moved.set()
        return (SEEN,)

    async def watched(self) -> Mapping[IpAddress, Watched]:
        return {}

    async def begin(self, interface: str, node: IpAddress, node6: IpAddress) -> None:
        assert (interface, node) == ("lo", NODE4), node6
        self.is_counted = True

    async def read(self, interface: str) -> Figures | None:
        if interface != "lo" or not self.is_counted:
            return None
        return attrs.evolve(self.guest, down_bytes=self.guest.down_bytes // self.says)

    async def end(self, interface: str) -> None:
        assert interface == "lo"
        self.is_counted = False

    async def sweep(self) -> None:
        self.is_counted = False


class Here(FakeNamespace):
    """This very network, as the node's."""

    def __init__(self) -> None:
        super().__init__(
            NamespacePlan(name=NODE, uplink=NODE_UPLINK, prefixes=(ip_network("127.0.57.0/24"),))
        )

    async def run(self, work: Callable[[], _T]) -> _T:
        return work()


def lease() -> Lease:
    """Return what the guest holds of the session."""
    return Lease(
        place=Place.parse("fastest"),
        transport="wireguard",
        granted=Granted(
            session_id=SESSION,
            node_id=str(TICKET.node),
            country="DE",
            endpoint=Endpoint(host=ip_address("203.0.113.7"), port=51_820),
            node_x25519=TICKET.node_x25519,
            assigned4=GUEST,
            assigned6=ip_address("fd57::4"),
            dns=(),
            allowed=(ip_network("0.0.0.0/0"),),
            mtu_bytes=1_420,
            ticket=b"ticket",
            expires_s=TICKET_NOW.not_after_s,
        ),
        keys=FreshKeys(x25519=bytes(32), ed25519=GUEST_KEY.private_bytes_raw()),
        expires_s=TICKET_NOW.not_after_s,
        cap_bytes=TICKET.cap_bytes,
    )


@attrs.define(eq=False)
class Sides:
    """Both sides of one session, with a book each."""

    counters: Counters
    node_book: Book | None
    guest_book: Book | None
    node: NodeSide = attrs.field(init=False)
    guest: GuestSide = attrs.field(init=False)
    intake: Intake = attrs.field(init=False)
    ticket: Ticket = TICKET_NOW
    stopped: asyncio.Queue[tuple[str, Reason]] = attrs.field(factory=asyncio.Queue)
    drained: list[tuple[str, Reason]] = attrs.field(factory=list)
    tickets: list[bytes] = attrs.field(factory=list)
    words: asyncio.Queue[tuple[str, bytes | None]] = attrs.field(factory=asyncio.Queue)
    running: asyncio.Task[None] | None = None

    @classmethod
    async def made(cls) -> Sides:
        made = cls(Counters(), await book(CuttableDisk()), await book(CuttableDisk()))
        made.node = NodeSide(
            made.counters,
            lambda: made.node_book,
            lambda session, reason: made.stopped.put_nowait((session, reason)),
            made.tickets.append,
        )
        made.guest = GuestSide(
            AroundGuests(
                meter=made.counters,
                agent=cast(AgentLink, InProcess()),
                book=lambda: made.guest_book,
                believed=lambda _signed: made.ticket,
                word=lambda session, word: made.words.put_nowait((session, word)),
                stopped=lambda session, reason: made.drained.append((session, reason)),
            )
        )
        made.intake = Intake(cast(AgentLink, InProcess()), made.node)
        return made

    async def begin(self) -> None:
        """Let the guest in, and let it come."""
        self.node.admitted(SESSION, self.seat())
        self.running = asyncio.create_task(self.node.run())
        await self.intake.open(Here(), (NODE4,))
        self.guest.begin(lease(), "lo")

    def seat(self) -> Seat:
        return Seat(ticket=self.ticket, signed=b"ticket", key=NODE_KEY, addresses=SEEN)

    async def carries(self, down_bytes: int) -> None:
        """Let all of it be carried, as the node lets it through."""
        async with asyncio.timeout(PATIENCE_S):
            while down_bytes:
                self.counters.moved.clear()
                down_bytes -= self.counters.carry(0, min(down_bytes, FLOAT_BYTES // 8))
                if self.counters.room_bytes == 0:
                    await self.counters.moved.wait()
                await asyncio.sleep(0)

    async def greeted(self) -> None:
        """Let the guest's stream come, so that something was claimed and answered."""
        await self.carries(FLOAT_BYTES + 1)

    async def word(self) -> tuple[str, bytes | None]:
        return await asyncio.wait_for(self.words.get(), PATIENCE_S)

    async def stop(self) -> tuple[str, Reason]:
        """Return which session ended for the node, and why."""
        return await asyncio.wait_for(self.stopped.get(), PATIENCE_S)

    async def close(self) -> None:
        self.intake.close()
        self.guest.forget()
        self.node.forget()
        if self.running is not None:
            self.running.cancel()
            await asyncio.gather(self.running, return_exceptions=True)
        # What was cancelled has its last turn.
        await asyncio.sleep(0.01)


def _added(one: Figures, other: Figures) -> Figures:
    return Figures(
        up_bytes=one.up_bytes + other.up_bytes, down_bytes=one.down_bytes + other.down_bytes
    )


def session_id() -> UUID:
    return UUID(SESSION)
