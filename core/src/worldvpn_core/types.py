"""Value types that cross module and process borders: frozen, hashable, validated."""

from __future__ import annotations

import enum
from collections.abc import Hashable
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_network,
)
from typing import Final

import attrs
from attrs import validators

IpAddress = IPv4Address | IPv6Address
IpInterface = IPv4Interface | IPv6Interface
IpNetwork = IPv4Network | IPv6Network

#: The whole of each family: what a full tunnel protects.
EVERYTHING: Final[tuple[IpNetwork, ...]] = (ip_network("0.0.0.0/0"), ip_network("::/0"))

#: Our bits of the packet mark and their mask, clear of Docker's, Kubernetes' and Tailscale's.
MARK: Final = 0x57560000
NODE_MARK: Final = 0x57580000
MARK_MASK: Final = 0xFFFF0000

#: Every link that core names starts with this, so that a sweep can find leftovers.
LINK_PREFIX: Final = "wv"

#: The network namespace of a node, and the end of its pair of interfaces on the host.
NODE: Final = "wvnode"
#: Inside it: the way to the host, and the interface that guests come by.
NODE_UPLINK: Final = "wvup"
NODE_GUESTS: Final = "wvguests"
#: Where a node takes its guests' streams of receipts, by TCP at its address inside the tunnel.
RECEIPTS_PORT: Final = 51_821
#: The ports that guests' flows leave this host from; the kernel's own choice begins above.
NODE_PORTS: Final = (20_000, 32_767)

_PORT = (validators.ge(1), validators.le(65_535))


class Carrier(enum.StrEnum):
    """What a tunnel's outer packets travel in."""

    UDP = "udp"
    TCP = "tcp"


@attrs.frozen(kw_only=True)
class Endpoint:
    """A reachable address outside the tunnel."""

    host: IpAddress
    port: int = attrs.field(validator=_PORT)
    carrier: Carrier = Carrier.UDP

    def __str__(self) -> str:
        host = f"[{self.host}]" if isinstance(self.host, IPv6Address) else str(self.host)
        return f"{host}:{self.port}/{self.carrier}"


@attrs.frozen(kw_only=True)
class Server:
    """A remote as a profile names it: an address, or a name yet to be resolved."""

    host: str = attrs.field(validator=[validators.min_len(1), validators.max_len(253)])
    port: int = attrs.field(validator=_PORT)
    carrier: Carrier = Carrier.UDP


class DnsSecurity(enum.StrEnum):
    """How queries to an upstream are protected beyond the tunnel itself."""

    PLAIN = "plain"
    TLS = "tls"
    HTTPS = "https"


@attrs.frozen(kw_only=True)
class DnsUpstream:
    """A resolver to ask; ``server_name`` is what its certificate must say (TLS, HTTPS)."""

    host: IpAddress
    security: DnsSecurity = DnsSecurity.PLAIN
    server_name: str | None = None


