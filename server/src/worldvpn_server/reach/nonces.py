"""Nonces that prove an address: given to a node here, returned by it from there."""

from __future__ import annotations

import base64
import hmac
import struct
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.accounts.pseudonyms import Pseudonyms

#: For how long a nonce is taken.
LIFE: Final = timedelta(seconds=60)
_EXPIRES: Final = struct.Struct("!Q")
_MAC_BYTES: Final = 32


@attrs.frozen
class Nonces:
    """Made and checked without being stored, in any process."""

    _pseudonyms: Pseudonyms

    def issue(self, node: UUID, now: datetime) -> str:
        """Return a nonce that only ``node`` can return, and soon."""
        expires_s = int((now + LIFE).timestamp())
        raw = _EXPIRES.pack(expires_s) + self._mac(node, expires_s)
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    def is_ours(self, nonce: str, node: UUID, now: datetime) -> bool:
        """Return whether ``issue`` made it for ``node``, lately."""
        try:
            raw = base64.urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4))
        except ValueError:
            return False
        if len(raw) != _EXPIRES.size + _MAC_BYTES:
            return False
        (expires_s,) = _EXPIRES.unpack_from(raw)
        fits = hmac.compare_digest(raw[_EXPIRES.size :], self._mac(node, expires_s))
        return fits and now.timestamp() < expires_s

    def _mac(self, node: UUID, expires_s: int) -> bytes:
        return self._pseudonyms.of("address-nonce", node, expires_s)
