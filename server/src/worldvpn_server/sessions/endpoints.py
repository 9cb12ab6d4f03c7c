"""Where a guest goes: one of the endpoints at which its node was reached. Pure, and its query."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Final
from uuid import UUID

import attrs

from worldvpn_server.errors import InvalidError
from worldvpn_server.reach.values import PUNCHED

if TYPE_CHECKING:
    from worldvpn_server.database.pool import Connection

#: In this order a node counts them from 0.
_OF_NODE: Final = """
SELECT host(host) AS host, port, carrier, reached_at IS NOT NULL AS reached
FROM node_endpoint WHERE node = $1 ORDER BY host, port, carrier
"""


@attrs.frozen(kw_only=True)
class Reachable:
    """An endpoint of a node; ``reached``: a handshake through it was seen."""

    host: IPv4Address | IPv6Address
    port: int
    carrier: str
    reached: bool

    @property
    def text(self) -> str:
        """Return "address:port", IPv6 in brackets (RFC 3986 section 3.2.2)."""
        host = f"[{self.host}]" if isinstance(self.host, IPv6Address) else str(self.host)
        return f"{host}:{self.port}"


async def endpoints_of(sql: Connection, node: UUID) -> Sequence[Reachable]:
    """Return the endpoints of ``node`` by address, port and carrier."""
    return [
        Reachable(
            host=ip_address(row["host"]),
            port=row["port"],
            carrier=row["carrier"],
            reached=row["reached"],
        )
        for row in await sql.fetch(_OF_NODE, node)
    ]


def chosen(endpoints: Sequence[Reachable], index: int | None) -> Reachable | None:
    """Return the one a node named, or the first that was reached, IPv4 before IPv6.

    Raises:
        InvalidError: it named one that it does not have, or at which it was never reached.
    """
    if index is None:
        reached = [each for each in endpoints if each.reached]
        return min(reached, key=_order, default=None)
    if not 0 <= index < len(endpoints) or not endpoints[index].reached:
        raise InvalidError(f"endpoint {index} is none at which this node was reached")
    return endpoints[index]


def _order(each: Reachable) -> tuple[bool, int]:
    """A hole is for those who cannot come any other way."""
    return each.carrier == PUNCHED, each.host.version


def any_of(endpoints: Sequence[Reachable]) -> Reachable | None:
    """Return one of a node that cannot be probed: where it last spoke from."""
    return min(endpoints, key=lambda each: (not each.reached, each.host.version), default=None)
