"""Sign-ins: each a family of tokens that ends together."""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol, Self
from uuid import UUID

import attrs

from worldvpn_server.accounts.values import Audience
from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Tx
from worldvpn_server.ids import new_id

#: A device that is not used for so long signs in with the password again.
IDLE: Final = timedelta(days=30)
COMPAT_LIFETIME: Final = timedelta(hours=24)
#: How long the token before the current one still leads to the current one.
GRACE: Final = timedelta(seconds=60)

_SECRET_BYTES: Final = 32
_SID_BYTES: Final = 16
_TEXT_CHARACTERS: Final = 64
_DERIVE: Final = b"worldvpn/refresh-successor/v1\x00"

_OPEN: Final = """
INSERT INTO login (sid, account, device, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
"""
_FIRST: Final = "INSERT INTO refresh (sid, hash, rotated_at) VALUES ($1, $2, $3)"


class Issuer(Protocol):
    """Makes access tokens; ``accounts.tokens`` has it."""

    def issue(
        self,
        *,
        account: UUID,
        username: str,
        sid: UUID,
        audience: Audience,
        device: UUID | None = None,
    ) -> str:
        """Return a token."""


class Revoker(Protocol):
    """Ends families at once, everywhere; ``accounts.revocations`` has it."""

    async def revoke(self, tx: Tx, sids: Sequence[UUID]) -> None:
        """Let no token of these sign-ins hold from the commit on."""

    async def revoke_account(self, tx: Tx, account: UUID) -> None:
        """Let no token of the account hold."""

    async def revoke_device(self, tx: Tx, device: UUID) -> None:
        """Let no token of the device hold."""


@attrs.frozen(kw_only=True)
class RefreshToken:
    """A refresh token: whose family it is of, and a secret that is stored as a hash only."""

    sid: UUID
    secret: bytes = attrs.field(repr=False)

    @classmethod
    def drawn(cls, sid: UUID) -> Self:
        """Return the first token of a family."""
        return cls(sid=sid, secret=os.urandom(_SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what ``str`` wrote; None: it is none."""
        if len(text) != _TEXT_CHARACTERS or not text.isascii():
            return None
        try:
            raw = urlsafe_b64decode(text)
        except ValueError:
            return None
        if urlsafe_b64encode(raw).decode() != text:
            return None
        return cls(sid=UUID(bytes=raw[:_SID_BYTES]), secret=raw[_SID_BYTES:])

    def __str__(self) -> str:
        return urlsafe_b64encode(self.sid.bytes + self.secret).decode()

    def hash(self) -> bytes:
        """Return what is stored of it."""
        return hashlib.sha256(self.secret).digest()

    def successor(self, salt: bytes) -> Self:
        """Return the token that follows: nobody finds it without both this one and ``salt``."""
        secret = hmac.digest(self.secret, _DERIVE + salt, hashlib.sha256)
        return attrs.evolve(self, secret=secret)


@attrs.frozen(kw_only=True)
class Signed:
    """A sign-in as it is answered."""

    account: UUID
    username: str
    sid: UUID
    device: UUID
    access_token: str = attrs.field(repr=False)
    refresh_token: str = attrs.field(repr=False)
    refresh_expires_at: datetime


@attrs.frozen(kw_only=True)
class Families:
    """Opens families."""

    clock: Clock
    issuer: Issuer

    async def open_compat(self, tx: Tx, account: UUID, username: str) -> str:
        """Return the token of a new family without device: it ends after a day."""
        now, sid = self.clock.now(), new_id()
        await tx.sql.execute(_OPEN, sid, account, None, now, now + COMPAT_LIFETIME)
        return self.issuer.issue(
            account=account, username=username, sid=sid, audience=Audience.COMPAT
        )

    async def open(self, tx: Tx, account: UUID, username: str, device: UUID) -> Signed:
        """Open a family of ``device``."""
        now, token = self.clock.now(), RefreshToken.drawn(new_id())
        await tx.sql.execute(_OPEN, token.sid, account, device, now, now + IDLE)
        await tx.sql.execute(_FIRST, token.sid, token.hash(), now)
        return self.signed(account, username, device, token)

    def signed(self, account: UUID, username: str, device: UUID, token: RefreshToken) -> Signed:
        """Return ``token`` and a fresh access token of its family."""
        return Signed(
            account=account,
            username=username,
            sid=token.sid,
            device=device,
            access_token=self.issuer.issue(
                account=account,
                username=username,
                sid=token.sid,
                audience=Audience.V1,
                device=device,
            ),
            refresh_token=str(token),
            refresh_expires_at=self.clock.now() + IDLE,
        )
