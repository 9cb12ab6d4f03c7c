"""Access tokens: JWTs signed with Ed25519 (RFC 8037), good for one audience and one sign-in.

Which key and which algorithm is never the token's to say: its ``kid`` is looked up among ours.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final
from uuid import UUID

import attrs
import msgspec
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64encode

from worldvpn_server.accounts.revocations import Revocations
from worldvpn_server.accounts.values import Audience, Caller
from worldvpn_server.clock import Clock
from worldvpn_server.errors import UnauthorizedError
from worldvpn_server.keys.ring import KeyRing, Use

#: How long a token lives when nothing else is asked for.
LIFETIME_S: Final[Mapping[Audience, int]] = {Audience.V1: 900, Audience.COMPAT: 86_400}
#: Who issues tokens: the same on every machine that serves one database.
ISSUER: Final = "worldvpn"
_ALGORITHM: Final = "EdDSA"
_HEADER: Final = {"alg", "kid", "typ"}
#: Ours have some 600; a name of 32 characters may take more when it is escaped.
_MOST_CHARACTERS: Final = 2_048
#: Tokens remembered as verified: an EdDSA check costs as much as three SELECTs.
_REMEMBERED: Final = 20_000
#: Between the clocks of machines that serve one database.
_SKEW_S: Final = 60
_REFUSED: Final = "Invalid or expired token"


class _Claims(msgspec.Struct, frozen=True):
    """What we sign; strict: a list of audiences, or a number as text, is none of ours."""

    iss: str
    sub: UUID
    name: str
    sid: UUID
    aud: Audience
    iat: int
    exp: int
    did: UUID | None = None


@attrs.frozen(kw_only=True)
class _Known:
    """A token that was verified, and by which key."""

    caller: Caller
    kid: bytes


class _OnlyEdDsa(JWSRegistry):
    """One algorithm, by the name that existing clients know (RFC 9864 renames it to Ed25519)."""

    def get_alg(self, name: str) -> JWSAlgModel:
        if name != _ALGORITHM:
            raise UnsupportedAlgorithmError(f"only {_ALGORITHM} is taken")
        return self.algorithms[name]


@attrs.define(eq=False)
class Tokens:
    """Issues and verifies tokens: ``accounts.values.Verifier``."""

    _keys: KeyRing
    _revocations: Revocations
    _clock: Clock
    _registry: JWSRegistry = attrs.field(factory=_OnlyEdDsa, init=False)
    _known: OrderedDict[bytes, _Known] = attrs.field(factory=OrderedDict, init=False, repr=False)

    def issue(  # noqa: PLR0913 - a token says all of it
        self,
        *,
        account: UUID,
        username: str,
        sid: UUID,
        audience: Audience,
        device: UUID | None = None,
        lifetime_s: int | None = None,
    ) -> str:
        """Return a token; ``lifetime_s`` None: that of its audience."""
        now_s = int(self._clock.now().timestamp())
        lives_s = LIFETIME_S[audience] if lifetime_s is None else lifetime_s
        claims = _Claims(
            iss=ISSUER,
            sub=account,
            name=username,
            sid=sid,
            aud=audience,
            iat=now_s,
            exp=now_s + lives_s,
            did=device,
        )
        signer = self._keys.signer(Use.TOKEN)
        header = {"alg": _ALGORITHM, "kid": signer.kid.hex(), "typ": "JWT"}
        return jws.serialize_compact(
            header,
            msgspec.json.encode(claims),
            OKPKey(signer.key, signer.key),
            registry=self._registry,
        )

    async def verify(self, token: str, audience: Audience) -> Caller:
        known = self._remembered(token)
        if known.caller.audience is not audience or not self._lives(known):
            raise UnauthorizedError(_REFUSED)
        if not await self._revocations.check(known.caller.sid, known.caller.account):
            raise UnauthorizedError(_REFUSED)
        return known.caller

    def holds(self, caller: Caller) -> bool:
        """Return whether what ``caller`` was let in with still holds: asked by open streams.

        False as well while revocations cannot be read: then nothing would reach the stream.
        """
        lives = self._clock.now().timestamp() < caller.expires_s
        return lives and self._revocations.hold(caller.sid, caller.account)

    def _lives(self, known: _Known) -> bool:
        lives = self._clock.now().timestamp() < known.caller.expires_s
        return lives and self._keys.verifier(Use.TOKEN, known.kid) is not None

    def _remembered(self, token: str) -> _Known:
        if len(token) > _MOST_CHARACTERS or not token.isascii():
            raise UnauthorizedError(_REFUSED)
        name = hashlib.sha256(token.encode()).digest()
        known = self._known.get(name)
        if known is None:
            known = self._read(token)
            self._known[name] = known
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(name)
        return known

    def _read(self, token: str) -> _Known:
        try:
            found = jws.extract_compact(token.encode(), registry=self._registry)
            kid, public = self._key(found.headers())
            if not jws.validate_compact(found, _jwk(public), registry=self._registry):
                raise UnauthorizedError(_REFUSED)
            claims = msgspec.json.decode(found.payload, type=_Claims)
        except (JoseError, ValueError, TypeError, AttributeError) as error:
            raise UnauthorizedError(_REFUSED) from error
        if claims.iss != ISSUER or claims.iat > self._clock.now().timestamp() + _SKEW_S:
            raise UnauthorizedError(_REFUSED)
        caller = Caller(
            account=claims.sub,
            username=claims.name,
            sid=claims.sid,
            device=claims.did,
            audience=claims.aud,
            expires_s=claims.exp,
        )
        return _Known(caller=caller, kid=kid)

    def _key(self, header: Mapping[str, object]) -> tuple[bytes, bytes]:
        """Return the name and the public half of one of our keys: the header only picks."""
        named = header.get("kid")
        if header.keys() != _HEADER or not isinstance(named, str):
            raise UnauthorizedError(_REFUSED)
        kid = bytes.fromhex(named)
        public = self._keys.verifier(Use.TOKEN, kid)
        if public is None:
            raise UnauthorizedError(_REFUSED)
        return kid, public


def _jwk(public: bytes) -> OKPKey:
    x = urlsafe_b64encode(public).decode()
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x})
