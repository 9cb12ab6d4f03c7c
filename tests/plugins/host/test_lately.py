"""Networks that come and go: what lay behind an interface stays closed to guests for a while."""

from __future__ import annotations

from ipaddress import ip_network

import attrs

from worldvpn_host.lately import KEPT_S, Lately

HOME, CAFE = ip_network("2001:db8:1::/64"), ip_network("192.0.2.0/24")


@attrs.define
class Clock:
    """Shows what it is set to."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_network_that_is_gone_is_known_for_a_while() -> None:
    clock = Clock()
    lately = Lately(clock)
    lately.including([HOME])
    clock.now_s = KEPT_S

    assert lately.including([CAFE]) == {HOME, CAFE}


def test_a_network_that_is_long_gone_is_forgotten() -> None:
    clock = Clock()
    lately = Lately(clock)
    lately.including([HOME])
    clock.now_s = KEPT_S + 1

    assert lately.including([CAFE]) == {CAFE}


def test_a_network_that_comes_back_counts_anew() -> None:
    clock = Clock()
    lately = Lately(clock)
    for clock.now_s in (0.0, KEPT_S):
        lately.including([HOME])
    clock.now_s = 2 * KEPT_S

    assert lately.including([]) == {HOME}
