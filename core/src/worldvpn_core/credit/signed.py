"""Fixed-length records under an Ed25519 signature, with a domain tag before what is signed.

A tag makes a signature over one kind of record worthless for every other (RFC 8032 section
8.3 leaves that to the protocol). Lengths are fixed, so that a record has one encoding only.
"""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from worldvpn_core.credit.lengths import HASH_BYTES, SIGNATURE_BYTES
from worldvpn_core.errors import CreditProofError


def seal(tag: bytes, body: bytes, key: Ed25519PrivateKey) -> bytes:
    """Return ``body`` followed by the signature over ``tag`` and ``body``."""
    return body + key.sign(tag + body)


def unseal(tag: bytes, sealed: bytes, public_key: bytes) -> bytes:
    """Return the body of ``sealed``.

    Raises:
        CreditProofError: the signature is not one of ``public_key`` over this kind of record.
    """
    body, signature = sealed[:-SIGNATURE_BYTES], sealed[-SIGNATURE_BYTES:]
    if public_key == bytes(HASH_BYTES):
        # Zeros stand for who cannot sign, and are a point of order 4: anybody could.
        raise CreditProofError("nobody signs by a key of zeros")
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, tag + body)
    except (InvalidSignature, ValueError) as error:
        raise CreditProofError(
            f"the signature does not belong to key {public_key.hex()[:16]}…"
        ) from error
    return body


def digest(tag: bytes, body: bytes) -> bytes:
    """Return the SHA-256 by which other records name this one; the signature is not in it."""
    return hashlib.sha256(tag + body).digest()
