"""The guest of a field, if it has one: what of its may leave, and where it must never be seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Self

import attrs

from worldvpn_lab.disturb.links import NEW_CARD
from worldvpn_lab.disturb.routes import FALSE_LEASE
from worldvpn_lab.map import SECOND_UPLINK, UPLINK, WIREGUARD_PORT, ends, node
from worldvpn_lab.oracle.ears import Ears
from worldvpn_lab.oracle.judge import Admitted, Guests
from worldvpn_lab.oracle.tap import Point, Sighting
from worldvpn_lab.probes.errands import Errand
from worldvpn_lab.probes.marks import errand_of
from worldvpn_lab.probes.salvo import Salvo

if TYPE_CHECKING:
    from worldvpn_core.types import IpAddress
    from worldvpn_lab.matrix.states import Stage
    from worldvpn_lab.world import World

#: What the client is called on each of its uplinks, and its router outside.
SENDERS: Final[tuple[IpAddress, ...]] = tuple(
    one.ip
    for addresses in (
        *(cable.near.addresses for cable in (UPLINK, SECOND_UPLINK, NEW_CARD)),
        FALSE_LEASE,
    )
    for one in addresses
)
#: Who is asked to lead guests on: the gateway of either uplink.
ASKED: Final[tuple[IpAddress, ...]] = tuple(
    cable.far.addresses[0].ip for cable in (UPLINK, SECOND_UPLINK)
)
ROUTERS: Final[tuple[IpAddress, ...]] = tuple(
    one.ip for end in ends("lan") if end.name == "wan0" for one in end.addresses
)


@attrs.define(kw_only=True, eq=False)
class Party:
    """A guest at its errands, and those who would hear it on the client itself.

    Where nobody shares there is no ``salvo``, and nothing is done or heard. ``bursts`` are
    the numbers of those that were fired.
    """

    salvo: Salvo | None
    ears: Ears | None
    bursts: list[int] = attrs.field(factory=list)

    @classmethod
    def of(cls, stage: Stage, world: World) -> Self:
        """Return the guest of ``stage``; the stage's end is its own."""
        salvo, stack = stage.salvo, stage.stack
        ears = None if salvo is None else stack.enter_context(Ears(world.open_socket, "client"))
        return cls(salvo=salvo, ears=ears)

    def points(self, role: str) -> tuple[Point, ...]:
        """Return where, besides the wires, guests would be seen: the far end of a tunnel."""
        return () if self.salvo is None else (Point(role=role, device="", is_home=True),)

    def admitted(self, own: Admitted) -> Admitted:
        """Return what may leave: the owner's ``own``, and what guests may send."""
        if self.salvo is None:
            return own
        phone = self.salvo.device
        outer = node(phone.role)
        guests = Guests(
            outer=(outer.endpoint, outer.endpoint6),
            senders=SENDERS,
            routers=ROUTERS,
            port=WIREGUARD_PORT,
            asked=ASKED,
        )
        return attrs.evolve(own, inner=(*own.inner, *phone.addresses), guests=guests)

    def fire(self) -> None:
        """Have the guest run every errand."""
        if self.salvo is not None and self.ears is not None:
            self.bursts.append(self.salvo.fire())
            self.ears.listen()

    def knock(self) -> None:
        """Have the guest see to it that it is served, if it is not any more."""
        if self.salvo is not None:
            self.salvo.knock()

    def heard(self) -> list[Sighting]:
        """Return what the client itself took in."""
        return [] if self.ears is None else self.ears.take()

    def lost(self) -> int:
        """Return how much of that was missed."""
        return 0 if self.ears is None else self.ears.lost()

    def served(self, sightings: Sequence[Sighting]) -> tuple[frozenset[int], ...]:
        """Return for each burst the errands that may leave and did."""
        outside = [each for each in sightings if not each.point.is_home]
        return tuple(self._left(outside, burst) for burst in self.bursts)

    def unserved(self, served: Sequence[frozenset[int]]) -> str:
        """Return what of the first burst, before any disturbance, did not leave; "": all did."""
        return "" if self.salvo is None else unserved(self.salvo.errands, served[0])

    def name_of(self, sighting: Sighting) -> str:
        """Return the errand that a frame is; "": it is none."""
        found = errand_of(sighting.frame)
        if found is None or self.salvo is None:
            return ""
        return self.salvo.errands[found[1]].name

    def _left(self, outside: Sequence[Sighting], burst: int) -> frozenset[int]:
        every = () if self.salvo is None else self.salvo.errands
        found = [errand_of(each.frame) for each in outside]
        left = {each[1] for each in found if each is not None and each[0] == burst}
        return frozenset(each.index for each in every if each.may and each.index in left)


def unserved(every: Sequence[Errand], left: frozenset[int]) -> str:
    """Return what a control missed of the errands that may leave; "" when it saw all."""
    missed = [each.name for each in every if each.may and each.index not in left]
    return f"guests did not get out: {', '.join(missed)}" if missed else ""


def is_at_home(sighting: Sighting) -> bool:
    """Return whether the owner's own frame is where it belongs; guests' never is there."""
    return sighting.point.is_home and errand_of(sighting.frame) is None