@attrs.frozen(kw_only=True)
class Profile:
    """A way to connect, as imported and kept by the daemon.

    ``options`` are the transport's own, as text: its ``parse`` turns them into a
    frozen value before anything is touched. ``servers`` stand in the order in
    which the options refer to them; ``known_hosts`` caches ``(name, addresses)``.
    """

    id: str = attrs.field(validator=validators.matches_re(r"[a-z0-9][a-z0-9-]{0,63}"))
    name: str = attrs.field(validator=[validators.min_len(1), validators.max_len(64)])
    transport: str
    servers: tuple[Server, ...] = attrs.field(validator=validators.min_len(1))
    addresses: tuple[IpInterface, ...] = attrs.field(validator=validators.min_len(1))
    allowed: tuple[IpNetwork, ...] = EVERYTHING
    dns_servers: tuple[IpAddress, ...] = ()
    dns_search: tuple[str, ...] = ()
    mtu_bytes: int | None = None
    options: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    known_hosts: tuple[tuple[str, tuple[IpAddress, ...]], ...] = ()
    #: Sentences for the user about what was read but not used.
    notes: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class TunnelPlan:
    """All that is needed to open one tunnel, decided before anything is touched.

    ``attempt`` identifies this try: late events of an earlier one are ignored.
    Core names ``interface``; the transport must make exactly that link.
    ``remotes`` are the profile's servers, resolved, in the same order.
    """

    attempt: int = attrs.field(validator=validators.ge(1))
    profile_id: str
    transport: str
    interface: str = attrs.field(validator=validators.matches_re(LINK_PREFIX + r"[a-z0-9]{1,13}"))
    remotes: tuple[Endpoint, ...] = attrs.field(validator=validators.min_len(1))
    addresses: tuple[IpInterface, ...] = attrs.field(validator=validators.min_len(1))
    allowed: tuple[IpNetwork, ...] = EVERYTHING
    #: Protect only ``allowed`` and leave the rest of the host alone: an explicit choice.
    partial: bool = False
    upstreams: tuple[DnsUpstream, ...] = ()
    dns_search: tuple[str, ...] = ()
    #: What the profile fixes; None lets the path be probed once connected.
    mtu_bytes: int | None = attrs.field(
        default=None,
        validator=validators.optional([validators.ge(1_280), validators.le(9_000)]),
    )
    handshake_timeout_s: float = attrs.field(default=10.0, validator=validators.gt(0))
    #: What ``Transport.parse`` returned: frozen, and opaque to core.
    options: Hashable = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class Link:
    """A tunnel's path that is a network interface."""

    name: str


@attrs.frozen(kw_only=True)
class LocalProxy:
    """A tunnel's path that is a transparent proxy on this host, run under its own uid."""

    port: int = attrs.field(validator=_PORT)
    mark: int
    uid: int = attrs.field(validator=validators.ge(1))


Path = Link | LocalProxy


@attrs.frozen(kw_only=True)
class TunnelInfo:
    """What a transport reports once packets flow; core checks it against the plan."""

    path: Path
    outer_endpoints: tuple[Endpoint, ...]
    #: What carries the packets, for people: "kernel", "wireguard-go 0.0.20230223".
    engine: str = ""
    #: How long the remote took to answer; None where it is not certain what was answered.
    round_trip_s: float | None = attrs.field(
        default=None, validator=validators.optional(validators.gt(0))
    )


@attrs.frozen(kw_only=True)
class Counters:
    """Cumulative bytes since the tunnel opened, never decreasing.

    ``proof`` changes whenever the remote has proved anew that it holds its keys
    (for WireGuard: the time of the last handshake, ns); core only compares it.
    """

    received_bytes: int = 0
    sent_bytes: int = 0
    proof: int = 0


@attrs.frozen(kw_only=True)
class Cause:
    """Why there is no tunnel, in a form that crosses the local API."""

    code: str
    detail: str
    retryable: bool


@attrs.frozen(kw_only=True)
class UsageSample:
    """Bytes moved since the previous sample, in ``elapsed_s`` seconds."""

    profile_id: str
    received_bytes: int
    sent_bytes: int
    elapsed_s: float


class OptionKind(enum.StrEnum):
    """What an option's text must be, so that a form and a flag can be drawn for it."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    KEY32 = "key32"
    CHOICE = "choice"


@attrs.frozen(kw_only=True)
class Option:
    """One setting a transport declares; the app draws it, the CLI makes it a flag."""

    name: str
    kind: OptionKind
    label: str
    secret: bool = False
    required: bool = False
    default: str | None = None
    choices: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class SessionKeys:
    """The keys of one session with a node: ours, drawn for it alone, and the node's."""

    private_key: bytes = attrs.field(repr=False)
    remote_key: bytes
    #: Of the profile's second server, which is called only to be seen from outside.
    seen_by_key: bytes | None = None


@attrs.frozen(kw_only=True)
class Refusal:
    """A gate's no: what the user is told, under a stable code."""

    code: str
    detail: str


@attrs.frozen(kw_only=True)
class SessionRequest:
    """What a gate is asked about before a tunnel is planned."""

    profile_id: str
    transport: str
    uid: int
