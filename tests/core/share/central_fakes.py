"""A central server in memory: a root, its manifest, its tickets, and what it answers a node."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import IPv4Address, ip_network
from typing import Any, Final, TypeVar
from uuid import UUID

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_core.agent.link import AgentLink
from worldvpn_core.central.calls import Announce, Answer, Call, PublicKeys
from worldvpn_core.central.link import CentralLink
from worldvpn_core.central.news import GuestNews, ProbeNews
from worldvpn_core.central.replies import Done, NextTicket, NodeStanding, Reply
from worldvpn_core.contracts import Meters
from worldvpn_core.credit.manifest import Keys, Manifest, Use, key_id
from worldvpn_core.credit.ticket import Ticket
from worldvpn_core.errors import CentralBusyError, ContractError, WorldVpnError
from worldvpn_core.reach.values import MapAnswer, MapPort, NotMapped, Unmapped
from worldvpn_core.receipts.keeper import ReceiptsKeeper
from worldvpn_core.testing.samples import guest, share_plan
from worldvpn_core.types import Endpoint, IpNetwork
from worldvpn_core.vault.contents import Secrets

_ReplyT = TypeVar("_ReplyT", bound=Reply)

MIB: Final = 1_048_576
HOUR_S: Final = 3_600
SESSION: Final = "0192f7a0-1b2c-7def-8abc-0123456789ab"
PROBE: Final = "0192f7a0-1b2c-7def-8abc-0123456789ac"

SECRETS: Final = Secrets(
    server="https://vpn.example",
    user_id=str(UUID(int=21)),
    username="bob",
    device_id=str(UUID(int=22)),
    x25519_private=bytes(32),
    ed25519_private=bytes(32),
    refresh_token="token",  # noqa: S106 - nobody's
    device_keys_made_utc=datetime(2026, 1, 1, tzinfo=UTC),
)


#: Another account on the same computer.
OTHER_SECRETS: Final = attrs.evolve(
    SECRETS, user_id=str(UUID(int=23)), username="eve", device_id=str(UUID(int=24))
)


def public(key: Ed25519PrivateKey) -> bytes:
    """Return the public half of ``key``."""
    return key.public_key().public_bytes_raw()


@attrs.define
class Authority:
    """A root, and the key that it vouches for."""

    root: Ed25519PrivateKey = attrs.field(factory=Ed25519PrivateKey.generate)
    signer: Ed25519PrivateKey = attrs.field(factory=Ed25519PrivateKey.generate)

    def manifest(
        self,
        *,
        expires_s: float | None = None,
        revoked: tuple[bytes, ...] = (),
        version: int = 3,
    ) -> bytes:
        """Return the manifest, good for an hour."""
        expires_s = time.time() + HOUR_S if expires_s is None else expires_s
        keys = tuple(
            Keys(
                use=use,
                current=public(self.signer) if use is Use.TICKET else bytes([number]) * 32,
                next=bytes([number + 100]) * 32,
                revoked=revoked if use is Use.TICKET else (),
            )
            for number, use in enumerate(Use)
        )
        made = Manifest(version=version, issued_s=1, expires_s=int(expires_s), keys=keys)
        return made.sign(self.root)


@attrs.define(eq=False)
class FakeServer(CentralLink):
    """Answers a node's calls as the server does: tickets for the keys that the node names.

    ``changes`` are made to each ticket before it is signed, by ``signer`` if there is one.
    """

    authority: Authority = attrs.field(factory=Authority)
    #: Each guest's key, by its session.
    guests: dict[str, bytes] = attrs.field(factory=dict)
    changes: dict[str, Any] = attrs.field(factory=dict)
    signer: Ed25519PrivateKey | None = None
    failure: WorldVpnError | None = None
    asked: list[Call] = attrs.field(factory=list)
    files: dict[str, bytes] = attrs.field(factory=dict)
    account: Secrets | None = SECRETS
    inner: tuple[IpNetwork, ...] = attrs.field(factory=lambda: share_plan().prefixes)
    reason: str = "reached"
    #: Whether it has the node on its list before it is asked to check it.
    lists: bool = False
    #: Where it reaches the node when it is asked to check it.
    reached: tuple[Endpoint, ...] = ()
    #: Checks that it refuses, as there were too many.
    refused_checks: int = 0
    tickets: list[Ticket] = attrs.field(factory=list)
    #: Told whenever a call comes.
    at_ask: Callable[[], object] = lambda: None

    def __attrs_post_init__(self) -> None:
        self.files["manifest"] = self.authority.manifest()

    @property
    def address(self) -> IPv4Address | None:
        return IPv4Address("198.51.100.10")

    @property
    def root_key(self) -> bytes:
        return public(self.authority.root)

    @property
    def secrets(self) -> Secrets | None:
        return self.account

    def kept(self, name: str) -> bytes | None:
        return self.files.get(name)

    async def ask(self, call: Call, expects: type[_ReplyT]) -> _ReplyT:
        self.asked.append(call)
        self.at_ask()
        if self.failure is not None:
            raise self.failure
        reply = self._reply(call)
        if not isinstance(reply, expects):
            raise ContractError(f"{type(reply).__name__}")
        return reply

    def _reply(self, call: Call) -> Reply:
        match call:
            case Announce():
                if call.reach and self.refused_checks:
                    self.refused_checks -= 1
                    raise CentralBusyError("this network is checked 3 times a minute at most")
                listed = call.accepting and (self.reason == "reached" if call.reach else self.lists)
                inner4, inner6 = self.inner
                return NodeStanding(
                    listed=listed,
                    reason=self.reason if call.reach else "not-checked",
                    inner4=inner4,
                    inner6=inner6,
                    reached=self.reached if call.reach else (),
                )
            case Answer(keys=PublicKeys() as keys):
                ticket = self.ticket(call.session_id, call.node_id, keys)
                return NextTicket(
                    session_id=call.session_id,
                    ticket=self.signed(ticket),
                    cap_bytes=ticket.cap_bytes,
                    expires_s=ticket.not_after_s,
                )
            case _:
                return Done()

    def ticket(self, session: str, node: str, keys: PublicKeys) -> Ticket:
        """Return a first ticket, good for an hour."""
        now_s = int(time.time())
        made = Ticket(
            session=UUID(session),
            node=UUID(node),
            guest_x25519=self.guests.get(session, guest().public_key),
            node_x25519=keys.x25519,
            guest_ed25519=bytes(32),
            node_ed25519=keys.ed25519,
            cap_bytes=50 * MIB,
            price_ticks=5,
            float_bytes=4 * MIB,
            not_before_s=now_s - 60,
            not_after_s=now_s + HOUR_S,
            key_id=key_id(public(self.authority.signer)),
        )
        return attrs.evolve(made, **self.changes)

    def signed(self, ticket: Ticket) -> bytes:
        """Return ``ticket``, signed."""
        self.tickets.append(ticket)
        return ticket.sign(self.signer or self.authority.signer)


def session(number: int) -> str:
    """Return the id of one of several sessions."""
    return f"{SESSION[:-2]}{number:02x}"


def offer(node_id: str, number: int = 1) -> GuestNews:
    """Return the offer of a guest as ``samples.guest`` makes it."""
    one = guest(number)
    return GuestNews(
        node_id=node_id,
        session_id=session(number),
        action="offered",
        protocol="wireguard",
        x25519=one.public_key,
        ed25519=bytes(32),
        assigned4=one.addresses[0],
        assigned6=one.addresses[1],
        rate_bps=0,
        expires_s=int(time.time()) + 60,
    )


def probe(node_id: str, *, lasts_s: float = 60.0) -> ProbeNews:
    """Return the news that the server's own peer wants to come."""
    net4, net6 = share_plan().prefixes
    return ProbeNews(
        node_id=node_id,
        probe_id=PROBE,
        x25519=b"p" * 32,
        assigned4=net4[252],
        assigned6=net6[1 << 48],
        expires_s=int(time.time() + lasts_s),
    )


def other_networks() -> tuple[IpNetwork, ...]:
    """Return what the server has drawn for a node that has drawn others for itself."""
    return ip_network("10.64.7.0/24"), ip_network("fd57:5650:0:7::/64")


@attrs.define
class Central:
    """The central server's part, of which no receipts are kept."""

    link: CentralLink | None
    agent: AgentLink = attrs.field(init=False)
    meters: Meters | None = None
    receipts: ReceiptsKeeper | None = None


async def silent(_wanted: MapPort) -> MapAnswer:
    return NotMapped(reason=Unmapped.SILENT)
