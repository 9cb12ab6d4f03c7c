"""Values of the directory."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final
from uuid import UUID

import attrs
from attrs import validators

#: Seconds between a node's beats, and without one until it is stale, then offline.
BEAT_S: Final = 30
STALE_S: Final = 90
OFFLINE_S: Final = 120
#: Guests of a node on probation, and how many settled sessions end it.
PROBATION_GUESTS: Final = 2
PROBATION_SESSIONS: Final = 20


class Protocol(enum.StrEnum):
    """Protocols by their names in the API."""

    WIREGUARD = "WireGuard"
    WIREGUARD_OBFUSCATED = "WireGuardObfuscated"
    SHADOWSOCKS = "Shadowsocks"
    OPENVPN_TCP = "OpenVpnTcp"
    OPENVPN_UDP = "OpenVpnUdp"
    IKEV2 = "IKEv2"
    HYSTERIA2 = "Hysteria2"
    TROJAN = "Trojan"
    VLESS = "VLESS"


class Status(enum.IntEnum):
    """Whether a node takes guests."""

    OFFLINE = 0
    ONLINE = 1
    STALE = 2
    DRAINING = 3


class Group(enum.StrEnum):
    """Who runs a node."""

    COMMUNITY = "community"
    PUBLIC = "public"


@attrs.frozen(kw_only=True)
class OfferedEndpoint:
    """Where a node says that it listens; ``carrier`` is one of its carriers' names."""

    host: IPv4Address | IPv6Address
    port: int
    carrier: str


@attrs.frozen(kw_only=True)
class OfferedCarrier:
    """What a protocol's packets travel in, with the parameters that its guests need."""

    name: str
    parameters: Mapping[str, str]


@attrs.frozen(kw_only=True)
class Window:
    """A time of the week in which a node shares: minutes from Monday 00:00 UTC."""

    from_minute: int
    to_minute: int


@attrs.frozen(kw_only=True)
class Offer:
    """All that a node says of itself. ``device`` None: a compatible client says it."""

    id: UUID
    account: UUID
    device: UUID | None
    country: str
    city: str
    protocols: tuple[Protocol, ...]
    bandwidth_mbps: int
    most_guests: int
    daily_bytes: int
    allow_streaming: bool
    allow_torrents: bool
    #: False: who is there may stay, nobody new comes.
    accepting: bool = True
    #: Where the offer came from: an endpoint there is proven, and neighbours are counted by it.
    source: IPv4Address | IPv6Address | None = None
    x25519: bytes | None = None
    endpoints: tuple[OfferedEndpoint, ...] = ()
    carriers: tuple[OfferedCarrier, ...] = ()
    schedule: tuple[Window, ...] = ()


@attrs.frozen(kw_only=True)
class NodeRecord:
    """All that a node said of itself, and what the server found."""

    id: UUID
    account: UUID
    #: None: registered by a compatible client.
    device: UUID | None
    status: Status
    listed: bool
    country: str = attrs.field(validator=validators.matches_re(r"[A-Z]{2}"))
    region: int
    city: str
    group: Group
    protocols: tuple[Protocol, ...]
    bandwidth_mbps: int
    most_guests: int
    guests: int
    daily_bytes: int
    allow_streaming: bool
    allow_torrents: bool
    x25519: bytes | None
    inner4: IPv4Network
    inner6: IPv6Network
    reach_reason: str
    reputation: float
    latency_ms: float | None
    settled_sessions: int
    lifetime_sessions: int
    lifetime_bytes: int

    @property
    def on_probation(self) -> bool:
        """Whether it has yet to show that it carries traffic."""
        return self.settled_sessions < PROBATION_SESSIONS


@attrs.frozen(kw_only=True)
class Query:
    """What a client looks for; None is any. ``asking`` is left out with its own nodes.

    ``fastest``: no nodes on probation. ``compatible``: it is a compatible client that asks, which
    may be given nodes of compatible clients too; these have no key and never serve /v1.
    """

    asking: UUID
    fastest: bool = False
    compatible: bool = False
    node: UUID | None = None
    country: str | None = None
    protocol: Protocol | None = None
    min_bandwidth_mbps: int = 0
    group: Group | None = None
    #: Nodes that were tried and did not answer.
    without: tuple[UUID, ...] = ()
    limit: int = attrs.field(default=10, validator=[validators.ge(1), validators.le(50)])


@attrs.frozen(kw_only=True)
class Listing:
    """A node as anybody may see it: no endpoint."""

    id: UUID
    country: str
    city: str
    group: Group
    protocols: tuple[Protocol, ...]
    reputation: float
    guests: int
    most_guests: int
    bandwidth_mbps: int
    latency_ms: float | None


@attrs.frozen(kw_only=True)
class Candidate:
    """A node that a session could use."""

    id: UUID
    account: UUID
    device: UUID | None
    country: str
    protocols: tuple[Protocol, ...]
    x25519: bytes | None
    inner4: IPv4Network
    inner6: IPv6Network
    bandwidth_mbps: int
    most_guests: int
    guests: int
    reputation: float
    settled_sessions: int

    @property
    def on_probation(self) -> bool:
        """Whether it has yet to show that it carries traffic."""
        return self.settled_sessions < PROBATION_SESSIONS
