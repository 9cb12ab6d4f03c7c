"""The operating system, as core and plugins may use it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from ipaddress import IPv4Address
from typing import Protocol

import attrs

from worldvpn_core.policy import RoutingPolicy
from worldvpn_core.types import IpAddress


@attrs.frozen(kw_only=True)
class LinkFacts:
    """One network interface as the kernel shows it.

    ``kind`` is rtnetlink's IFLA_INFO_KIND ("tun", "wireguard", "bridge", "veth",
    "vlan", …; "" for a physical device); ``master`` the index of the bridge or
    bond it belongs to, 0 for none; ``lower`` the index it lies on (a VLAN's
    parent), 0 for none.
    """

    name: str
    index: int
    kind: str = ""
    is_up: bool = False
    is_loopback: bool = False
    mtu_bytes: int = 1_500
    master: int = 0
    lower: int = 0
    alternative_names: tuple[str, ...] = ()


class Links(Protocol):
    """Network interfaces of the host."""

    async def all(self) -> tuple[LinkFacts, ...]:
        """Read every interface. Raises RoutingError when the kernel refuses."""

    async def add(self, name: str, kind: str) -> None:
        """Make interface ``name`` of rtnetlink ``kind``.

        Raises:
            EngineError: the kernel has no such kind (EOPNOTSUPP), or the name exists.
        """

    async def delete(self, name: str) -> None:
        """Remove interface ``name``; one that is gone already is no error."""

    async def set_up(self, name: str) -> None:
        """Bring ``name`` up; a remote must not configure this host through it.

        So: no router advertisements, no redirects, no link-local autoconfiguration.
        """

    async def set_mtu(self, name: str, mtu_bytes: int) -> None:
        """Set the MTU of ``name``, in bytes."""


@attrs.frozen(kw_only=True)
class Change:
    """One object of the host that will be changed, and what it was before.

    ``kind`` and ``name`` identify it for whoever records it ("sysctl"
    "net.ipv4.conf.all.arp_ignore"); ``old`` is None where it did not exist.
    """

    kind: str
    name: str
    old: str | None = None


@attrs.frozen(kw_only=True)
class Gateway:
    """The router that this host's IPv4 leaves by, outside any tunnel.

    ``own`` is this host's address towards it, on ``interface``.
    """

    router: IPv4Address
    own: IPv4Address
    interface: str


class Uplinks(Protocol):
    """The ways out of this host that are not ours."""

    async def gateway(self) -> Gateway | None:
        """Return the router of the main table's best default route; None: there is none."""


class Routing(Protocol):
    """Addresses, routes, routing rules and the sysctls they depend on."""

    async def record(self, policy: RoutingPolicy) -> tuple[Change, ...]:
        """Return all that ``apply(policy)`` may change, with its value without us.

        Changes nothing.
        """

    def adopt(self, changes: tuple[Change, ...]) -> None:
        """Take over what a previous run recorded: those are the values to restore.

        Changes of kinds that are not its own are ignored.
        """

    async def apply(self, policy: RoutingPolicy) -> None:
        """Make routing be ``policy``, from whatever it is now. Idempotent.

        Not held: remove all of ours (found without a record, too) and restore the
        recorded values, except what others have changed since.

        Raises:
            RoutingError: with the kernel's reason; routing is as before.
            ShareError: all is as asked, but packets of the node's guests are not passed on.
        """


@attrs.frozen(kw_only=True)
class LinksChanged:
    """An interface appeared, vanished, was renamed, or went up or down."""


@attrs.frozen(kw_only=True)
class NetworkChanged:
    """Addresses or routes other than ours changed: another network, perhaps."""


@attrs.frozen(kw_only=True)
class Resumed:
    """The host woke from suspend."""


HostEvent = LinksChanged | NetworkChanged | Resumed


class HostEvents(Protocol):
    """News from the host."""

    def watch(self) -> AsyncIterator[HostEvent]:
        """Yield events as they happen, bursts coalesced; subscribed when first awaited."""


class Helper(Protocol):
    """A child process of ours."""

    @property
    def pid(self) -> int:
        """Its process id, valid until ``wait`` has returned."""

    async def read_line(self) -> str | None:
        """Return the next line of its standard output, None at its end."""

    async def wait(self) -> int:
        """Return when it has ended, with its exit status (negative: the signal)."""

    async def stop(self) -> None:
        """End it, gently for a second, then by SIGKILL; reap it. Idempotent."""


@attrs.frozen(kw_only=True)
class HelperSpec:
    """How to start a helper: no shell, a bare environment, its own session.

    ``uid`` None keeps root (only for what must make interfaces). ``capabilities``
    are raised as ambient ones, by name ("net_admin"), and bound the process.
    """

    name: str
    argv: tuple[str, ...] = attrs.field(repr=False)
    uid: int | None = None
    capabilities: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)


class Helpers(Protocol):
    """Starts and reaps child processes, each under the rights it needs."""

    async def spawn(self, spec: HelperSpec) -> Helper:
        """Start ``spec``. Its standard error goes to the log, line by line.

        Raises:
            EngineError: the program is not installed, or could not be started.
        """


@attrs.frozen(kw_only=True)
class JournalRecord:
    """What a run set out to do: enough to undo it, or to take it up again.

    ``profile_id`` None: nothing is wanted (protection by lockdown only).
    """

    profile_id: str | None
    partial: bool = False
    paused_until_utc: datetime | None = None
    changes: tuple[Change, ...] = ()


class Journal(Protocol):
    """Write-ahead record of what is changed on the host; survives any crash."""

    def pending(self) -> JournalRecord | None:
        """Return what a run began and did not end; None when all was undone."""

    async def begin(self, record: JournalRecord) -> None:
        """Make ``record`` durable before anything of it is done; replaces a pending one.

        Raises:
            JournalError: it could not be written; the pending one still stands.
        """

    async def end(self) -> None:
        """Note durably that everything was undone. Raises JournalError."""


class Echo(Protocol):
    """Asks the far side of a tunnel for an answer (ICMP and ICMPv6 echo)."""

    async def burst(
        self, interface: str, target: IpAddress, sizes_bytes: tuple[int, ...], wait_s: float
    ) -> frozenset[int]:
        """Send one echo of each size through ``interface``; return the sizes answered.

        Sizes are whole IP packets, sent unfragmentable whatever the path's MTU is
        thought to be (IP_MTU_DISCOVER=PROBE). Returns early once all are answered;
        what cannot be sent counts as not answered.
        """


class Uplink(Protocol):
    """What the system knows of the network that leads outside."""

    async def is_metered(self) -> bool | None:
        """Say whether it is paid for by the byte; None: that is not known here. Never raises."""
