"""Keys whose secrets everybody knows are no device's."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_server.accounts.devicekeys import (
    _D,
    _PRIME,
    _SMALL_ORDER,
    DeviceKeys,
    is_ed25519,
    is_x25519,
)
from worldvpn_server.errors import InvalidError

#: The points of small order on Curve25519 and its twist (Bernstein, "Validate keys").
LOW_X25519 = (
    0,
    1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
    _PRIME - 1,
    _PRIME,
    _PRIME + 1,
)


def _doubled(x: int, y: int) -> tuple[int, int]:
    """Add a point of the twisted Edwards curve to itself (RFC 8032 section 5.1.4)."""
    product = _D * x * x * y * y
    return (
        2 * x * y * pow(1 + product, -1, _PRIME) % _PRIME,
        (y * y + x * x) * pow(1 - product, -1, _PRIME) % _PRIME,
    )


def _x_of(y: int) -> int:
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _PRIME) % _PRIME
    root = pow(square, (_PRIME + 3) // 8, _PRIME)
    return root if root * root % _PRIME == square else root * pow(2, (_PRIME - 1) // 4, _PRIME)


@pytest.mark.parametrize("number", LOW_X25519)
def test_x25519_point_of_small_order_is_refused(number: int) -> None:
    assert not is_x25519(number.to_bytes(32, "little"))


@pytest.mark.parametrize("y", sorted(_SMALL_ORDER))
@pytest.mark.parametrize("sign", [0, 1 << 255])
def test_ed25519_point_of_small_order_is_refused(y: int, sign: int) -> None:
    assert not is_ed25519((y | sign).to_bytes(32, "little"))


@pytest.mark.parametrize("y", sorted(_SMALL_ORDER))
def test_what_is_refused_as_of_small_order_is_nothing_after_three_doublings(y: int) -> None:
    assert _doubled(*_doubled(*_doubled(_x_of(y), y))) == (0, 1)


@pytest.mark.parametrize("key", [b"", bytes(31), b"\xff" * 32, (_PRIME + 2).to_bytes(32, "little")])
def test_what_is_no_canonical_point_is_refused(key: bytes) -> None:
    assert (is_x25519(key), is_ed25519(key)) == (False, False)


def test_drawn_keys_are_taken() -> None:
    made = DeviceKeys(
        x25519=X25519PrivateKey.generate().public_key().public_bytes_raw(),
        ed25519=Ed25519PrivateKey.generate().public_key().public_bytes_raw(),
    )
    assert len(made.x25519) == len(made.ed25519) == 32


@given(st.binary(max_size=40))
def test_any_bytes_are_a_key_or_none(key: bytes) -> None:
    assert is_x25519(key) in {True, False}
    assert is_ed25519(key) in {True, False}


def test_bad_key_is_named_by_its_field() -> None:
    with pytest.raises(InvalidError, match="x25519"):
        DeviceKeys(x25519=bytes(32), ed25519=bytes(32))
