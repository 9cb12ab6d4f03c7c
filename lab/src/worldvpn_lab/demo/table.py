"""The demo's findings as a table for people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from worldvpn_lab.demo.findings import Findings, Settlement, failures
from worldvpn_lab.oracle.judge import Verdict

_WIDTH: Final = 42

#: What a newcomer calls the classes of packets that may be seen outside the tunnel.
_CLASSES: Final[Mapping[Verdict, str]] = {
    Verdict.ENDPOINT: "encrypted, to the VPN server",
    Verdict.ENDPOINT_FRAGMENT: "encrypted, in fragments",
    Verdict.BOOTSTRAP: "asking the central server",
    Verdict.ARP: "finding the router (ARP)",
    Verdict.NDP: "finding the router (IPv6)",
    Verdict.DHCP: "renewing the address (DHCP)",
    Verdict.DHCPV6: "renewing the address (DHCPv6)",
    Verdict.EAPOL: "signing on to the network (802.1X)",
}


def table(found: Findings) -> str:
    """Return a line a finding, then the verdict."""
    exits, took, census = found.exits, found.durations, found.census
    through = found.network
    rows = [
        ("exit address without the VPN", exits.before),
        ("exit address through server 1", f"{exits.first}, {exits.first6}"),
        ("exit address through server 2", exits.second),
        ("exit address after disconnecting", exits.after),
        ("connected in", f"{took.connect_ms:.0f} ms"),
        ("connected again after a crash in", f"{took.reconnect_ms:.0f} ms"),
        ("switched servers in", f"{took.switch_ms:.0f} ms"),
        ("throughput", f"{found.throughput_mbps:.0f} Mbit/s"),
        ("nodes of users, listed", f"{through.nodes_seen}"),
        ("exit address through a user's node", through.exits[0]),
        ("connected to it, the server asked, in", f"{through.connect_ms:.0f} ms"),
        ("that node lost power: the other one after", f"{through.failover_ms:.0f} ms"),
        ("exit address then", through.exits[1]),
        ("held of the visitor's 100 credits", f"{through.held_credits}"),
        ("carried by users' nodes and paid for", f"{through.settlement.settled_bytes:,} bytes"),
        ("paid by the visitor", f"{through.settlement.spent_ticks:,} ticks"),
        ("earned by both owners", f"{_earned(through.settlement):,} ticks"),
        ("sessions proved by their receipts", f"{through.settlement.receipts_verified}"),
        ("the ledger's audit", through.settlement.ledger_audit),
        ("sent past the tunnel on purpose", f"{found.attempts} packets"),
        ("of these, seen outside the tunnel", f"{len(census.leaks)} packets"),
        *(
            (f"  outside, {name}", f"{census.packets[kind]} packets")
            for kind, name in _CLASSES.items()
            if kind in census.packets
        ),
        ("the same attempts without the VPN", f"{found.control.packets} packets seen"),
    ]
    lines = [f"  {name:<{_WIDTH}}{value}" for name, value in rows]
    head = f"WorldVPN in a lab: {found.protocol} by {found.engine}"
    return "\n".join([head, "", *lines, "", *_verdict(found), ""])


def _earned(paid: Settlement) -> int:
    return paid.earned_available_ticks + paid.earned_vesting_ticks


def _verdict(found: Findings) -> list[str]:
    failed = list(failures(found))
    if failed:
        return ["This does NOT hold:", *(f"  - {sentence}" for sentence in failed)]
    return [f"All of it holds ({found.elapsed_s:.1f} s). Nothing of your computer was changed."]
