"""Statements that a device signs: who it is, to which server, for what, and when.

A statement is signed over its domain tag, the server's root key, a purpose, a time, a nonce and the
SHA-256 of what it is about. It serves one purpose, at one server, once, within two minutes.
"""

from __future__ import annotations

import enum
import hashlib
import struct
from datetime import timedelta
from typing import Final

import attrs
from attrs import validators
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Tx
from worldvpn_server.errors import InvalidError, UnauthorizedError

NONCE_BYTES: Final = 16
SIGNATURE_BYTES: Final = 64
#: How far the clock of a device may be off, either way.
MOST_SKEW_S: Final = 120

_TAG: Final = b"worldvpn/device-proof/v1\x00"
_STATEMENT: Final = struct.Struct("!32sBQ16s32s")
_MOST_TIME_S: Final = 1 << 62

_CLAIM: Final = """
INSERT INTO device_proof (hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true
"""


class Purpose(enum.IntEnum):
    """What a statement is for."""

    SIGN_IN = 1
    REFRESH = 2
    ADD_DEVICE = 3
    REPLACE_KEYS = 4


@attrs.frozen(kw_only=True)
class Proof:
    """When a statement was made, its nonce, and its signature."""

    time_s: int = attrs.field(validator=[validators.ge(0), validators.lt(_MOST_TIME_S)])
    nonce: bytes
    signature: bytes = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        if (len(self.nonce), len(self.signature)) != (NONCE_BYTES, SIGNATURE_BYTES):
            raise InvalidError(
                f"proof: needs a nonce of {NONCE_BYTES} and a signature of {SIGNATURE_BYTES} bytes"
            )


@attrs.frozen(kw_only=True)
class Claim:
    """What a statement must be about to count: ``about`` in the order of the API."""

    purpose: Purpose
    about: tuple[bytes, ...] = attrs.field(repr=False)


def statement(audience: bytes, claim: Claim, time_s: int, nonce: bytes) -> bytes:
    """Return the bytes to sign. ``audience`` is the root key that the client pins. Pure."""
    about = hashlib.sha256()
    for each in claim.about:
        about.update(len(each).to_bytes(4) + each)
    return _TAG + _STATEMENT.pack(audience, claim.purpose, time_s, nonce, about.digest())


@attrs.frozen(kw_only=True)
class Proofs:
    """Checks statements, and that none counts twice."""

    audience: bytes = attrs.field(validator=[validators.min_len(32), validators.max_len(32)])
    clock: Clock

    def check(self, proof: Proof, claim: Claim, ed25519: bytes) -> bytes:
        """Return the SHA-256 by which ``claim_once`` knows a statement that ``ed25519`` signed.

        Raises:
            UnauthorizedError: another key signed it, another statement was signed, or it is not
                of now; the last one tells the server's time.
        """
        now_s = int(self.clock.now().timestamp())
        if abs(now_s - proof.time_s) > MOST_SKEW_S:
            raise UnauthorizedError(
                "the device's clock is off: set it, or sign with the server's time",
                server_time_s=now_s,
            )
        signed = statement(self.audience, claim, proof.time_s, proof.nonce)
        try:
            Ed25519PublicKey.from_public_bytes(ed25519).verify(proof.signature, signed)
        except (InvalidSignature, ValueError) as error:
            raise UnauthorizedError("the device's signature does not fit the request") from error
        return hashlib.sha256(ed25519 + signed).digest()

    async def claim_once(self, tx: Tx, statement_hash: bytes) -> None:
        """Take note that a statement was used, if ``tx`` commits.

        Raises:
            UnauthorizedError: it was used before.
        """
        kept_until = self.clock.now() + timedelta(seconds=2 * MOST_SKEW_S + 60)
        if await tx.sql.fetchval(_CLAIM, statement_hash, kept_until) is None:
            raise UnauthorizedError("this signature was used before: sign anew")
