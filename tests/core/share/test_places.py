"""Which addresses of an inner network are whose."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.share.fitting import Misfit, misfit
from worldvpn_core.share.plan import Guest, is_prober, place_of, probers, seated
from worldvpn_core.testing.samples import share_plan
from worldvpn_core.types import IpAddress

PLAN = attrs.evolve(share_plan(), guests=16)
PREFIXES = PLAN.prefixes
NET4, NET6 = PREFIXES

_PLACES6 = st.one_of(
    st.integers(0, 300), st.integers(0, 300).map(lambda at: (1 << 48) + at), st.integers(0, 2**64)
)
_ADDRESSES4 = st.integers(-3, 258).map(lambda at: NET4.network_address + at)
_ADDRESSES6 = _PLACES6.map(lambda at: NET6.network_address + at)


def guest(key: int, *addresses: IpAddress) -> Guest:
    return Guest(public_key=bytes([key]) * 32, addresses=addresses)


def test_the_servers_own_addresses_are_the_last_four_and_a_part_far_from_guests() -> None:
    assert probers(ip_network("10.66.0.0/24")) == IPv4Network("10.66.0.252/30")
    assert probers(ip_network("fd66::/64")) == IPv6Network("fd66::1:0:0:0/96")


@given(_ADDRESSES4, _ADDRESSES6)
def test_an_address_is_a_guests_or_the_servers_or_nobodys(four: IpAddress, six: IpAddress) -> None:
    newcomer = guest(1, four, six)
    as_guest = misfit(newcomer, (), PLAN, probes=False) is None
    as_prober = misfit(newcomer, (), PLAN, probes=True) is None
    place4 = int(four) - int(NET4.network_address)
    place6 = int(six) - int(NET6.network_address)

    assert not (as_guest and as_prober)
    assert as_prober == (252 <= place4 <= 255 and 1 << 48 <= place6 < (1 << 48) + (1 << 32))
    of_probers6 = 1 << 48 <= place6 < (1 << 48) + (1 << 32)
    assert as_guest == (4 <= place4 <= 251 and 4 <= place6 < 1 << 64 and not of_probers6)


@given(st.lists(st.integers(4, 40), max_size=20), st.integers(4, 40), st.integers(0, 22))
def test_nobody_comes_under_what_somebody_else_has(taken: list[int], place: int, key: int) -> None:
    present = tuple(guest(number, NET4[each]) for number, each in enumerate(taken))
    found = misfit(guest(key, NET4[place]), present, PLAN, probes=False)

    ports = {place_of(NET4[at], PLAN.guests) for at in taken}
    if found is None:
        assert key >= len(taken)
        assert place not in taken
        assert place_of(NET4[place], PLAN.guests) not in ports
        assert len(taken) < PLAN.guests
    else:
        assert {
            Misfit.KEY_PRESENT: key < len(taken),
            Misfit.ADDRESS_TAKEN: place in taken,
            Misfit.PLACE_TAKEN: place_of(NET4[place], PLAN.guests) in ports,
            Misfit.FULL: len(taken) >= PLAN.guests,
            Misfit.NOT_OURS: False,
        }[found]


@pytest.mark.parametrize(
    ("newcomer", "why"),
    [
        (guest(1, NET4[9]), Misfit.KEY_PRESENT),
        (guest(9, NET4[4]), Misfit.ADDRESS_TAKEN),
        (guest(9, NET4[4 + 16]), Misfit.PLACE_TAKEN),
        (guest(9, NET4[3]), Misfit.NOT_OURS),
        (guest(9, NET4[5], NET6[4]), None),
    ],
)
def test_whoever_cannot_come_is_told_why(newcomer: Guest, why: Misfit | None) -> None:
    assert misfit(newcomer, (guest(1, NET4[4]),), PLAN, probes=False) is why


def test_a_node_that_is_full_says_so() -> None:
    present = tuple(guest(place, NET4[place]) for place in range(4, 4 + PLAN.guests - 1))
    others = (*present, guest(99, NET4[252]))

    last = guest(100, NET4[3 + PLAN.guests])
    assert misfit(last, others, PLAN, probes=False) is None
    full = (*others, last)
    # Whoever comes then has the ports of another, too: what is said first is as good.
    assert misfit(guest(101, NET4[40]), full, PLAN, probes=False) in {
        Misfit.FULL,
        Misfit.PLACE_TAKEN,
    }


def test_a_prober_takes_no_seat() -> None:
    prober = guest(1, NET4[252], NET6[1 << 48])
    one = guest(2, NET4[4], NET6[4])

    assert seated((prober, one), PREFIXES) == (one,)
    assert is_prober(NET4[253], PREFIXES)
    assert not is_prober(NET4[251], PREFIXES)
