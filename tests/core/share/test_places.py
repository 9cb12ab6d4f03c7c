"""Which addresses of an inner network are whose."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.share.plan import Guest, fits, is_prober, probers, seated
from worldvpn_core.testing.samples import share_plan
from worldvpn_core.types import IpAddress

PREFIXES = share_plan().prefixes
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
    as_guest = fits(newcomer, (), PREFIXES, probes=False)
    as_prober = fits(newcomer, (), PREFIXES, probes=True)
    place4 = int(four) - int(NET4.network_address)
    place6 = int(six) - int(NET6.network_address)

    assert not (as_guest and as_prober)
    assert as_prober == (252 <= place4 <= 255 and 1 << 48 <= place6 < (1 << 48) + (1 << 32))
    of_probers6 = 1 << 48 <= place6 < (1 << 48) + (1 << 32)
    assert as_guest == (4 <= place4 <= 251 and 4 <= place6 < 1 << 64 and not of_probers6)


@given(st.lists(st.integers(4, 20), max_size=8), st.integers(4, 20), st.integers(0, 9))
def test_nobody_comes_at_an_address_that_somebody_else_has(
    taken: list[int], place: int, key: int
) -> None:
    present = tuple(guest(number, NET4[each]) for number, each in enumerate(taken))
    others = {at for number, at in enumerate(taken) if number != key}

    assert fits(guest(key, NET4[place]), present, PREFIXES, probes=False) == (place not in others)


def test_a_prober_takes_no_seat() -> None:
    prober = guest(1, NET4[252], NET6[1 << 48])
    one = guest(2, NET4[4], NET6[4])

    assert seated((prober, one), PREFIXES) == (one,)
    assert is_prober(NET4[253], PREFIXES)
    assert not is_prober(NET4[251], PREFIXES)
