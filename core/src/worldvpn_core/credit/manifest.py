"""The key manifest: which keys the central server signs with, by the word of its offline root.

Clients and nodes pin the root alone. A manifest has a version that never goes back and an end,
so that neither an old one nor one that a thief keeps alive is worth anything.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import json
from typing import Final

import attrs
from attrs import validators
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_core.credit.lengths import SIGNATURE_BYTES, is_32_bytes, is_uint64
from worldvpn_core.credit.signed import seal, unseal
from worldvpn_core.errors import CreditProofError

_TAG: Final = b"worldvpn/manifest/v1\x00"
_FORMAT: Final = 1
#: A manifest is small; what is larger is not parsed.
MANIFEST_MOST_BYTES: Final = 65_536
KEY_ID_BYTES: Final = 16


class Use(enum.StrEnum):
    """What a key signs; a key never has two uses."""

    TICKET = "ticket"
    DIRECTORY = "directory"
    CHECKPOINT = "checkpoint"
    TOKEN = "token"  # noqa: S105 - the name of a use
    #: Not Ed25519: "public" is the SHA-256 of the certificate's SubjectPublicKeyInfo.
    TLS = "tls"


def key_id(public: bytes) -> bytes:
    """Return the name of a key: the first 16 bytes of the SHA-256 of its public half."""
    return hashlib.sha256(public).digest()[:KEY_ID_BYTES]


@attrs.frozen(kw_only=True)
class Retired:
    """A key that signs no more; ``until_s`` None: what it signed holds for ever."""

    public: bytes = attrs.field(validator=is_32_bytes)
    until_s: int | None = attrs.field(default=None, validator=validators.optional(is_uint64))


@attrs.frozen(kw_only=True)
class Keys:
    """The public keys of one use. ``revoked`` are names of keys that must not be believed."""

    use: Use
    current: bytes = attrs.field(validator=is_32_bytes)
    next: bytes = attrs.field(validator=is_32_bytes)
    retired: tuple[Retired, ...] = ()
    revoked: tuple[bytes, ...] = ()

    def verifier(self, name: bytes, now_s: float) -> bytes | None:
        """Return the public key called ``name`` while it is to be believed."""
        if name in self.revoked:
            return None
        for public in (self.current, self.next):
            if key_id(public) == name:
                return public
        for old in self.retired:
            if key_id(old.public) == name and (old.until_s is None or now_s < old.until_s):
                return old.public
        return None


@attrs.frozen(kw_only=True)
class Manifest:
    """All keys of the server. Times are Unix seconds."""

    version: int = attrs.field(validator=[is_uint64, validators.ge(1)])
    issued_s: int = attrs.field(validator=is_uint64)
    expires_s: int = attrs.field(validator=is_uint64)
    keys: tuple[Keys, ...]

    def __attrs_post_init__(self) -> None:
        if [each.use for each in self.keys] != list(Use):
            raise ValueError("a manifest names the keys of every use once, in order")
        live = [public for each in self.keys for public in (each.current, each.next)]
        if len(set(live)) != len(live):
            raise ValueError("a manifest names the same key twice")

    def of(self, use: Use) -> Keys:
        """Return the keys of ``use``."""
        return next(each for each in self.keys if each.use is use)

    def verifier(self, use: Use, name: bytes, now_s: float) -> bytes | None:
        """Return the public key of ``use`` called ``name``; None: unknown, revoked or too old."""
        return self.of(use).verifier(name, now_s)

    def sign(self, root: Ed25519PrivateKey) -> bytes:
        """Return the manifest as it is served: JSON of the signed bytes and their signature."""
        sealed = seal(_TAG, self._body(), root)
        body, signature = sealed[:-SIGNATURE_BYTES], sealed[-SIGNATURE_BYTES:]
        return json.dumps({"signed": _text(body), "signature": _text(signature)}).encode()

    def _body(self) -> bytes:
        return json.dumps(
            {
                "format": _FORMAT,
                "version": self.version,
                "issued": self.issued_s,
                "expires": self.expires_s,
                "keys": {each.use.value: _to_json(each) for each in self.keys},
            }
        ).encode()


def open_manifest(
    served: bytes, root_public_key: bytes, seen_version: int, now_s: float
) -> Manifest:
    """Return the manifest in ``served``, as ``GET /v1/keys`` gives it. Pure.

    ``seen_version`` is the highest version known so far, 0 at first.

    Raises:
        CreditProofError: it is not signed by that root, older than one seen before, or expired.
    """
    manifest = _from_json(unseal(_TAG, _sealed(served), root_public_key))
    if manifest.version < seen_version:
        raise CreditProofError(
            f"the key manifest has version {manifest.version}, but {seen_version} was seen before"
        )
    if now_s >= manifest.expires_s:
        raise CreditProofError(
            f"the key manifest {manifest.version} expired {int(now_s) - manifest.expires_s} s ago"
        )
    return manifest


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _sealed(served: bytes) -> bytes:
    if len(served) > MANIFEST_MOST_BYTES:
        raise CreditProofError(
            f"a key manifest has at most {MANIFEST_MOST_BYTES} bytes, this has {len(served)}"
        )
    try:
        envelope = json.loads(served)
        parts = [
            base64.b64decode(envelope[name], validate=True) for name in ("signed", "signature")
        ]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise CreditProofError("the key manifest has not the form of one") from error
    if len(parts[1]) != SIGNATURE_BYTES:
        raise CreditProofError(f"a signature has {SIGNATURE_BYTES} bytes, this has {len(parts[1])}")
    return parts[0] + parts[1]


def _to_json(keys: Keys) -> dict[str, object]:
    return {
        "current": keys.current.hex(),
        "next": keys.next.hex(),
        "retired": [{"public": old.public.hex(), "until": old.until_s} for old in keys.retired],
        "revoked": [name.hex() for name in keys.revoked],
    }


def _from_json(body: bytes) -> Manifest:
    """Read a body that the root has signed: what does not fit is of a later format."""
    try:
        fields = json.loads(body)
        if fields["format"] != _FORMAT:
            raise CreditProofError(f"key manifest format {fields['format']} is not known")
        return Manifest(
            version=fields["version"],
            issued_s=fields["issued"],
            expires_s=fields["expires"],
            keys=tuple(
                Keys(
                    use=use,
                    current=bytes.fromhex(keys["current"]),
                    next=bytes.fromhex(keys["next"]),
                    retired=tuple(
                        Retired(public=bytes.fromhex(old["public"]), until_s=old["until"])
                        for old in keys["retired"]
                    ),
                    revoked=tuple(bytes.fromhex(name) for name in keys["revoked"]),
                )
                for use, keys in ((use, fields["keys"][use.value]) for use in Use)
            ),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CreditProofError("the key manifest lacks a field or has a senseless one") from error
