"""What a demo found, and whether it is what was promised. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import attrs

from worldvpn_lab.oracle.judge import Verdict

#: How many accusations are printed: the first tell enough.
_SHOWN: Final = 3


@attrs.frozen(kw_only=True)
class ExitAddresses:
    """As whom the client was seen by a web server, in the order of the demo."""

    before: str
    first: str
    first6: str
    again: str
    second: str
    after: str


_WHEN: Final[Mapping[str, str]] = {
    "before": "before connecting",
    "first": "connected to server 1",
    "first6": "connected to server 1, by IPv6",
    "again": "connected again after a crash",
    "second": "after switching to server 2",
    "after": "after disconnecting",
}


#: How many users share in the demo.
_SHARING: Final = 2
_NODES: Final = ("through a user's node", "after that user's computer lost power")


@attrs.frozen(kw_only=True)
class Settlement:
    """What was paid for what was carried: money in ticks, both owners' earnings together.

    ``receipts_verified``: sessions of which both ends' receipts were proved without the server.
    """

    settled_bytes: int
    spent_ticks: int
    earned_available_ticks: int
    earned_vesting_ticks: int
    receipts_verified: int
    ledger_audit: str


@attrs.frozen(kw_only=True)
class Network:
    """What was found with a central server and users who share.

    ``exits`` are addresses a web server saw, before and after the node that was used died.
    """

    nodes_seen: int
    connect_ms: float
    failover_ms: float
    held_credits: int
    settlement: Settlement
    exits: tuple[str, str]
    expected: tuple[str, str]


@attrs.frozen(kw_only=True)
class Durations:
    """How long it took, from what was asked or done to the daemon's "connected"."""

    connect_ms: float
    reconnect_ms: float
    switch_ms: float


@attrs.frozen(kw_only=True)
class Census:
    """Packets seen outside the tunnel while only it was allowed, by class.

    ``leaks`` describes each that was forbidden; ``lost`` counts what the witness missed.
    """

    packets: Mapping[Verdict, int]
    leaks: tuple[str, ...]
    lost: int


@attrs.frozen(kw_only=True)
class Control:
    """One round of attempts with no VPN: packets seen, and the kinds that never showed."""

    packets: int
    unseen: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Findings:
    """All that a demo measured; ``expected`` is what the lab's map says must be seen.

    ``attempts`` counts what was sent past the tunnel while only it was allowed.
    """

    engine: str
    protocol: str
    exits: ExitAddresses
    expected: ExitAddresses
    durations: Durations
    throughput_mbps: float
    census: Census
    attempts: int
    control: Control
    network: Network
    #: Of the leaks, those seen while traffic went through users' nodes.
    network_leaked_packets: int
    elapsed_s: float


def failures(found: Findings) -> Iterator[str]:
    """Yield a sentence for each promise that does not hold."""
    for name, when in _WHEN.items():
        saw, meant = getattr(found.exits, name), getattr(found.expected, name)
        if saw != meant:
            yield f"{when} the web server saw {saw}, and should have seen {meant}"
    yield from _network_failures(found.network)
    census, control = found.census, found.control
    if census.leaks:
        first = "; ".join(census.leaks[:_SHOWN])
        yield f"{len(census.leaks)} packets left outside the tunnel, first: {first}"
    if control.unseen:
        first = ", ".join(control.unseen[:_SHOWN])
        yield (
            f"{len(control.unseen)} kinds of packet were not seen even without the VPN ({first}): "
            "that none was seen with it proves nothing"
        )
    if census.lost:
        yield f"the witness missed {census.lost} packets: this computer is too busy, try again"
    if not census.packets.get(Verdict.ENDPOINT):
        yield "the witness saw no packet of the tunnel itself: it watched the wrong wires"
    if not found.throughput_mbps:
        yield "nothing could be downloaded through the tunnel"


def _network_failures(through: Network) -> Iterator[str]:
    for saw, meant, when in zip(through.exits, through.expected, _NODES, strict=True):
        if saw != meant:
            yield f"{when} the web server saw {saw}, and should have seen {meant}"
    if through.nodes_seen != _SHARING:
        yield f"{through.nodes_seen} nodes were listed, and {_SHARING} share"
    if not through.held_credits:
        yield "no credit was held for the session"
    paid = through.settlement
    if not paid.settled_bytes:
        yield "nothing was paid for what was carried"
    if not paid.receipts_verified:
        yield "no session's receipts could be verified"
    if paid.ledger_audit != "ok":
        yield f"the ledger's audit: {paid.ledger_audit}"


def as_json(found: Findings) -> dict[str, object]:
    """Return ``found`` as one flat object: the answer of ``worldvpn demo --json``."""
    failed = list(failures(found))
    packets = sorted(found.census.packets.items())
    return {
        "ok": not failed,
        "engine": found.engine,
        "protocol": found.protocol,
        "exit_address_before": found.exits.before,
        "exit_address_after": found.exits.first,
        "exit_address6_after": found.exits.first6,
        "exit_address_reconnected": found.exits.again,
        "exit_address_switched": found.exits.second,
        "exit_address_disconnected": found.exits.after,
        "connect_ms": round(found.durations.connect_ms, 1),
        "reconnect_ms": round(found.durations.reconnect_ms, 1),
        "switch_ms": round(found.durations.switch_ms, 1),
        "throughput_mbps": round(found.throughput_mbps, 1),
        "attempts": found.attempts,
        "leaked_packets": len(found.census.leaks),
        "outside_packets": {str(kind): count for kind, count in packets},
        "lost_packets": found.census.lost,
        "control_packets": found.control.packets,
        "control_unseen": list(found.control.unseen),
        "nodes_seen": found.network.nodes_seen,
        "exit_address_node": found.network.exits[0],
        "exit_address_failed_over": found.network.exits[1],
        "directory_connect_ms": round(found.network.connect_ms, 1),
        "failover_ms": round(found.network.failover_ms, 1),
        "failover_leaked_packets": found.network_leaked_packets,
        "held_credits": found.network.held_credits,
        **attrs.asdict(found.network.settlement),
        "elapsed_s": round(found.elapsed_s, 2),
        "failed": failed,
    }
