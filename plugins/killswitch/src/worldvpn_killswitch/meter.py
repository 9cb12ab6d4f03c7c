"""What counts each guest's bytes: a table of its own, so that new rules leave its counters alone.

Counted is what has passed the rules and belongs to an established flow that the guest opened, as
IP packets. What is addressed to the node itself is not forwarded, and so not counted. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from worldvpn_core.types import NODE_GUESTS, NODE_UPLINK, IpAddress

TABLE: Final = "worldvpn_meter"
UP: Final[Mapping[int, str]] = {4: "up4", 6: "up6"}
DOWN: Final[Mapping[int, str]] = {4: "down4", 6: "down6"}
_TYPES: Final = {4: "ipv4_addr", 6: "ipv6_addr"}
_FAMILIES: Final = {4: "ip", 6: "ip6"}
#: After the filter, so that what is dropped there is not counted.
_PRIORITY: Final = "filter + 10"
_OUT: Final = f'iifname "{NODE_GUESTS}" oifname "{NODE_UPLINK}" ct direction original'
_IN: Final = f'iifname "{NODE_UPLINK}" oifname "{NODE_GUESTS}" ct direction reply'


def begun() -> str:
    """Return the script that makes the table anew, with nobody in it."""
    lines = [f"add table inet {TABLE}", f"delete table inet {TABLE}", f"table inet {TABLE} {{"]
    for version, kind in _TYPES.items():
        for name in (UP[version], DOWN[version]):
            lines += [f"set {name} {{", f"type {kind}", "counter", "}"]
    lines += ["chain passed {", f"type filter hook forward priority {_PRIORITY}; policy accept;"]
    for version, family in _FAMILIES.items():
        lines += [
            f"{_OUT} ct state established {family} saddr @{UP[version]}",
            f"{_IN} ct state established {family} daddr @{DOWN[version]}",
        ]
    return "\n".join([*lines, "}", "}", ""])


def changed(before: Iterable[IpAddress], after: Iterable[IpAddress]) -> str:
    """Return the script that makes those ``after`` be counted instead of those ``before``.

    Who is in both goes on being counted; "": nothing changes.
    """
    gone, come = set(before) - set(after), set(after) - set(before)
    lines = [
        f"{verb} element inet {TABLE} {names[guest.version]} {{ {guest} }}"
        for verb, guests in (("delete", gone), ("add", come))
        for guest in sorted(guests, key=str)
        for names in (UP, DOWN)
    ]
    return "".join(f"{line}\n" for line in lines)
