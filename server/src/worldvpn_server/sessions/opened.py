"""What a client needs to use its session: keys, addresses, and the ticket."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Final

import attrs
import msgspec

from worldvpn_server.directory.values import Protocol
from worldvpn_server.errors import UnavailableError
from worldvpn_server.reach.values import PLAIN, PUNCHED
from worldvpn_server.sessions import rows
from worldvpn_server.sessions.addresses import Pair, gateway
from worldvpn_server.sessions.parts import Parts
from worldvpn_server.sessions.values import Session

_NODE: Final = """
SELECT country, inner4::text AS inner4, inner6::text AS inner6, carriers FROM node WHERE id = $1
"""
#: WireGuard over IPv6 takes 80 bytes of 1500; what else is put around it needs more room.
_PLAIN_MTU_BYTES: Final = 1420
_WRAPPED_MTU_BYTES: Final = 1280
_PLAIN_CARRIERS: Final = frozenset({None, PLAIN, PUNCHED})


@attrs.frozen(kw_only=True)
class Opened:
    """An open session. ``ticket`` None: its node cannot read one."""

    session: Session
    endpoint: str
    country: str
    dns: Pair
    ticket: bytes | None
    #: Of its carrier, as the node gave them.
    parameters: Mapping[str, str]

    @property
    def mtu_bytes(self) -> int:
        """What fits through the tunnel."""
        plain = self.session.protocol is Protocol.WIREGUARD
        if plain and self.session.carrier in _PLAIN_CARRIERS:
            return _PLAIN_MTU_BYTES
        return _WRAPPED_MTU_BYTES

    @property
    def expires_at(self) -> datetime:
        """When the ticket ends."""
        return self.session.expires_at


@attrs.frozen
class Opener:
    """Looks up what goes with a session."""

    _parts: Parts

    async def opened(self, session: Session) -> Opened:
        """Return ``session`` with all that its client needs.

        Raises:
            UnavailableError: its node is gone.
        """
        async with self._parts.database.read() as sql:
            node = await sql.fetchrow(_NODE, session.node)
            ticket = await rows.last_ticket(sql, session.id)
        if node is None or session.endpoint is None:
            raise UnavailableError("the node went away: try again", retry_after_s=1)
        return Opened(
            session=session,
            endpoint=session.endpoint,
            country=node["country"],
            dns=gateway(IPv4Network(node["inner4"]), IPv6Network(node["inner6"])),
            ticket=ticket,
            parameters=self._parts.punch
            if session.carrier == PUNCHED
            else _parameters(node["carriers"], session.carrier),
        )


class _Carrier(msgspec.Struct, frozen=True):
    """A carrier as ``node`` has it."""

    name: str
    parameters: dict[str, str] = {}


def _parameters(carriers: str, name: str | None) -> Mapping[str, str]:
    found = msgspec.json.decode(carriers, type=list[_Carrier])
    return next((each.parameters for each in found if each.name == name), {})
