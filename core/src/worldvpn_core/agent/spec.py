"""What both halves agree on before they speak: how the agent starts, and what it may ask for."""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import attrs
from attrs import validators

from worldvpn_core.central.news import News
from worldvpn_core.central.server import CentralServer
from worldvpn_core.central.statement import Statement
from worldvpn_core.config import BootstrapResolver
from worldvpn_core.reach.values import MapPort, endpoints_of
from worldvpn_core.types import Carrier, Endpoint

DNS_PORT: Final = 53

#: How long the agent may take for one name, in all (RFC 1035 §7.2 leaves it to us).
RESOLUTION_TIMEOUT_S: Final = 5.0
#: Reading 64 KiB of text takes milliseconds: longer means that it hangs.
READING_TIMEOUT_S: Final = 5.0
#: Three nodes that do not answer take the server 6 s; the client gives up long before this.
CENTRAL_TIMEOUT_S: Final = 60.0
#: Three protocols, each asked a few times, the last by several orders.
MAPPING_TIMEOUT_S: Final = 30.0
#: Addresses of one family that are worth trying.
MOST_ADDRESSES: Final = 16
MOST_PROFILE_BYTES: Final = 65_536
#: As ``Profile.name`` has it.
MOST_NAME_CHARACTERS: Final = 64


@attrs.frozen(kw_only=True)
class AgentSpec:
    """How the agent is started.

    ``uid`` None (no such account) or one that this user namespace does not map leaves
    it on the daemon's uid, without capabilities and behind the system-call filter all
    the same; ``AgentFacts.uid`` tells which. ``run_dir`` belongs to root: the agent's
    map of entry points is kept there.
    """

    run_dir: Path
    plugins: tuple[str, ...] = ()
    uid: int | None = attrs.field(default=None, validator=validators.optional(validators.ge(1)))
    gid: int | None = attrs.field(default=None, validator=validators.optional(validators.ge(1)))
    python: str = sys.executable
    #: Authorities to trust for DNS over HTTPS; None: the system's.
    ca_file: Path | None = None
    #: The central server that this host belongs to.
    central: CentralServer | None = None


@attrs.frozen(kw_only=True)
class AgentFacts:
    """The confinement the kernel reports of the running agent, and what it can read."""

    pid: int
    uid: int
    #: Whether it could gain none again either: the bounding set is empty too.
    bounded: bool
    readers: tuple[str, ...]


@attrs.frozen(kw_only=True)
class SystemResolvers:
    """Ask the resolvers this host is configured with: only while nothing is protected."""

    resolv_conf: Path = Path("/etc/resolv.conf")


@attrs.frozen(kw_only=True)
class Bootstrap:
    """Ask pinned resolvers by DNS over HTTPS (RFC 8484), through marked sockets."""

    resolvers: tuple[BootstrapResolver, ...] = attrs.field(validator=validators.min_len(1))


class CentralKeeper(Protocol):
    """What the daemon has of the central server: keys, the token, files, and ears."""

    def sign(self, statement: Statement) -> bytes:
        """Return the device's signature. Raises DeniedError."""

    async def keep_token(self, refresh_token: str) -> None:
        """Keep the token; returns once it is on disk. Raises WorldVpnError."""

    def keep_file(self, name: str, data: bytes) -> None:
        """Keep what the server has signed; b"" forgets it."""

    def heard(self, news: News) -> None:
        """Take note of ``news``."""


@attrs.frozen(kw_only=True)
class Central:
    """Speak with the central server, at one of its pinned addresses, as this device."""

    addresses: tuple[Endpoint, ...] = attrs.field(validator=validators.min_len(1))
    keeper: CentralKeeper


@attrs.frozen(kw_only=True)
class Ears:
    """Whoever hears the frames of one exchange's stream, one after the other."""

    heard: Callable[[bytes], None]


@attrs.frozen(kw_only=True)
class ByRouter:
    """Ask the router of ``wanted``, at those of its ports that the question needs."""

    wanted: MapPort


Resolvers = SystemResolvers | Bootstrap
Via = Resolvers | Central | Ears | ByRouter


class SocketKind(enum.StrEnum):
    """What a socket that the agent asks for is meant for."""

    DNS = "dns"
    BOOTSTRAP = "bootstrap"
    CENTRAL = "central"
    ROUTER = "router"


@attrs.frozen(kw_only=True)
class SocketWanted:
    """A connected socket that the agent asks the daemon for."""

    kind: SocketKind
    endpoint: Endpoint


def permits(via: Via, wanted: SocketWanted) -> bool:
    """Say whether a request by ``via`` can need ``wanted``: anything else is an attack."""
    match via:
        case SystemResolvers():
            return wanted.kind is SocketKind.DNS and wanted.endpoint.port == DNS_PORT
        case Bootstrap(resolvers=resolvers):
            return (
                wanted.kind is SocketKind.BOOTSTRAP
                and wanted.endpoint.carrier is Carrier.TCP
                and wanted.endpoint in {resolver.endpoint for resolver in resolvers}
            )
        case Central(addresses=addresses):
            return (
                wanted.kind is SocketKind.CENTRAL
                and wanted.endpoint.carrier is Carrier.TCP
                and wanted.endpoint in addresses
            )
        case Ears():
            return False
        case ByRouter(wanted=asked):
            return wanted.kind is SocketKind.ROUTER and wanted.endpoint in endpoints_of(asked)
