"""Refresh tokens rotate: a lost answer may be asked for again, a stolen token gives itself away.

(RFC 9700 section 4.14.2; on top of it every request is signed by the device.)
"""

from __future__ import annotations

import enum
import hmac
import os
from datetime import datetime
from typing import Final
from uuid import UUID

import attrs
import msgspec

from worldvpn_server.accounts.families import (
    GRACE,
    IDLE,
    Families,
    RefreshToken,
    Revoker,
    Signed,
)
from worldvpn_server.accounts.proofs import Claim, Proof, Proofs, Purpose
from worldvpn_server.clock import Clock
from worldvpn_server.database.pool import Database, Tx
from worldvpn_server.errors import UnauthorizedError
from worldvpn_server.events.values import Event
from worldvpn_server.seams import Bus

_SALT_BYTES: Final = 32
_REFUSED: Final = "Invalid or expired refresh token"

_FIND: Final = """
SELECT r.hash, r.previous, r.salt, r.rotated_at, l.account, l.device, d.ed25519, a.name
FROM refresh r
JOIN login l ON l.sid = r.sid
JOIN device d ON d.id = l.device
JOIN account a ON a.id = l.account
WHERE r.sid = $1 AND l.expires_at > $2
  AND l.revoked_at IS NULL AND d.revoked_at IS NULL AND a.banned_at IS NULL
FOR UPDATE OF r
"""
_ROTATE: Final = """
UPDATE refresh SET hash = $2, previous = $3, salt = $4, rotated_at = $5 WHERE sid = $1
"""
_PROLONG: Final = "UPDATE login SET expires_at = $2 WHERE sid = $1"
_SEEN: Final = "UPDATE device SET seen_at = $2 WHERE id = $1"


class Step(enum.Enum):
    """What to do with a refresh token."""

    ROTATE = enum.auto()
    REPEAT = enum.auto()
    REVOKE = enum.auto()


@attrs.frozen(kw_only=True)
class Standing:
    """What is stored of a family."""

    hash: bytes
    previous: bytes | None
    salt: bytes | None = attrs.field(repr=False)
    rotated_at: datetime


def step(standing: Standing, presented: bytes, now: datetime) -> Step:
    """Decide about a token with the hash ``presented``, which the family's device signed. Pure.

    The token before the current one leads to the current one until that is used (then it is not
    the one before any more) or for ``GRACE``. Everything else was used up or made up.
    """
    if hmac.compare_digest(presented, standing.hash):
        return Step.ROTATE
    is_previous = hmac.compare_digest(presented, standing.previous or b"")
    if is_previous and standing.salt and now - standing.rotated_at <= GRACE:
        return Step.REPEAT
    return Step.REVOKE


def reuse_notice(account: UUID, device: UUID) -> Event:
    """Return the event that tells every device of ``account`` of it."""
    body = {
        "code": "refresh-token-reused",
        "device_id": str(device),
        "text": "an old sign-in of one of your devices was used again: it was signed out",
    }
    return Event(topic=account, kind="notice", body=msgspec.json.encode(body))


@attrs.frozen(kw_only=True)
class Refreshing:
    """Trades refresh tokens."""

    database: Database
    clock: Clock
    proofs: Proofs
    families: Families
    revoker: Revoker
    bus: Bus

    async def refresh(self, text: str, proof: Proof) -> Signed:
        """Return the successor of a refresh token, and a fresh access token.

        Raises:
            UnauthorizedError: the token or the signature does not hold. Where the device itself
                presented a token that was used up, its whole family is revoked.
        """
        token = RefreshToken.parse(text)
        if token is None:
            raise UnauthorizedError(_REFUSED)
        signed = await self.database.run(lambda tx: self._trade(tx, token, proof))
        if signed is None:
            raise UnauthorizedError(_REFUSED)
        return signed

    async def _trade(self, tx: Tx, token: RefreshToken, proof: Proof) -> Signed | None:
        now = self.clock.now()
        row = await tx.sql.fetchrow(_FIND, token.sid, now)
        if row is None:
            return None
        claim = Claim(purpose=Purpose.REFRESH, about=(str(token).encode(),))
        used = self.proofs.check(proof, claim, row["ed25519"])
        await self.proofs.claim_once(tx, used)
        standing = Standing(
            hash=row["hash"],
            previous=row["previous"],
            salt=row["salt"],
            rotated_at=row["rotated_at"],
        )
        match step(standing, token.hash(), now):
            case Step.REVOKE:
                await self.revoker.revoke(tx, [token.sid])
                await self.bus.publish(tx, reuse_notice(row["account"], row["device"]))
                return None
            case Step.REPEAT:
                following = token.successor(row["salt"])
            case Step.ROTATE:
                following = await self._rotate(tx, token, row["device"], now)
        return self.families.signed(row["account"], row["name"], row["device"], following)

    async def _rotate(
        self, tx: Tx, token: RefreshToken, device: UUID, now: datetime
    ) -> RefreshToken:
        salt = os.urandom(_SALT_BYTES)
        following = token.successor(salt)
        await tx.sql.execute(_ROTATE, token.sid, following.hash(), token.hash(), salt, now)
        await tx.sql.execute(_PROLONG, token.sid, now + IDLE)
        await tx.sql.execute(_SEEN, device, now)
        return following
