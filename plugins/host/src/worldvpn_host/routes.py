"""What routing consists of, as values: rules, routes, addresses, and all of them at once."""

from __future__ import annotations

import enum
import socket
from collections.abc import Mapping
from ipaddress import IPV4LENGTH
from typing import Final

import attrs

from worldvpn_core.types import IpInterface, IpNetwork

#: Written on every rule, route and address of ours, so that they are found without a record.
PROTOCOL: Final = 0x57
#: The routing table that is ours alone.
TABLE: Final = 22_358
MAIN: Final = 254
#: The last rule of every Linux host, the one that looks into main.
MAIN_PRIORITY: Final = 32_766


class Action(enum.IntEnum):
    """What a rule does with the packets it selects (linux/fib_rules.h)."""

    LOOKUP = 1
    GOTO = 2
    UNREACHABLE = 7


@attrs.frozen(kw_only=True)
class Rule:
    """One routing rule. ``invert`` turns the whole selector around, never a part of it.

    ``suppress`` refuses what a lookup found in prefixes of at most that length (-1:
    nothing). ``unknown`` holds what this plugin never writes: a foreign selector.
    """

    family: int
    priority: int
    action: Action | int = Action.LOOKUP
    table: int = 0
    target: int = 0
    source: IpNetwork | None = None
    destination: IpNetwork | None = None
    iif: str = ""
    mark: int = 0
    mask: int = 0
    invert: bool = False
    ip_protocol: int = 0
    source_port: int = 0
    destination_port: int = 0
    suppress: int = -1
    unknown: bytes = attrs.field(default=b"", repr=False)


@attrs.frozen(kw_only=True)
class Route:
    """One route that leads to a device, or to nowhere (``device`` 0)."""

    destination: IpNetwork
    table: int = TABLE
    device: int = 0
    metric: int = 0
    unknown: bytes = attrs.field(default=b"", repr=False)

    @property
    def place(self) -> tuple[int, IpNetwork, int]:
        """What a table holds only once: a route here replaces the one that is there."""
        return self.table, self.destination, self.metric


@attrs.frozen(kw_only=True)
class Address:
    """One address on the link with this index."""

    device: int
    interface: IpInterface


@attrs.frozen(kw_only=True)
class Held:
    """All of routing that is ours, or should be."""

    rules: frozenset[Rule] = frozenset()
    routes: frozenset[Route] = frozenset()
    addresses: frozenset[Address] = frozenset()
    #: (interface, bytes) of each link whose MTU is fixed.
    mtus: frozenset[tuple[str, int]] = frozenset()


@attrs.frozen(kw_only=True)
class Found:
    """What the kernel holds, each object with the message body that deletes it.

    ``strays`` are routes of others in main that lead into a link of ours although
    their gateway is on another, as (wrong, repaired) bodies.
    """

    rules: tuple[tuple[Rule, bytes], ...]
    routes: tuple[tuple[Route, bytes], ...]
    addresses: Mapping[Address, bytes]
    strays: tuple[tuple[bytes, bytes], ...] = ()
    mtus: frozenset[tuple[str, int]] = frozenset()


def family_of(network: IpNetwork | IpInterface) -> int:
    """Return AF_INET or AF_INET6."""
    is_v4 = network.max_prefixlen == IPV4LENGTH
    return int(socket.AF_INET if is_v4 else socket.AF_INET6)
