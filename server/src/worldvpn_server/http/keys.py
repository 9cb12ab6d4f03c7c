"""The server's public keys: the manifest that clients and nodes trust, and a JWK set."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.datastructures import State

from worldvpn_core.credit.manifest import Keys, Use, key_id
from worldvpn_server.keys.ring import KeyRing

_JSON: Final = "application/json"
_JWKS: Final = "application/jwk-set+json"
#: Short: after a compromise the new manifest has to arrive soon.
_CACHE: Final = "public, max-age=60"
_NOT_MODIFIED: Final = 304


class Jwk(msgspec.Struct, frozen=True):
    """A public key of tokens (RFC 8037 section 2)."""

    kid: str
    x: str
    kty: str = "OKP"
    crv: str = "Ed25519"
    alg: str = "EdDSA"
    use: str = "sig"


class JwkSet(msgspec.Struct, frozen=True):
    """What tokens may be signed with now (RFC 7517 section 5)."""

    keys: list[Jwk]


@get("/v1/keys", tags=["keys"], media_type=MediaType.JSON)
async def manifest(request: Request[Any, Any, Any], state: State) -> Response[bytes]:
    """Return the key manifest, signed by the offline root. Public."""
    ring: KeyRing = state.services.keys
    return _cached(request, ring.manifest(), _JSON)


@get("/.well-known/jwks.json", tags=["keys"], media_type=MediaType.JSON)
async def jwks(request: Request[Any, Any, Any], state: State) -> Response[bytes]:
    """Return the public keys of tokens as a JWK set. Public."""
    ring: KeyRing = state.services.keys
    body = msgspec.json.encode(jwk_set(ring.opened().of(Use.TOKEN)))
    return _cached(request, body, _JWKS)


def jwk_set(keys: Keys) -> JwkSet:
    """Return ``keys`` as JWKs, retired ones too. Pure."""
    publics = (keys.current, keys.next, *(old.public for old in keys.retired))
    return JwkSet([Jwk(kid=key_id(each).hex(), x=_base64url(each)) for each in publics])


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _cached(request: Request[Any, Any, Any], body: bytes, kind: str) -> Response[bytes]:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": _CACHE}
    known = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
    if etag in known or f"W/{etag}" in known:
        return Response(content=b"", status_code=_NOT_MODIFIED, headers=headers)
    return Response(content=body, media_type=kind, headers=headers)


ROUTES: Final = (manifest, jwks)
