"""How long signed things are: for who only moves them, and need not load what checks them."""

from __future__ import annotations

import struct
from typing import Final

HASH_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
#: What stands where there is no predecessor.
NO_HASH: Final = bytes(HASH_BYTES)
#: version, role, ticket, sequence, up, down, elapsed, previous
RECEIPT_BODY: Final = struct.Struct("!BB32sQQQQ32s")
#: Bytes of a signed receipt.
RECEIPT_BYTES: Final = RECEIPT_BODY.size + SIGNATURE_BYTES
