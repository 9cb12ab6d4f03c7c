"""Checkpoints: tree heads as signed notes (C2SP tlog-checkpoint and signed-note, Ed25519)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Final

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from worldvpn_server.ledger.merkle import HASH_BYTES

#: Ed25519 in the key hash of a signed note.
_ALGORITHM: Final = b"\x01"
_KEY_HASH_BYTES: Final = 4
_SIGNATURE: Final = "— "
_MOST_CHARACTERS: Final = 4_096
_LINES: Final = 4
_TIME: Final = "time "


class NoteError(ValueError):
    """A text is no checkpoint, or nobody who is believed signed it."""


@attrs.frozen(kw_only=True)
class TreeHead:
    """What a checkpoint says: at ``time_s`` the log ``origin`` had ``size`` leaves under ``root``.

    The time (Unix seconds) is an extension line: it is signed too, so that nobody backdates.
    """

    origin: str
    size: int
    root: bytes
    time_s: int

    def body(self) -> str:
        """Return what is signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n{_TIME}{self.time_s}\n"


def key_hash(origin: str, public_key: bytes) -> bytes:
    """Return the four bytes by which a signature line names its key."""
    return hashlib.sha256(origin.encode() + b"\n" + _ALGORITHM + public_key).digest()[
        :_KEY_HASH_BYTES
    ]


def signed(head: TreeHead, key: Ed25519PrivateKey) -> str:
    """Return ``head`` as a signed note."""
    body = head.body()
    hash_ = key_hash(head.origin, key.public_key().public_bytes_raw())
    line = f"{_SIGNATURE}{head.origin} {_base64(hash_ + key.sign(body.encode()))}\n"
    return f"{body}\n{line}"


def opened(text: str, believed: Callable[[str, bytes], bytes | None]) -> TreeHead:
    """Return the tree head in ``text``. ``believed`` maps origin and key hash to a public key.

    Raises:
        NoteError: it is not the one form of a checkpoint, or no believed key signed it.
    """
    if len(text) > _MOST_CHARACTERS:
        raise NoteError(f"a checkpoint has at most {_MOST_CHARACTERS} characters")
    body, separator, lines = text.partition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise NoteError("a checkpoint has a body, an empty line and signatures")
    head = _head(body)
    for line in lines[:-1].split("\n"):
        if _verified(line, head, believed):
            return head
    raise NoteError(f"no believed key signed the checkpoint of {head.size} leaves")


def _head(body: str) -> TreeHead:
    lines = body.split("\n")
    if len(lines) != _LINES:
        raise NoteError(f"a checkpoint's body has {_LINES} lines, this has {len(lines)}")
    origin, size, root, time = lines
    try:
        head = TreeHead(
            origin=origin,
            size=int(size),
            root=base64.b64decode(root, validate=True),
            time_s=int(time.removeprefix(_TIME)),
        )
    except (ValueError, binascii.Error):
        raise NoteError("a checkpoint's size, root or time cannot be read") from None
    if head.body() != body + "\n" or len(head.root) != HASH_BYTES or head.size < 0 or not origin:
        raise NoteError("a checkpoint is not in its one form")
    return head


def _verified(line: str, head: TreeHead, believed: Callable[[str, bytes], bytes | None]) -> bool:
    if not line.startswith(_SIGNATURE):
        raise NoteError("a checkpoint's signature line begins with a dash")
    name, _, encoded = line.removeprefix(_SIGNATURE).rpartition(" ")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise NoteError("a checkpoint's signature cannot be read") from None
    public = believed(head.origin, raw[:_KEY_HASH_BYTES]) if name == head.origin else None
    if public is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            raw[_KEY_HASH_BYTES:], head.body().encode()
        )
    except InvalidSignature:
        return False
    return True


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
