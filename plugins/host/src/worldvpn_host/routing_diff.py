"""From what is there to what is wanted: the requests of one batch, in a safe order.

Nothing may slip out between two of them: what refuses and what leads into the
tunnel is added before anything is taken away, and a route that takes another's
place replaces it in one step.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from typing import Final

from worldvpn_host.link_codec import resize_link
from worldvpn_host.netlink import NLM_F_CREATE, NLM_F_EXCLUSIVE, NLM_F_REPLACE, Request
from worldvpn_host.route_codec import (
    RTM_DELADDR,
    RTM_DELROUTE,
    RTM_DELRULE,
    RTM_NEWADDR,
    RTM_NEWROUTE,
    RTM_NEWRULE,
    write_address,
    write_route,
    write_rule,
)
from worldvpn_host.routes import Action, Address, Found, Held, Route, Rule

_GONE: Final = frozenset({errno.ENOENT, errno.ESRCH, errno.ENODEV, errno.EADDRNOTAVAIL})
_THERE: Final = frozenset({errno.EEXIST})
_REPLACE: Final = NLM_F_CREATE | NLM_F_REPLACE


def changes(found: Found, wanted: Held) -> tuple[Request, ...]:
    """Return what makes ``found`` be ``wanted``; empty when it is."""
    return (
        *_resized(found, wanted),
        *_added_addresses(wanted.addresses - found.addresses.keys()),
        *_added_routes(wanted.routes - {route for route, _ in found.routes}),
        *_added_rules(wanted.rules - {rule for rule, _ in found.rules}),
        *_removed_rules(found, wanted),
        *_removed_routes(found, wanted),
        *_removed_addresses(found, wanted),
        *_repaired(found.strays),
    )


def _resized(found: Found, wanted: Held) -> Iterator[Request]:
    for interface, mtu_bytes in sorted(wanted.mtus - found.mtus):
        yield resize_link(interface, mtu_bytes)


def _added_addresses(addresses: Iterable[Address]) -> Iterator[Request]:
    for address in sorted(addresses, key=str):
        yield Request(
            kind=RTM_NEWADDR,
            flags=_REPLACE,
            body=write_address(address),
            purpose=f"add the address {address.interface}",
        )


def _added_routes(routes: Iterable[Route]) -> Iterator[Request]:
    # Those to nowhere first: without the others they refuse, and let nothing by.
    for route in sorted(routes, key=lambda route: (route.device, str(route.destination))):
        where = f"through link {route.device}" if route.device else "as unreachable"
        yield Request(
            kind=RTM_NEWROUTE,
            flags=_REPLACE,
            body=write_route(route),
            purpose=f"route {route.destination} {where}",
        )


def _added_rules(rules: Iterable[Rule]) -> Iterator[Request]:
    # From the strictest to those that let something by; within one priority the
    # kernel keeps the order of arrival, and a goto must come before what it jumps.
    for rule in sorted(rules, key=lambda rule: (-rule.priority, rule.action != Action.GOTO)):
        yield Request(
            kind=RTM_NEWRULE,
            flags=NLM_F_CREATE | NLM_F_EXCLUSIVE,
            body=write_rule(rule),
            purpose=f"add routing rule {rule.priority}",
            harmless=_THERE,
        )


def _removed_rules(found: Found, wanted: Held) -> Iterator[Request]:
    seen: set[Rule] = set()
    for rule, body in found.rules:
        if rule not in wanted.rules or rule in seen:
            yield Request(
                kind=RTM_DELRULE,
                body=body,
                purpose=f"remove routing rule {rule.priority}",
                harmless=_GONE,
            )
        seen.add(rule)


def _removed_routes(found: Found, wanted: Held) -> Iterator[Request]:
    added = {route.place for route in wanted.routes - {route for route, _ in found.routes}}
    for route, body in found.routes:
        # One whose place was taken above is gone by that.
        if route not in wanted.routes and route.place not in added:
            yield Request(
                kind=RTM_DELROUTE,
                body=body,
                purpose=f"remove the route to {route.destination}",
                harmless=_GONE,
            )


def _removed_addresses(found: Found, wanted: Held) -> Iterator[Request]:
    removed = [one for one in found.addresses if one not in wanted.addresses]
    for address in removed:
        yield Request(
            kind=RTM_DELADDR,
            body=found.addresses[address],
            purpose=f"remove the address {address.interface}",
            harmless=_GONE,
        )
    # IPv4 removes an address's neighbours of the same prefix along with it.
    devices = {address.device for address in removed}
    yield from _added_addresses(one for one in wanted.addresses if one.device in devices)


def _repaired(strays: Iterable[tuple[bytes, bytes]]) -> Iterator[Request]:
    for wrong, repaired in strays:
        yield Request(
            kind=RTM_DELROUTE,
            body=wrong,
            purpose="remove a gateway route that landed on the tunnel",
            harmless=_GONE,
        )
        yield Request(
            kind=RTM_NEWROUTE,
            flags=NLM_F_CREATE,
            body=repaired,
            purpose="put a gateway route back on its own link",
            harmless=_THERE,
        )
