"""Routes every name of systemd-resolved to our tunnel's link, over D-Bus."""

from __future__ import annotations

import asyncio
import logging
from importlib import import_module
from ipaddress import IPv4Address
from socket import AF_INET, AF_INET6
from typing import TYPE_CHECKING, ClassVar, Final

import attrs

from worldvpn_core.contracts import Change, LinkFacts, Links
from worldvpn_core.errors import DnsError, RoutingError
from worldvpn_core.policy import DnsPolicy
from worldvpn_core.types import LINK_PREFIX
from worldvpn_dns.resolv_conf import Keeper

if TYPE_CHECKING:
    from worldvpn_dns.resolved_bus import ResolvedBus

_log = logging.getLogger(__name__)

# What resolved would ask of the tunnel's link beyond our servers, or by another protocol.
_QUIET: Final = ("SetLinkLLMNR", "SetLinkMulticastDNS", "SetLinkDNSOverTLS")


@attrs.frozen(kw_only=True)
class LinkDns:
    """What one link of resolved must hold: servers as (family, address), domains as set."""

    index: int
    servers: tuple[tuple[int, bytes], ...]
    #: "." routed to the link is every name (``~.`` of resolved.conf(5)).
    domains: tuple[tuple[str, bool], ...]


def link_dns(index: int, policy: DnsPolicy) -> LinkDns:
    """Return how resolved's link ``index`` must be for ``policy``. Pure."""
    return LinkDns(
        index=index,
        servers=tuple(
            (AF_INET if isinstance(upstream.host, IPv4Address) else AF_INET6, upstream.host.packed)
            for upstream in policy.upstreams
        ),
        domains=(*((name.rstrip("."), False) for name in policy.search), (".", True)),
    )


class ResolvedBackend:
    """Sets our link's servers; what resolved has for other links stays, and is not asked.

    Nothing is to be restored but by ``RevertLink``: the link is ours, and what
    resolved holds for it goes with it. Held without a tunnel's link and with nothing set
    before, resolved is left as it is: its own queries are refused by the firewall.
    """

    name: ClassVar[str] = Keeper.RESOLVED.value

    def __init__(self, links: Links, bus_address: str | None, news: asyncio.Event) -> None:
        self._links = links
        self._bus_address = bus_address
        self._news = news
        self._bus: ResolvedBus | None = None
        self._set: LinkDns | None = None
        self._is_held = False
        self._adopted = False

    async def is_there(self) -> bool:
        """Say whether resolved is running on a bus that can be reached."""
        try:
            return await (await self._connected()).is_owned()
        except DnsError as error:
            _log.info("systemd-resolved is not asked: %s", error)
            return False

    def record(self) -> tuple[Change, ...]:
        """Return that no link of ours had servers."""
        return (Change(kind="resolved-links", name=f"{LINK_PREFIX}*"),)

    def adopt(self, changes: tuple[Change, ...]) -> None:
        self._adopted = self._adopted or any(change in changes for change in self.record())

    async def hold(self, policy: DnsPolicy) -> None:
        bus = await self._connected()
        was_held, self._is_held = self._is_held, True
        if policy.upstreams and policy.interface is not None:
            await self._set_link(bus, link_dns(await self._index(policy.interface), policy))
        elif not was_held:
            await bus.call("FlushCaches")

    async def release(self) -> None:
        if not self._is_held and not self._adopted:
            self._disconnect()
            return
        if await self.is_there():
            bus = await self._connected()
            for link in await self._all_links():
                if link.name.startswith(LINK_PREFIX):
                    await _revert(bus, link.index)
            await bus.call("FlushCaches")
        self._set = None
        self._is_held = self._adopted = False
        self._disconnect()

    async def holds(self) -> bool:
        try:
            bus = await self._connected()
            if self._set is None:
                return self._is_held and await bus.is_owned()
            servers = await bus.read("DNS")
            domains = await bus.read("Domains")
        except DnsError:
            return False
        index = self._set.index
        return (
            entries_of(servers, index) == self._set.servers
            and entries_of(domains, index) == self._set.domains
        )

    async def _set_link(self, bus: ResolvedBus, wanted: LinkDns) -> None:
        index = wanted.index
        # Domains first: a link with servers and no domain would share names with others.
        await bus.call("SetLinkDomains", "ia(sb)", (index, _listed(wanted.domains)))
        await bus.call("SetLinkDNS", "ia(iay)", (index, _listed(wanted.servers)))
        await bus.call("SetLinkDefaultRoute", "ib", (index, True))
        for member in _QUIET:
            try:
                await bus.call(member, "is", (index, "no"))
            except DnsError as error:
                # Older ones know some of these not, and do not do them either.
                _log.info("resolved: %s", error)
        if self._set is not None and self._set.index != index:
            await _revert(bus, self._set.index)
        if wanted != self._set:
            await bus.call("FlushCaches")
        self._set = wanted

    async def _index(self, interface: str) -> int:
        for link in await self._all_links():
            if link.name == interface:
                return link.index
        raise DnsError(f"resolved cannot use {interface}: there is no such interface")

    async def _all_links(self) -> tuple[LinkFacts, ...]:
        try:
            return await self._links.all()
        except RoutingError as error:
            raise DnsError(f"the host's links could not be read: {error}") from error

    async def _connected(self) -> ResolvedBus:
        if self._bus is None or not self._bus.is_open:
            bus: type[ResolvedBus] = import_module("worldvpn_dns.resolved_bus").ResolvedBus
            self._bus = await bus.connect(self._bus_address, self._news.set)
        return self._bus

    def _disconnect(self) -> None:
        if self._bus is not None:
            self._bus.close()
            self._bus = None


async def _revert(bus: ResolvedBus, index: int) -> None:
    try:
        await bus.call("RevertLink", "i", (index,))
    except DnsError as error:
        # Gone meanwhile, or not one that resolved looks after: nothing of ours is there.
        _log.info("resolved: %s", error)


def entries_of(listed: object, index: int) -> tuple[tuple[object, ...], ...]:
    """Return what resolved's property ``listed`` (``a(i…)``) holds for link ``index``. Pure."""
    if not isinstance(listed, list):
        return ()
    return tuple(
        tuple(entry[1:])
        for entry in listed
        if isinstance(entry, list | tuple) and entry[0] == index
    )


def _listed(entries: tuple[tuple[object, ...], ...]) -> list[list[object]]:
    return [list(entry) for entry in entries]
