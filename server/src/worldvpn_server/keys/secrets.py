"""Secret keys as 32 bytes: drawn, checked, and turned into what signs."""

from __future__ import annotations

import hashlib
import itertools
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from worldvpn_core.credit.manifest import Use
from worldvpn_server.errors import StartError

SECRET_BYTES: Final = 32
_CURVE: Final = ec.SECP256R1

#: Secret keys of published test vectors: RFC 8032 section 7.1, RFC 8037 appendix A, RFC 6979
#: appendix A.2.5 (P-256).
_PUBLISHED: Final = frozenset(
    bytes.fromhex(each)
    for each in (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "0305334e381af78f141cb666f6199f57bc3495335a256a95bd2a55bf546663f6",
        "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
    )
)
#: A secret with so few different bytes was typed by a person, not drawn.
_FEWEST_VALUES: Final = 8


def draw(use: Use) -> bytes:
    """Return a fresh secret for ``use``."""
    if use is Use.TLS:
        number = ec.generate_private_key(_CURVE()).private_numbers().private_value
        return number.to_bytes(SECRET_BYTES, "big")
    return Ed25519PrivateKey.generate().private_bytes_raw()


def checked(secret: bytes, name: str) -> bytes:
    """Return ``secret``, the content of the file ``name``, if it can be one.

    Raises:
        StartError: it has another length, is published, or is no random number.
    """
    if len(secret) != SECRET_BYTES:
        raise StartError(
            f"the key {name} has {len(secret)} bytes instead of {SECRET_BYTES}: restore it from "
            "a backup or run `worldvpn-server keys rotate`"
        )
    steps = {(right - left) % 256 for left, right in itertools.pairwise(secret)}
    if secret in _PUBLISHED or len(set(secret)) < _FEWEST_VALUES or len(steps) == 1:
        raise StartError(
            f"the key {name} is one that everybody knows: delete it and run "
            "`worldvpn-server keys rotate`"
        )
    return secret


def tls_key(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """Return the certificate's key. Raises ValueError when the number is none of the curve."""
    return ec.derive_private_key(int.from_bytes(secret, "big"), _CURVE())


def public_half(use: Use, secret: bytes) -> bytes:
    """Return what the manifest says of a secret: its public key, or for TLS its pin."""
    if use is Use.TLS:
        spki = tls_key(secret).public_key()
        der = spki.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).digest()
    return root_public(secret)


def root_public(secret: bytes) -> bytes:
    """Return the Ed25519 public key of a secret."""
    return Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
