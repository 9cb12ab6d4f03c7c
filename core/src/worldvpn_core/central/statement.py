"""What the agent may ask the daemon to sign: no more of a statement than is its to choose."""

from __future__ import annotations

import enum
from typing import Final

import attrs
from attrs import validators

NONCE_BYTES: Final = 16
HASH_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64


class Purpose(enum.IntEnum):
    """What a statement is for."""

    SIGN_IN = 1
    REFRESH = 2
    REPLACE_KEYS = 4


@attrs.frozen(kw_only=True)
class Statement:
    """What is to be signed; ``about`` is a SHA-256, ``time_s`` Unix seconds."""

    purpose: Purpose = attrs.field(validator=validators.instance_of(Purpose))
    time_s: int = attrs.field(validator=[validators.ge(0), validators.lt(1 << 62)])
    nonce: bytes = attrs.field(
        validator=[validators.min_len(NONCE_BYTES), validators.max_len(NONCE_BYTES)]
    )
    about: bytes = attrs.field(
        validator=[validators.min_len(HASH_BYTES), validators.max_len(HASH_BYTES)]
    )
    #: By the keys that were drawn for the call under way, not by those that are kept.
    by_new_keys: bool = False
