"""The name under which a ledger signs its tree heads."""

from __future__ import annotations

import hashlib
from typing import Final

_SHOWN_BYTES: Final = 8


def origin_of(root_public: bytes) -> str:
    """Return the origin of the checkpoints under a root of trust: it outlives every other key."""
    return f"worldvpn-ledger/{hashlib.sha256(root_public).digest()[:_SHOWN_BYTES].hex()}"
