"""Keys of journals: what posts a thing once, and tells nobody what the thing was."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

SALT_BYTES: Final = 32
_NUMBER_BYTES: Final = 8


def journal_key(salt: bytes, purpose: str, number: int) -> bytes:
    """Return the key of the ``number``-th journal for ``purpose``: HMAC-SHA256 under ``salt``.

    A payer's and an owner's journals of one session have other purposes, thus keys that nobody
    can join once the session's random ``salt`` is deleted.

    Raises:
        ValueError: ``salt`` has not 32 bytes, or ``number`` is no unsigned number of 64 bits.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    if number < 0 or number.bit_length() > 8 * _NUMBER_BYTES:
        raise ValueError(f"a journal's number is unsigned and of 64 bits, not {number}")
    # The number has a fixed length, thus no purpose and number read like another pair.
    message = number.to_bytes(_NUMBER_BYTES) + purpose.encode()
    return hmac.digest(salt, message, hashlib.sha256)
