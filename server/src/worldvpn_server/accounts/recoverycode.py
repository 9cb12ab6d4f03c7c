"""Recovery codes: 160 random bits that a person can write on paper."""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import b32encode
from typing import Final

_BYTES: Final = 20
_GROUP: Final = 4
#: Crockford's alphabet: no I, L, O, U; what is misread for 1 and 0 is read as those.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RFC_4648: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_WRITE: Final = str.maketrans(_RFC_4648, _ALPHABET)
_READ: Final = str.maketrans({"I": "1", "L": "1", "O": "0", "-": "", " ": ""})
_MOST_GIVEN: Final = 128


def draw() -> str:
    """Return a fresh code, as it is shown once: eight groups of four."""
    text = b32encode(os.urandom(_BYTES)).decode().translate(_WRITE)
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def stored(code: str) -> str:
    """Return what is kept of a code, however it was typed. Random bits need no slow hash."""
    plain = code[:_MOST_GIVEN].upper().translate(_READ)
    return hashlib.sha256(b"worldvpn/recovery/v1\x00" + plain.encode(errors="replace")).hexdigest()


def matches(code: str, kept: str | None) -> bool:
    """Compare in constant time; ``kept`` None: nobody's code, which nothing matches."""
    same = hmac.compare_digest(stored(code), kept or "0" * 64)
    return same and kept is not None
