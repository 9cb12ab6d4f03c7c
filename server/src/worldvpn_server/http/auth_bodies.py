"""What the routes of /v1/auth and /v1/devices read and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import msgspec

from worldvpn_server.accounts.devicekeys import DeviceKeys
from worldvpn_server.accounts.devices import Device, NewDevice
from worldvpn_server.accounts.families import Signed
from worldvpn_server.accounts.proofs import Proof
from worldvpn_server.accounts.tokens import LIFETIME_S
from worldvpn_server.accounts.values import Audience

#: Nothing that one may send to these routes is longer.
MOST_BODY_BYTES: Final = 16_384
_MOST_TIME_S: Final = 2**53

Key = Annotated[bytes, msgspec.Meta(description="32 bytes in Base64")]


class ProofBody(msgspec.Struct, frozen=True):
    """A statement that a device signed with its Ed25519 key (docs/accounts.md has its bytes)."""

    time_s: Annotated[int, msgspec.Meta(ge=0, le=_MOST_TIME_S, description="Unix seconds")]
    nonce: Annotated[bytes, msgspec.Meta(description="16 random bytes in Base64")]
    signature: Annotated[bytes, msgspec.Meta(description="64 bytes in Base64")]

    def value(self) -> Proof:
        """Return it, checked for its form."""
        return Proof(time_s=self.time_s, nonce=self.nonce, signature=self.signature)


class DeviceBody(msgspec.Struct, frozen=True):
    """A device: its name, and two keys that speak to this server only."""

    name: str
    x25519: Key
    ed25519: Key

    def value(self) -> NewDevice:
        """Return it. Raises InvalidError for a key that nobody should have."""
        return NewDevice(name=self.name, keys=DeviceKeys(x25519=self.x25519, ed25519=self.ed25519))


class SignedIn(msgspec.Struct, frozen=True):
    """A sign-in of a device."""

    access_token: str
    token_type: str
    expires_in_s: int
    refresh_token: str
    refresh_expires_at: datetime
    user_id: str
    username: str
    device_id: str

    @classmethod
    def of(cls, signed: Signed) -> SignedIn:
        """Return the answer that says ``signed``."""
        return cls(
            access_token=signed.access_token,
            token_type="Bearer",  # noqa: S106 - a scheme's name (RFC 6750), no password
            expires_in_s=LIFETIME_S[Audience.V1],
            refresh_token=signed.refresh_token,
            refresh_expires_at=signed.refresh_expires_at,
            user_id=str(signed.account),
            username=signed.username,
            device_id=str(signed.device),
        )


class DeviceView(msgspec.Struct, frozen=True):
    """One of the caller's devices."""

    id: str
    name: str
    x25519: bytes
    ed25519: bytes
    created_at: datetime
    keys_at: datetime
    seen_at: datetime
    current: bool

    @classmethod
    def of(cls, device: Device, *, current: bool) -> DeviceView:
        """Return the answer that says ``device``."""
        return cls(
            id=str(device.id),
            name=device.name,
            x25519=device.x25519,
            ed25519=device.ed25519,
            created_at=device.created_at,
            keys_at=device.keys_at,
            seen_at=device.seen_at,
            current=current,
        )
