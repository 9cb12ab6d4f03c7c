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
    #: As in docs/accounts.md, where 3 is for adding another device: nobody here does.
    REPLACE_KEYS = 4


@attrs.frozen(kw_only=True)
class Statement:
    """What is to be signed; ``about`` is a SHA-256, ``time_s`` Unix seconds.

    A sign-in is signed with the keys that the daemon has drawn for the call. Keys are replaced
    by the device's own and by the new ones, ``by_new_keys`` says by which. So it does for a
    refresh: where new ones were offered and no answer came, it is not known which the server has.
    """

    purpose: Purpose = attrs.field(validator=validators.instance_of(Purpose))
    time_s: int = attrs.field(validator=[validators.ge(0), validators.lt(1 << 62)])
    nonce: bytes = attrs.field(
        validator=[validators.min_len(NONCE_BYTES), validators.max_len(NONCE_BYTES)]
    )
    about: bytes = attrs.field(
        validator=[validators.min_len(HASH_BYTES), validators.max_len(HASH_BYTES)]
    )
    by_new_keys: bool = attrs.field(default=False, validator=validators.instance_of(bool))

    def __attrs_post_init__(self) -> None:
        if self.by_new_keys and self.purpose is Purpose.SIGN_IN:
            raise ValueError("a sign-in is signed by new keys anyway")
