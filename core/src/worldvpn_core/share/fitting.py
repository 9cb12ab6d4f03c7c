"""Whether a newcomer may come under the key and the addresses that it is offered with. Pure."""

from __future__ import annotations

import enum

from worldvpn_core.share.plan import FIRST_GUEST, Guest, SharePlan, is_prober, place_of, seated
from worldvpn_core.types import IpAddress, IpNetwork


class Misfit(enum.StrEnum):
    """Why somebody cannot come."""

    KEY_PRESENT = "key-present"
    NOT_OURS = "not-ours"
    ADDRESS_TAKEN = "address-taken"
    #: Its part of the ports is another guest's.
    PLACE_TAKEN = "place-taken"
    FULL = "full"


def misfit(
    newcomer: Guest, present: tuple[Guest, ...], plan: SharePlan, *, probes: bool
) -> Misfit | None:
    """Return why ``newcomer`` cannot come; None: it can.

    Its addresses are of the inner networks, neither the node's nor anybody else's, and the
    prober's only where it ``probes``: what reaches no further than the node must not be a guest.
    """
    prefixes = plan.prefixes
    if any(one.public_key == newcomer.public_key for one in present):
        return Misfit.KEY_PRESENT
    if not all(_is_ours(each, prefixes, probes=probes) for each in newcomer.addresses):
        return Misfit.NOT_OURS
    taken = {address for one in present for address in one.addresses}
    if taken & {*newcomer.addresses}:
        return Misfit.ADDRESS_TAKEN
    if probes:
        return None
    guests = seated(present, prefixes)
    places = {_place(each, plan.guests) for one in guests for each in one.addresses}
    if places & {_place(each, plan.guests) for each in newcomer.addresses}:
        return Misfit.PLACE_TAKEN
    return Misfit.FULL if len(guests) >= plan.guests else None


def _place(address: IpAddress, most_guests: int) -> tuple[int, int]:
    return address.version, place_of(address, most_guests)


def _is_ours(address: IpAddress, prefixes: tuple[IpNetwork, ...], *, probes: bool) -> bool:
    of_a_guest = any(
        address in prefix and int(address) - int(prefix.network_address) >= FIRST_GUEST
        for prefix in prefixes
    )
    return of_a_guest and is_prober(address, prefixes) == probes
