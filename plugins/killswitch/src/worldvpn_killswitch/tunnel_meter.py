"""Counts what a session's tunnel carries of flows opened here: a table for each interface.

What came in is counted by packet. What went out is the interface's own count, for the kernel joins
segments until the last moment, less what the rules saw going to the node itself.
"""

from __future__ import annotations

import re
from typing import Final

from worldvpn_core.contracts import Meter
from worldvpn_core.credit.figures import Figures
from worldvpn_core.types import LINK_PREFIX, IpAddress
from worldvpn_killswitch import listing
from worldvpn_killswitch.libnftables import Engine

_PREFIX: Final = "worldvpn_of_"
_OPENED: Final = "opened"
_TO_NODE: Final = "to_node"
_TABLES: Final = re.compile(rf"^table inet ({_PREFIX}{LINK_PREFIX}[a-z0-9]+)$", re.MULTILINE)


class NftTunnelMeter:
    """TunnelMeter by nftables and ``meter``, which reads interfaces."""

    def __init__(self, engine: Engine, meter: Meter) -> None:
        self._engine = engine
        self._meter = meter
        self._counted: set[str] = set()

    async def begin(self, interface: str, node: IpAddress, node6: IpAddress) -> None:
        await self._engine.run(begun(interface, node, node6))
        self._counted.add(interface)

    async def read(self, interface: str) -> Figures | None:
        if interface not in self._counted:
            return None
        reading = await self._meter.read(interface)
        if reading is None:
            return None
        text = await self._engine.run(
            f"list counters table inet {_PREFIX}{interface}", stateless=False
        )
        seen = {name: size for name, _, size in listing.counts(text)}
        return Figures(
            up_bytes=max(0, reading.sent_bytes - seen[_TO_NODE]), down_bytes=seen[_OPENED]
        )

    async def end(self, interface: str) -> None:
        if interface in self._counted:
            await self._engine.run(f"delete table inet {_PREFIX}{interface}\n")
            self._counted.remove(interface)

    async def sweep(self) -> None:
        left = _TABLES.findall(await self._engine.run("list tables inet"))
        if left:
            await self._engine.run("".join(f"delete table inet {name}\n" for name in left))


def begun(interface: str, node: IpAddress, node6: IpAddress) -> str:
    """Return the script that makes the table of ``interface`` anew. Pure."""
    table = f"{_PREFIX}{interface}"
    came = f'iifname "{interface}" ct direction reply ct state established'
    went = f'oifname "{interface}"'
    return "\n".join(
        (
            f"add table inet {table}",
            f"delete table inet {table}",
            f"table inet {table} {{",
            *(f"counter {name} {{ }}" for name in (_OPENED, _TO_NODE)),
            "chain came {",
            # Once connection tracking has seen it.
            "type filter hook prerouting priority mangle; policy accept;",
            f"{came} ip saddr != {node} counter name {_OPENED}",
            f"{came} ip6 saddr != {node6} counter name {_OPENED}",
            "}",
            "chain went {",
            "type filter hook postrouting priority 300; policy accept;",
            f"{went} ip daddr {node} counter name {_TO_NODE}",
            f"{went} ip6 daddr {node6} counter name {_TO_NODE}",
            "}",
            "}",
            "",
        )
    )
