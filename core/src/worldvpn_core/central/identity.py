"""What this device signs for its central server, and the keys it does that with.

The agent asks for a signature and never has a key: it names a purpose, a time, a nonce and the
SHA-256 of what it is about. Everything else of the statement (docs/accounts.md) is filled in
here, so that an agent that was taken over gets no signature that counts anywhere else.
"""

from __future__ import annotations

import struct
from typing import Final

import attrs
from attrs import validators
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from worldvpn_core.central.server import KEY_BYTES
from worldvpn_core.central.statement import Statement
from worldvpn_core.errors import DeniedError

#: A statement may follow the server's clock where ours is off, but not be kept for next year.
MOST_SKEW_S: Final = 86_400

_TAG: Final = b"worldvpn/device-proof/v1\x00"
_STATEMENT: Final = struct.Struct("!32sBQ16s32s")


@attrs.frozen(kw_only=True)
class DeviceKeys:
    """A device's two secret keys, used with one central server only."""

    x25519: bytes = attrs.field(
        repr=False, validator=[validators.min_len(KEY_BYTES), validators.max_len(KEY_BYTES)]
    )
    ed25519: bytes = attrs.field(
        repr=False, validator=[validators.min_len(KEY_BYTES), validators.max_len(KEY_BYTES)]
    )

    @classmethod
    def fresh(cls) -> DeviceKeys:
        """Return new keys, from the system's randomness."""
        return cls(
            x25519=X25519PrivateKey.generate().private_bytes_raw(),
            ed25519=Ed25519PrivateKey.generate().private_bytes_raw(),
        )

    @property
    def x25519_public(self) -> bytes:
        """The half of ``x25519`` that the server is told."""
        return X25519PrivateKey.from_private_bytes(self.x25519).public_key().public_bytes_raw()

    @property
    def ed25519_public(self) -> bytes:
        """The half of ``ed25519`` that the server is told."""
        return Ed25519PrivateKey.from_private_bytes(self.ed25519).public_key().public_bytes_raw()

    def sign(self, statement: Statement, root_key: bytes, now_s: float) -> bytes:
        """Return the signature over ``statement``, made for the server of ``root_key``. Pure.

        Raises:
            DeniedError: the statement is of another day.
        """
        if abs(statement.time_s - now_s) > MOST_SKEW_S:
            raise DeniedError(
                f"a signature for a time {abs(statement.time_s - int(now_s)):,} s from now was "
                f"asked for: at most {MOST_SKEW_S:,} s are signed; set this host's clock"
            )
        signed = _TAG + _STATEMENT.pack(
            root_key, statement.purpose, statement.time_s, statement.nonce, statement.about
        )
        return Ed25519PrivateKey.from_private_bytes(self.ed25519).sign(signed)
