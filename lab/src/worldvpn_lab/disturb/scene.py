"""What a disturbance may touch, and how one is described."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import attrs

from worldvpn_core.errors import RoutingError
from worldvpn_core.types import IpAddress
from worldvpn_lab.map import UPLINK, Cable, Node
from worldvpn_lab.oracle.tap import Point
from worldvpn_lab.probes.cells import Probe

if TYPE_CHECKING:
    from worldvpn_lab.world import World


@attrs.frozen(kw_only=True)
class Scene:
    """A world, the node its client uses, and the tunnel's own addresses there."""

    world: World
    node: Node

    @property
    def inner(self) -> tuple[IpAddress, ...]:
        """Addresses that nothing outside the tunnel may name."""
        return (self.node.guest.ip, self.node.guest6.ip)

    def ask(self, role: str, requests: Sequence[bytes]) -> None:
        """Apply rtnetlink ``requests`` in ``role``. Raises RoutingError."""
        line = self.world.netlink(role)
        try:
            line.apply(requests)
        finally:
            line.close()

    def undo(self, role: str, requests: Sequence[bytes]) -> None:
        """Apply ``requests`` one by one; what is gone already is no error."""
        for request in requests:
            with contextlib.suppress(RoutingError):
                self.ask(role, [request])


Effect = Callable[[Scene], contextlib.AbstractContextManager[None]]


@attrs.frozen(kw_only=True)
class Disturbance:
    """Something that happens: entered, it lasts until left. ``skip`` says why it cannot be done.

    ``points`` are wires that only exist meanwhile; probes bound to a device take ``cable``.
    ``needs`` names a process without which it cannot happen. ``late`` probes are sent only
    once the client had ``react_s`` to see what changed (docs/known-issues.md).
    """

    name: str
    effect: Effect
    points: tuple[Point, ...] = ()
    cable: Cable = UPLINK
    needs: str = ""
    late: frozenset[Probe] = frozenset()
    react_s: float = 0.4
    skip: str = ""


@contextlib.contextmanager
def nothing(_scene: Scene) -> Iterator[None]:
    """Let the world be."""
    yield
