"""How long signed things and their fields are: for who need not load what checks signatures."""

from __future__ import annotations

import struct
from typing import Final

import attrs

HASH_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
#: What stands where there is no predecessor.
NO_HASH: Final = bytes(HASH_BYTES)
#: version, role, ticket, sequence, up, down, elapsed, previous
RECEIPT_BODY: Final = struct.Struct("!BB32sQQQQ32s")
#: Bytes of a signed receipt.
RECEIPT_BYTES: Final = RECEIPT_BODY.size + SIGNATURE_BYTES
_UINT64_BITS: Final = 64


def is_32_bytes(_: object, attribute: attrs.Attribute[bytes], value: bytes) -> None:
    """Validate a public key or a SHA-256."""
    if len(value) != HASH_BYTES:
        raise ValueError(f"{attribute.name} must have {HASH_BYTES} bytes, not {len(value)}")


def is_uint64(_: object, attribute: attrs.Attribute[int], value: int) -> None:
    """Validate an unsigned number of 64 bits."""
    if value < 0 or value.bit_length() > _UINT64_BITS:
        raise ValueError(f"{attribute.name} must be an unsigned number of 64 bits, not {value}")
