"""The server's key manifest: by which keys tickets may be signed, on the word of its root."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from worldvpn_app.evidence.errors import EvidenceError

_TAG: Final = b"worldvpn/manifest/v1\0"
_FORMAT: Final = 1
_NAME_BYTES: Final = 16
_KEY_BYTES: Final = 32


class Vouched(NamedTuple):
    """A key that tickets are signed with. ``until_s``: not those that begin later (Unix)."""

    public: bytes
    until_s: int | None = None


class Vouchers(NamedTuple):
    """The keys of tickets by their names, and the names of those that are not to be believed."""

    version: int
    keys: dict[bytes, Vouched]
    revoked: frozenset[bytes]


def name_of(public: bytes) -> bytes:
    """Return by what tickets name the key that signed them."""
    return hashlib.sha256(public).digest()[:_NAME_BYTES]


def vouchers(signed: bytes, signature: bytes, root: bytes) -> Vouchers:
    """Read a manifest that ``root`` has signed.

    Raises:
        EvidenceError: it has not, or the manifest is of a form that is not known.
    """
    try:
        Ed25519PublicKey.from_public_bytes(root).verify(signature, _TAG + signed)
    except (InvalidSignature, ValueError):
        raise EvidenceError("the key manifest is not signed by the root key of the file") from None
    try:
        return _read(json.loads(signed))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise EvidenceError("the key manifest is of a form that is not known") from None


def _read(manifest: dict[str, Any]) -> Vouchers:
    if manifest["format"] != _FORMAT:
        raise ValueError("format")
    tickets = manifest["keys"]["ticket"]
    listed = [Vouched(_key(tickets["current"])), Vouched(_key(tickets["next"]))]
    listed += [Vouched(_key(old["public"]), old["until"]) for old in tickets["retired"]]
    if not all(each.until_s is None or type(each.until_s) is int for each in listed):
        raise ValueError("until")
    return Vouchers(
        version=int(manifest["version"]),
        # The first of a name: a key in use is not a retired one.
        keys={name_of(each.public): each for each in reversed(listed)},
        revoked=frozenset(bytes.fromhex(name) for name in tickets["revoked"]),
    )


def _key(text: str) -> bytes:
    key = bytes.fromhex(text)
    if len(key) != _KEY_BYTES:
        raise ValueError("key")
    return key
