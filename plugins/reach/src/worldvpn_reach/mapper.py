"""Asks a router by PCP, then NAT-PMP, then UPnP: the first that is answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address
from typing import Final

import attrs
import h11

from worldvpn_core.contracts.mapping import OpenSocket
from worldvpn_core.reach.values import (
    PCP_PORT,
    SSDP_PORT,
    ControlNeeded,
    MapAnswer,
    Mapped,
    MapPort,
    NotMapped,
    Protocol,
    Unmapped,
)
from worldvpn_core.types import Carrier, Endpoint
from worldvpn_reach import pcp, upnp
from worldvpn_reach.exchange import asked, ordered
from worldvpn_reach.upnp import SenselessError

_OK: Final = 200
#: Ports to try where somebody else has the wanted one; far from each other.
_OTHER_PORTS: Final = (0, 4_099, 8_209, 12_289)
_LOWEST: Final = 1_024
_PORTS: Final = 65_536 - _LOWEST

_SILENT: Final = NotMapped(reason=Unmapped.SILENT)
_SENSELESS: Final = NotMapped(reason=Unmapped.SENSELESS)
_REFUSED: Final = NotMapped(reason=Unmapped.REFUSED)


_Way = Callable[[MapPort, OpenSocket], Awaitable[MapAnswer]]


class RouterMapper:
    """``PortMapper`` by the three protocols that routers speak."""

    async def ask(self, wanted: MapPort, open_socket: OpenSocket) -> MapAnswer:
        said: list[NotMapped] = []
        for way in _ways(wanted.protocol):
            try:
                answer = await way(wanted, open_socket)
            except OSError:
                answer = _SILENT
            except SenselessError:
                answer = _SENSELESS
            if not isinstance(answer, NotMapped):
                return answer
            said.append(answer)
        order = (Unmapped.REFUSED, Unmapped.SENSELESS, Unmapped.SILENT)
        return min(said, key=lambda each: order.index(each.reason))


def _ways(protocol: Protocol | None) -> tuple[_Way, ...]:
    match protocol:
        case None:
            return _by_datagrams, _by_orders
        case Protocol.UPNP:
            return (_by_orders,)
        case _:
            return (_by_datagrams,)


async def _by_datagrams(wanted: MapPort, open_socket: OpenSocket) -> MapAnswer:
    def by_pcp(came: bytes) -> Mapped | NotMapped | str | None:
        return pcp.pcp_answer(came, wanted)

    def by_pmp(came: bytes) -> Mapped | NotMapped | None:
        return pcp.pmp_answer(came, wanted)

    endpoint = Endpoint(host=wanted.router, port=PCP_PORT)
    with await open_socket(endpoint) as line:
        if wanted.protocol is not Protocol.NAT_PMP:
            request = pcp.pcp_request(wanted)
            answer, heard = await asked(line, request, by_pcp)
            if answer is None:
                return _SENSELESS if heard else _SILENT
            if not isinstance(answer, str):
                return answer
        request = pcp.pmp_request(wanted)
        mapped, heard = await asked(line, request, by_pmp)
        if mapped is None:
            return _SENSELESS if heard else _SILENT
        if isinstance(mapped, Mapped) and mapped.lifetime_s:
            address, _ = await asked(line, pcp.address_request(), pcp.address_answer)
            mapped = attrs.evolve(mapped, address=address)
        return mapped


async def _by_orders(wanted: MapPort, open_socket: OpenSocket) -> MapAnswer:
    there = await _found(wanted, open_socket)
    if isinstance(there, NotMapped):
        return there
    port, path = there
    if port != wanted.control_port:
        try:
            return ControlNeeded(port=port)
        except ValueError:
            return _SENSELESS
    orders = _Orders(wanted, open_socket)
    await orders.learn(path)
    return await (orders.mapped() if wanted.lifetime_s else orders.removed())


async def _found(wanted: MapPort, open_socket: OpenSocket) -> tuple[int, str] | NotMapped:
    """Return port and path of the router's description."""

    def read(came: bytes) -> tuple[int, str] | None:
        try:
            return upnp.found(came, wanted.router)
        except SenselessError:
            return None

    with await open_socket(Endpoint(host=wanted.router, port=SSDP_PORT)) as line:
        there, heard = await asked(line, upnp.search(wanted.router), read)
    if there is None:
        return _SENSELESS if heard else _SILENT
    return there


