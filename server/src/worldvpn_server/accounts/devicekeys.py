"""Which public keys a device may have: none whose secrets everybody knows."""

from __future__ import annotations

from typing import Final

import attrs
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from worldvpn_server.errors import InvalidError

KEY_BYTES: Final = 32
_PRIME: Final = 2**255 - 19
_SIGN: Final = 1 << 255
#: -121665/121666, the curve's d (RFC 8032 section 5.1).
_D: Final = -121_665 * pow(121_666, -1, _PRIME) % _PRIME
#: y of a point of order 8; the others of small order have 0, 1, -1 and its negative.
_Y_ORDER_8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER: Final = frozenset({0, 1, _PRIME - 1, _Y_ORDER_8, _PRIME - _Y_ORDER_8})
#: Any secret finds out a point of small order: the exchange with it is all zeros.
_PROBE: Final = X25519PrivateKey.generate()


def _is_x25519(_: object, attribute: attrs.Attribute[bytes], value: bytes) -> None:
    if not is_x25519(value):
        raise InvalidError(f"{attribute.name}: is no X25519 public key")


def _is_ed25519(_: object, attribute: attrs.Attribute[bytes], value: bytes) -> None:
    if not is_ed25519(value):
        raise InvalidError(f"{attribute.name}: is no Ed25519 public key")


@attrs.frozen(kw_only=True)
class DeviceKeys:
    """The public keys of a device, for this server only. Raises InvalidError for bad ones."""

    x25519: bytes = attrs.field(validator=_is_x25519)
    ed25519: bytes = attrs.field(validator=_is_ed25519)


def is_x25519(key: bytes) -> bool:
    """Return whether ``key`` is the one encoding of a point that is not of small order."""
    if len(key) != KEY_BYTES or int.from_bytes(key, "little") >= _PRIME:
        return False
    try:
        _PROBE.exchange(X25519PublicKey.from_public_bytes(key))
    except ValueError:
        return False
    return True


def is_ed25519(key: bytes) -> bool:
    """Return whether ``key`` is the one encoding of a point on the curve, not of small order.

    Under a key of small order one signature holds for many messages (RFC 8032 section 8.9).
    """
    if len(key) != KEY_BYTES:
        return False
    y = int.from_bytes(key, "little") & ~_SIGN
    if y >= _PRIME or y in _SMALL_ORDER:
        return False
    # x*x = (y*y - 1) / (d*y*y + 1) must have a root: Euler's criterion.
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _PRIME) % _PRIME
    return pow(square, (_PRIME - 1) // 2, _PRIME) == 1
