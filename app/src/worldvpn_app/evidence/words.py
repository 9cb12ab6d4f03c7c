"""Tickets and receipts as bytes (docs/receipts.md): what is signed, by whom, and what it says."""

from __future__ import annotations

import hashlib
import struct
from typing import Any, Final, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from worldvpn_app.evidence.errors import EvidenceError

NODE: Final = 1
GUEST: Final = 2
ENDS: Final = {NODE: "node", GUEST: "guest"}
#: In the place of a hash: there is none before. In the place of a guest's key: it signs nothing.
NOTHING: Final = bytes(32)

_TICKET_TAG: Final = b"worldvpn/ticket/v1\0"
_RECEIPT_TAG: Final = b"worldvpn/receipt/v1\0"
_VERSION: Final = 1
_SIGNATURE_BYTES: Final = 64
_TICKET_BODY: Final = struct.Struct(">B16s16s32s32s32s32sQBQQQ16s32s")
_RECEIPT_BODY: Final = struct.Struct(">BB32sQQQQ32s")


class Ticket(NamedTuple):
    """A ticket's fields in their order, and the bytes they were read from. Times: Unix seconds."""

    session: UUID
    node: UUID
    guest_tunnel_key: bytes
    node_tunnel_key: bytes
    guest_key: bytes
    node_key: bytes
    cap_bytes: int
    price_ticks: int
    float_bytes: int
    not_before_s: int
    not_after_s: int
    key_id: bytes
    previous: bytes
    signed: bytes

    @property
    def hash(self) -> bytes:
        """By what receipts and the next ticket name it."""
        return hashlib.sha256(_TICKET_TAG + self.signed[: _TICKET_BODY.size]).digest()

    @property
    def parties(self) -> tuple[UUID, UUID, bytes, bytes, bytes, bytes]:
        """What all tickets of a session have in common."""
        return self[:6]

    def is_signed_by(self, key: bytes) -> bool:
        """Return whether ``key`` signed it."""
        return _is_signed(_TICKET_TAG, self.signed, key)

    def key_of(self, end: int) -> bytes:
        """Return what that end signs its receipts with."""
        return self.node_key if end == NODE else self.guest_key


class Receipt(NamedTuple):
    """A receipt's fields in their order, and the bytes they were read from."""

    end: int
    ticket: bytes
    number: int
    up_bytes: int
    down_bytes: int
    elapsed_ms: int
    previous: bytes
    signed: bytes

    @property
    def hash(self) -> bytes:
        """By what the next receipt names it."""
        return hashlib.sha256(_RECEIPT_TAG + self.signed[: _RECEIPT_BODY.size]).digest()

    @property
    def figures(self) -> tuple[int, int, int]:
        """What never goes back from one receipt to the next."""
        return self.up_bytes, self.down_bytes, self.elapsed_ms

    def is_signed_by(self, key: bytes) -> bool:
        """Return whether ``key`` signed it."""
        return _is_signed(_RECEIPT_TAG, self.signed, key)


def ticket(signed: bytes) -> Ticket:
    """Read a ticket; its signature is not checked.

    Raises:
        EvidenceError: it is none, or of another version.
    """
    version, session, node, *rest = _fields(_TICKET_BODY, signed, "ticket")
    if version != _VERSION:
        raise EvidenceError(f"a ticket is of version {version}, not {_VERSION}")
    return Ticket._make((UUID(bytes=session), UUID(bytes=node), *rest, signed))


def receipt(signed: bytes) -> Receipt:
    """Read a receipt; its signature is not checked.

    Raises:
        EvidenceError: it is none, of another version, or of neither end.
    """
    version, end, *rest = _fields(_RECEIPT_BODY, signed, "receipt")
    if version != _VERSION or end not in ENDS:
        raise EvidenceError(f"a receipt is of version {version} and end {end}: not known")
    return Receipt._make((end, *rest, signed))


def signs(key: bytes) -> bool:
    """Return whether ``key`` is one to sign with: all zeros stand for nobody."""
    return key != NOTHING


def _fields(form: struct.Struct, signed: bytes, what: str) -> tuple[Any, ...]:
    length = form.size + _SIGNATURE_BYTES
    if len(signed) != length:
        raise EvidenceError(f"a {what} has {length} bytes, this has {len(signed)}")
    return form.unpack_from(signed)


def _is_signed(tag: bytes, signed: bytes, key: bytes) -> bool:
    if not signs(key):
        # Zeros are a point of the curve (of order 4) under which signatures can be made up.
        return False
    body, signature = signed[:-_SIGNATURE_BYTES], signed[-_SIGNATURE_BYTES:]
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, tag + body)
    except (InvalidSignature, ValueError):
        return False
    return True
