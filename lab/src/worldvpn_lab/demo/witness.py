"""Judges every frame the client sends, by what may leave at the moment it is sent."""

from __future__ import annotations

import contextlib
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Self

import attrs

from worldvpn_lab.demo.filter import all_but_datagrams_to, attach
from worldvpn_lab.demo.findings import Census
from worldvpn_lab.map import Node
from worldvpn_lab.oracle.judge import Admitted, Outside, Verdict, judge
from worldvpn_lab.oracle.router import is_routers_own
from worldvpn_lab.oracle.tap import POINTS, Point, Sighting, Tap

if TYPE_CHECKING:
    from worldvpn_lab.world import World


@attrs.frozen(kw_only=True)
class Period:
    """From ``since_ns`` on, only what is ``admitted`` may leave; None: anything may."""

    since_ns: int
    admitted: Admitted | None


def admitted_to(*nodes: Node) -> Admitted:
    """Return what may leave while tunnels to ``nodes`` are open, or being opened."""
    return Admitted(
        endpoints=tuple(
            Outside(host=host, port=node.port)
            for node in nodes
            for host in (node.endpoint, node.endpoint6)
        ),
        inner=tuple(address for node in nodes for address in (node.guest.ip, node.guest6.ip)),
    )


def period_of(time_ns: int, periods: list[Period]) -> Period | None:
    """Return the period in which ``time_ns`` lies: the last one begun by then."""
    return next((one for one in reversed(periods) if one.since_ns <= time_ns), None)


def describe(sighting: Sighting) -> str:
    """Return a frame in words, for accusations."""
    frame = sighting.frame
    ports = f" port {frame.destination_port}" if frame.destination_port else ""
    kind = f"IP protocol {frame.protocol}" if frame.protocol is not None else "no IP"
    where = f"{sighting.point.role}:{sighting.point.device}"
    return f"{kind} from {frame.source} to {frame.destination}{ports}, seen at {where}"


class Witness:
    """Captures on the client's wires, which know nothing of the product."""

    def __init__(self, world: World, points: Sequence[Point] = POINTS) -> None:
        self._world = world
        self._points = points
        self._tap = Tap(world.open_socket, points)
        self._periods: list[Period] = []
        self._seen: list[Sighting] = []
        self._lost = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tap.close()

    def from_now(self, admitted: Admitted | None) -> None:
        """Let only what is ``admitted`` leave from now on; None: anything."""
        self._periods.append(Period(since_ns=time.time_ns(), admitted=admitted))

    def take(self) -> list[Sighting]:
        """Return what was seen since the last call; it is kept for the census too."""
        fresh = self._tap.take()
        self._lost += self._tap.losses().lost
        self._seen += fresh
        return fresh

    @contextlib.contextmanager
    def without(self, node: Node) -> Iterator[None]:
        """Record all but the tunnel's own packets to ``node``: a download has too many."""

        def filtered(role: str, family: int, kind: int, protocol: int) -> socket.socket:
            line = self._world.open_socket(role, family, kind, protocol)
            attach(line, all_but_datagrams_to(node.endpoint.packed, node.port))
            return line

        self._change(Tap(filtered, self._points))
        try:
            yield
        finally:
            self._change(Tap(self._world.open_socket, self._points))

    def census(self) -> Census:
        """Judge all that was seen so far."""
        self.take()
        packets: Counter[Verdict] = Counter()
        leaks: list[str] = []
        for sighting in self._seen:
            period = period_of(sighting.time_ns, self._periods)
            if period is None or period.admitted is None or is_routers_own(sighting):
                continue
            verdict = judge(sighting.frame, period.admitted)
            packets[verdict] += 1
            if verdict is Verdict.LEAK:
                leaks.append(describe(sighting))
        return Census(packets=dict(packets), leaks=tuple(leaks), lost=self._lost)

    def _change(self, successor: Tap) -> None:
        """Go on with ``successor``, which records already: nothing is missed between."""
        self.take()
        self._tap.close()
        self._tap = successor
