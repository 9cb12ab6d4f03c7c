"""A receipt: one end's signed word for how many bytes a session has carried so far."""

from __future__ import annotations

import enum
from typing import Final

import attrs
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_core.credit.lengths import (
    NO_HASH,
    RECEIPT_BODY,
    RECEIPT_BYTES,
    is_32_bytes,
    is_uint64,
)
from worldvpn_core.credit.signed import digest, seal, unseal
from worldvpn_core.errors import CreditProofError

_TAG: Final = b"worldvpn/receipt/v1\x00"
_VERSION: Final = 1


class Role(enum.IntEnum):
    """Whose word a receipt is."""

    NODE = 1
    GUEST = 2


@attrs.frozen(kw_only=True)
class Receipt:
    """Inner bytes of flows that the guest opened, cumulative over the session.

    ``up_bytes`` left the guest, ``down_bytes`` reached it; ``elapsed_ms`` is of a monotonic clock
    since the session began. ``sequence`` counts from 1; ``previous`` names the one before.
    """

    role: Role
    ticket: bytes = attrs.field(validator=is_32_bytes)
    sequence: int = attrs.field(validator=is_uint64)
    up_bytes: int = attrs.field(validator=is_uint64)
    down_bytes: int = attrs.field(validator=is_uint64)
    elapsed_ms: int = attrs.field(validator=is_uint64)
    previous: bytes = attrs.field(default=NO_HASH, validator=is_32_bytes)

    def body(self) -> bytes:
        """Return the one encoding of this receipt, without its signature."""
        return RECEIPT_BODY.pack(
            _VERSION,
            self.role,
            self.ticket,
            self.sequence,
            self.up_bytes,
            self.down_bytes,
            self.elapsed_ms,
            self.previous,
        )

    def hash(self) -> bytes:
        """Return the SHA-256 by which the next receipt names this one."""
        return digest(_TAG, self.body())

    def sign(self, key: Ed25519PrivateKey) -> bytes:
        """Return the signed receipt, ``RECEIPT_BYTES`` long."""
        return seal(_TAG, self.body(), key)


def read_receipt(signed: bytes) -> Receipt:
    """Return what a signed receipt claims, unverified: its ticket tells whose key to ask.

    Raises:
        CreditProofError: it has not the form of a receipt.
    """
    if len(signed) != RECEIPT_BYTES:
        raise CreditProofError(f"a receipt has {RECEIPT_BYTES} bytes, this has {len(signed)}")
    fields = RECEIPT_BODY.unpack_from(signed)
    if fields[0] != _VERSION or fields[1] not in tuple(Role):
        raise CreditProofError(f"receipt version {fields[0]} with role {fields[1]} is not known")
    return Receipt(
        role=Role(fields[1]),
        ticket=fields[2],
        sequence=fields[3],
        up_bytes=fields[4],
        down_bytes=fields[5],
        elapsed_ms=fields[6],
        previous=fields[7],
    )


def open_receipt(signed: bytes, public_key: bytes) -> Receipt:
    """Return the receipt in ``signed``, which ``public_key`` must have signed.

    Raises:
        CreditProofError: it is no receipt, or not signed by that key.
    """
    receipt = read_receipt(signed)
    verify_receipt(signed, public_key)
    return receipt


def verify_receipt(signed: bytes, public_key: bytes) -> None:
    """Let a receipt pass that ``read_receipt`` has read, if ``public_key`` signed it.

    Raises:
        CreditProofError: it is not signed by that key.
    """
    unseal(_TAG, signed, public_key)
