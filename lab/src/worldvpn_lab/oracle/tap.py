"""A capture at several wires of a world: what the client sent, and where it was seen."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Final, Self

import attrs

from worldvpn_lab.oracle.frames import Frame, decode, decode_packet
from worldvpn_lab.oracle.ring import EVERY, Losses, Ring


@attrs.frozen(kw_only=True)
class Point:
    """A wire: the device at whose far side the client, or its router, sends.

    ``is_home``: what the client itself sends is where it belongs there, but guests' is not.
    No ``device`` is all that the role has, tunnels among them.
    """

    role: str
    device: str
    is_home: bool = False


#: The client's two uplinks as the LAN sees them, and its router as the ISP does.
LAN: Final = Point(role="lan", device="lan0")
SECOND_LAN: Final = Point(role="lan", device="lan1")
ISP: Final = Point(role="isp", device="lan")
POINTS: Final = (LAN, SECOND_LAN, ISP)

#: Makes an AF_PACKET socket in a role's network.
Opener = Callable[[str, int, int, int], socket.socket]


@attrs.frozen(kw_only=True)
class Sighting:
    """A frame, and the wire it was seen on."""

    point: Point
    time_ns: int
    frame: Frame


class Tap:
    """Records at ``points`` from now on."""

    def __init__(self, opener: Opener, points: Sequence[Point] = POINTS) -> None:
        self._opener = opener
        self._rings: dict[Point, Ring] = {}
        for point in points:
            self.add(point)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, point: Point) -> None:
        """Record at ``point`` too."""
        # Devices of several kinds have only the packets in common, not what is around them.
        kind, protocol = (socket.SOCK_RAW, 0) if point.device else (socket.SOCK_DGRAM, EVERY)
        line = self._opener(point.role, socket.AF_PACKET, kind, protocol)
        self._rings[point] = Ring(line, point.device)

    def take(self) -> list[Sighting]:
        """Return, in order of time, what was seen since the last call."""
        seen = [
            Sighting(point=point, time_ns=caught.time_ns, frame=_read(point, caught.raw))
            for point, ring in self._rings.items()
            for caught in ring.drain()
        ]
        return sorted(seen, key=lambda sighting: sighting.time_ns)

    def losses(self) -> Losses:
        """Return how many frames the points were given since the last call, and lost."""
        counted = [ring.losses() for ring in self._rings.values()]
        return Losses(
            frames=sum(one.frames for one in counted), lost=sum(one.lost for one in counted)
        )

    def close(self) -> None:
        """Stop recording."""
        for ring in self._rings.values():
            ring.close()
        self._rings.clear()


def _read(point: Point, raw: bytes) -> Frame:
    return decode(raw) if point.device else decode_packet(raw)
