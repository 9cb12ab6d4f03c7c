"""From where a node is seen, and what that says of its router."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_server.reach.holes import hole_in, is_symmetric
from worldvpn_server.reach.noise import NoiseError, initiate, read_initiation
from worldvpn_server.reach.values import PUNCHED, Place

NOW = datetime(2026, 1, 2, tzinfo=UTC)
OURS = X25519PrivateKey.generate()
NODE = X25519PrivateKey.generate()
HERE = (IPv4Address("192.0.2.77"), 51_820)
THERE = (IPv4Address("192.0.2.77"), 40_000)


def called(now: datetime = NOW) -> bytes:
    return initiate(NODE, OURS.public_key().public_bytes_raw(), 7, now).message


def read(message: bytes, counted: list[int] | None = None) -> tuple[bytes, bytes]:
    heard = [] if counted is None else counted
    return read_initiation(OURS, message, lambda: heard.append(1))


def test_call_tells_who_calls_and_later_calls_are_later() -> None:
    key, stamp = read(called())
    _, later = read(called(NOW + timedelta(seconds=1)))

    assert key == NODE.public_key().public_bytes_raw()
    assert later > stamp


def test_call_to_another_key_is_refused_before_the_curve_is_worked_on() -> None:
    counted: list[int] = []
    other = X25519PrivateKey.generate().public_key().public_bytes_raw()

    with pytest.raises(NoiseError):
        read(initiate(NODE, other, 7, NOW).message, counted)

    assert counted == []


@given(st.integers(min_value=0, max_value=131), st.integers(min_value=1, max_value=255))
def test_changed_call_is_nobodys(at: int, change: int) -> None:
    message = bytearray(called())
    message[at] ^= change

    with pytest.raises(NoiseError):
        read(bytes(message))


@given(st.binary(max_size=200))
def test_noise_is_nobodys(noise: bytes) -> None:
    with pytest.raises(NoiseError):
        read(noise)


def test_mapping_that_all_ports_see_is_where_guests_are_sent() -> None:
    assert hole_in((HERE, HERE)) == Place(host=HERE[0], port=HERE[1], carrier=PUNCHED)
    assert not is_symmetric((HERE, HERE))


@pytest.mark.parametrize("seen", [(), (HERE,)], ids=["by none", "by one"])
def test_what_one_port_sees_alone_proves_nothing(seen: tuple[tuple[IPv4Address, int], ...]) -> None:
    assert hole_in(seen) is None
    assert not is_symmetric(seen)


def test_router_that_shows_each_port_another_mapping_is_symmetric() -> None:
    assert hole_in((HERE, THERE)) is None
    assert is_symmetric((HERE, THERE))
