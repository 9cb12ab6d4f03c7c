"""A ticket: the central server's word that a guest's traffic is paid for, up to a cap."""

from __future__ import annotations

import struct
from typing import Final
from uuid import UUID

import attrs
from attrs import validators
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_core.credit.lengths import NO_HASH, SIGNATURE_BYTES, is_32_bytes, is_uint64
from worldvpn_core.credit.signed import digest, seal, unseal
from worldvpn_core.errors import CreditProofError

_TAG: Final = b"worldvpn/ticket/v1\x00"
_BODY: Final = struct.Struct("!B16s16s32s32s32s32sQBQQQ16s32s")
_VERSION: Final = 1
_KID_AT: Final = _BODY.size - 48
#: Bytes of a signed ticket.
TICKET_BYTES: Final = _BODY.size + SIGNATURE_BYTES


@attrs.frozen(kw_only=True)
class Ticket:
    """What one session may use at one node, and who may use it.

    ``cap_bytes`` is cumulative over the session: a top-up is a ticket of the same session with
    a higher cap and ``previous`` naming the one before. ``float_bytes`` is what a node may carry
    ahead of the last answered proposal. Times are Unix seconds, ``key_id`` names the server's key.
    """

    session: UUID
    node: UUID
    guest_x25519: bytes = attrs.field(validator=is_32_bytes)
    node_x25519: bytes = attrs.field(validator=is_32_bytes)
    guest_ed25519: bytes = attrs.field(validator=is_32_bytes)
    node_ed25519: bytes = attrs.field(validator=is_32_bytes)
    cap_bytes: int = attrs.field(validator=is_uint64)
    price_ticks: int = attrs.field(validator=[validators.ge(0), validators.le(255)])
    float_bytes: int = attrs.field(validator=is_uint64)
    not_before_s: int = attrs.field(validator=is_uint64)
    not_after_s: int = attrs.field(validator=is_uint64)
    key_id: bytes = attrs.field(validator=[validators.min_len(16), validators.max_len(16)])
    previous: bytes = attrs.field(default=NO_HASH, validator=is_32_bytes)

    def body(self) -> bytes:
        """Return the one encoding of this ticket, without its signature."""
        return _BODY.pack(
            _VERSION,
            self.session.bytes,
            self.node.bytes,
            self.guest_x25519,
            self.node_x25519,
            self.guest_ed25519,
            self.node_ed25519,
            self.cap_bytes,
            self.price_ticks,
            self.float_bytes,
            self.not_before_s,
            self.not_after_s,
            self.key_id,
            self.previous,
        )

    def hash(self) -> bytes:
        """Return the SHA-256 by which receipts and later tickets name this one."""
        return digest(_TAG, self.body())

    def sign(self, key: Ed25519PrivateKey) -> bytes:
        """Return the signed ticket, ``TICKET_BYTES`` long."""
        return seal(_TAG, self.body(), key)


def key_id_of(signed: bytes) -> bytes:
    """Return which key a signed ticket says it was signed with.

    Raises:
        CreditProofError: it has not the length of a ticket.
    """
    if len(signed) != TICKET_BYTES:
        raise CreditProofError(f"a ticket has {TICKET_BYTES} bytes, this has {len(signed)}")
    return signed[_KID_AT : _KID_AT + 16]


def hash_of(signed: bytes) -> bytes:
    """Return the SHA-256 by which receipts name a signed ticket, which is not verified.

    Raises:
        CreditProofError: it has not the length of a ticket.
    """
    key_id_of(signed)
    return digest(_TAG, signed[: _BODY.size])


def open_ticket(signed: bytes, public_key: bytes) -> Ticket:
    """Return the ticket in ``signed``. Time, node and keys are the caller's to compare.

    Raises:
        CreditProofError: it is no ticket, of another version, or not signed by ``public_key``.
    """
    key_id_of(signed)
    unseal(_TAG, signed, public_key)
    return read_ticket(signed)


def read_ticket(signed: bytes) -> Ticket:
    """Return what a signed ticket says, unverified: for one that was believed before.

    Raises:
        CreditProofError: it is no ticket, or of another version.
    """
    key_id_of(signed)
    fields = _BODY.unpack_from(signed)
    if fields[0] != _VERSION:
        raise CreditProofError(f"ticket version {fields[0]} is not known, only {_VERSION}")
    return Ticket(
        session=UUID(bytes=fields[1]),
        node=UUID(bytes=fields[2]),
        guest_x25519=fields[3],
        node_x25519=fields[4],
        guest_ed25519=fields[5],
        node_ed25519=fields[6],
        cap_bytes=fields[7],
        price_ticks=fields[8],
        float_bytes=fields[9],
        not_before_s=fields[10],
        not_after_s=fields[11],
        key_id=fields[12],
        previous=fields[13],
    )
