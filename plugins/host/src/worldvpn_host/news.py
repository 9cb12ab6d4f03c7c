"""What a multicast message of rtnetlink means: links, another network, or nothing."""

from __future__ import annotations

from typing import Final

from worldvpn_core.contracts import HostEvent, LinkFacts, LinksChanged, NetworkChanged
from worldvpn_core.types import LINK_PREFIX
from worldvpn_host.link_codec import (
    IFF_RUNNING,
    RTM_DELLINK,
    RTM_NEWLINK,
    family_and_flags,
    read_link,
)
from worldvpn_host.netlink import Message
from worldvpn_host.route_codec import (
    RTM_DELADDR,
    RTM_DELROUTE,
    RTM_DELRULE,
    RTM_NEWADDR,
    RTM_NEWROUTE,
    RTM_NEWRULE,
    is_tentative,
    read_address,
    read_route,
    read_rule,
)
from worldvpn_host.routes import MAIN, PROTOCOL, TABLE, Address

#: Multicast groups, as a bit mask: links, addresses, routes and rules of both families.
GROUPS: Final = 0x1 | 0x10 | 0x40 | 0x80 | 0x100 | 0x400 | 0x40000

#: A link as far as its change is news, with whether it has a carrier.
_Seen = tuple[str, int, bool, bool]


class NewsReader:
    """Tells news from repetition; knows the links and addresses it has heard of.

    ``own_port`` is the netlink address of our own changes: they are no news.
    """

    def __init__(self, own_port: int) -> None:
        self._own_port = own_port
        self._links: dict[int, _Seen] = {}
        self._addresses: dict[Address, bool] = {}

    def read(self, message: Message) -> HostEvent | None:
        """Return what ``message`` tells, None when it is nothing new or ours."""
        if message.kind in (RTM_NEWLINK, RTM_DELLINK):
            return self._link(message)
        if message.kind in (RTM_NEWADDR, RTM_DELADDR):
            return self._address(message)
        if message.kind in (RTM_NEWROUTE, RTM_DELROUTE, RTM_NEWRULE, RTM_DELRULE):
            return self._route_or_rule(message)
        return None

    def _link(self, message: Message) -> LinksChanged | None:
        family, flags = family_and_flags(message.body)
        # A bridge speaks of its ports in a family of its own: not of the link itself.
        if family:
            return None
        link = read_link(message.body)
        if message.kind == RTM_DELLINK:
            return LinksChanged() if self._links.pop(link.index, None) else None
        seen = _seen(link, has_carrier=bool(flags & IFF_RUNNING))
        if self._links.get(link.index) == seen:
            return None
        self._links[link.index] = seen
        return LinksChanged()

    def _address(self, message: Message) -> NetworkChanged | None:
        address, protocol = read_address(message.body)
        name = self._links.get(address.device, ("",))[0]
        if protocol == PROTOCOL or name.startswith(LINK_PREFIX):
            return None
        if message.kind == RTM_DELADDR:
            self._addresses.pop(address, None)
            return NetworkChanged()
        tentative = is_tentative(message.body)
        # Each router advertisement repeats the addresses made from it.
        if self._addresses.get(address) is tentative:
            return None
        self._addresses[address] = tentative
        return NetworkChanged()

    def _route_or_rule(self, message: Message) -> NetworkChanged | None:
        if message.kind in (RTM_NEWROUTE, RTM_DELROUTE):
            route, protocol = read_route(message.body)
            table, is_general = route.table, route.table == MAIN
        else:
            rule, protocol = read_rule(message.body)
            table, is_general = rule.table, True
        if message.port == self._own_port:
            return None
        if protocol == PROTOCOL or table == TABLE:
            # Ours, but not by us: someone took it away. The kernel itself (port 0) does
            # so only when a link goes, which is news already.
            return NetworkChanged() if message.port else None
        return NetworkChanged() if is_general else None


def _seen(link: LinkFacts, *, has_carrier: bool) -> _Seen:
    return link.name, link.master, link.is_up, has_carrier