class _Orders:
    """Orders to the gateway of ``wanted``; each by a connection of its own."""

    def __init__(self, wanted: MapPort, open_socket: OpenSocket) -> None:
        self._wanted = wanted
        self._open_socket = open_socket
        self._port = wanted.control_port or 0
        self._control = upnp.Control(path="/", service="")

    async def learn(self, path: str) -> None:
        """Read the description there: where it takes orders."""
        status, body = await self._http("GET", path, {}, b"")
        if status != _OK:
            raise SenselessError("no description")
        self._control = upnp.control_of(body, (self._wanted.router, self._port), path)

    async def mapped(self) -> MapAnswer:
        """Have it lead the port on, or another one where that is somebody else's."""
        wanted = self._wanted
        for apart in _OTHER_PORTS:
            public = _LOWEST + (wanted.public_port - _LOWEST + apart) % _PORTS
            lifetime_s = wanted.lifetime_s
            error, _ = await self._order(*upnp.add(wanted, public, lifetime_s))
            if error == upnp.ONLY_PERMANENT:
                error, _ = await self._order(*upnp.add(wanted, public, 0))
            if error == upnp.CONFLICT:
                continue
            if error:
                return _REFUSED
            if not await self._leads_here(public):
                return _SENSELESS
            return Mapped(
                protocol=Protocol.UPNP,
                public_port=public,
                lifetime_s=lifetime_s,
                address=await self._address(),
            )
        return _REFUSED

    async def removed(self) -> MapAnswer:
        """Have it lead the port on no more; another's is left alone."""
        wanted = self._wanted
        if await self._leads_here(wanted.public_port):
            order = upnp.entry("DeletePortMapping", wanted.public_port)
            error, _ = await self._order(*order)
            if error not in (0, upnp.NO_SUCH):
                return _REFUSED
        return Mapped(protocol=Protocol.UPNP, public_port=wanted.public_port, lifetime_s=0)

    async def _leads_here(self, public: int) -> bool:
        """Say whether that port leads to ours: not everything a router confirms is so."""
        error, said = await self._order(*upnp.entry("GetSpecificPortMappingEntry", public))
        if error:
            return False
        there = upnp.address(said, "NewInternalClient"), upnp.number(said, "NewInternalPort")
        return there == (self._wanted.client, self._wanted.port)

    async def _address(self) -> IPv4Address | None:
        error, said = await self._order("GetExternalIPAddress", {})
        return None if error else upnp.address(said, "NewExternalIPAddress")

    async def _order(self, action: str, arguments: dict[str, str]) -> tuple[int, dict[str, str]]:
        """Return the order's error code (0: none) and what was answered."""
        control = self._control
        headers = {
            "content-type": 'text/xml; charset="utf-8"',
            "soapaction": f'"{control.service}#{action}"',
        }
        body = upnp.order(control.service, action, arguments)
        status, answer = await self._http("POST", control.path, headers, body)
        said = upnp.values(answer)
        return (0 if status == _OK else upnp.number(said, "errorCode")), said

    async def _http(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, bytes]:
        router = self._wanted.router
        endpoint = Endpoint(host=router, port=self._port, carrier=Carrier.TCP)
        request = h11.Request(
            method=method,
            target=path,
            headers=[
                ("host", f"{router}:{self._port}"),
                ("content-length", str(len(body))),
                ("connection", "close"),
                *headers.items(),
            ],
        )
        with await self._open_socket(endpoint) as line:
            return await ordered(line, request, body)
