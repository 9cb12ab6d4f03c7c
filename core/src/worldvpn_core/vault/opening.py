"""What opens a vault: a key kept elsewhere, or a passphrase made into one."""

from __future__ import annotations

import enum
import os
import unicodedata
from typing import Final

import attrs
from attrs import validators
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from worldvpn_core.ipc.protocol import FEWEST_PASSPHRASE_CHARACTERS, MOST_PASSPHRASE_CHARACTERS

KEY_BYTES: Final = 32
SALT_BYTES: Final = 16


class Kind(enum.StrEnum):
    """Where the key comes from."""

    #: From the keyring of the user's session, by the app or the command line.
    KEYRING = "keyring"
    #: From a passphrase, by Argon2id.
    PASSPHRASE = "passphrase"  # noqa: S105 - a name, not a passphrase
    #: From a root-only file or a credential of systemd, for hosts where nobody is there.
    FILE = "file"


@attrs.frozen(kw_only=True)
class Cost:
    """How dear one guess at a passphrase is (Argon2id, RFC 9106)."""

    memory_kib: int = attrs.field(
        default=65_536, validator=[validators.ge(8), validators.le(131_072)]
    )
    iterations: int = attrs.field(default=3, validator=[validators.ge(1), validators.le(16)])
    lanes: int = attrs.field(default=4, validator=[validators.ge(1), validators.le(16)])


#: 64 MiB, 3 passes: RFC 9106, section 4, for hosts with little memory. Measured: 0.13 to 0.26 s.
COST: Final = Cost()


def _text(_instance: object, _attribute: attrs.Attribute[str], value: str) -> None:
    long_enough = FEWEST_PASSPHRASE_CHARACTERS <= len(value) <= MOST_PASSPHRASE_CHARACTERS
    if not long_enough or not value.isprintable():
        raise ValueError(
            f"a passphrase is one line of {FEWEST_PASSPHRASE_CHARACTERS} to"
            f" {MOST_PASSPHRASE_CHARACTERS} characters"
        )


@attrs.frozen(kw_only=True)
class Passphrase:
    """Something a person knows."""

    text: str = attrs.field(validator=_text, repr=False)


@attrs.frozen(kw_only=True)
class KeptKey:
    """32 random bytes that somebody keeps: a keyring, a root-only file.

    ``key_id`` is how the keeper finds it, and no secret.
    """

    kind: Kind
    key: bytes = attrs.field(
        validator=[validators.min_len(KEY_BYTES), validators.max_len(KEY_BYTES)], repr=False
    )
    key_id: bytes = attrs.field(
        default=bytes(SALT_BYTES),
        validator=[validators.min_len(SALT_BYTES), validators.max_len(SALT_BYTES)],
    )


Opening = Passphrase | KeptKey


@attrs.frozen(kw_only=True)
class Lock:
    """What a vault's header says of the key that opens it; no secret.

    ``salt`` is the passphrase's, or the ``key_id`` of a kept key.
    """

    kind: Kind
    salt: bytes
    cost: Cost = COST


def new_lock(opening: Opening, cost: Cost) -> Lock:
    """Return a lock that ``opening`` opens; a passphrase gets a salt of its own every time."""
    match opening:
        case Passphrase():
            return Lock(kind=Kind.PASSPHRASE, salt=os.urandom(SALT_BYTES), cost=cost)
        case KeptKey(kind=kind, key_id=key_id):
            return Lock(kind=kind, salt=key_id, cost=cost)


def key_for(opening: Opening, lock: Lock) -> bytes:
    """Return the key that ``opening`` gives at ``lock``. Slow for a passphrase: not in a loop.

    Raises:
        ValueError: the lock is of another kind.
    """
    match opening:
        case Passphrase(text=text) if lock.kind is Kind.PASSPHRASE:
            derive = Argon2id(
                salt=lock.salt,
                length=KEY_BYTES,
                iterations=lock.cost.iterations,
                lanes=lock.cost.lanes,
                memory_cost=lock.cost.memory_kib,
            )
            # Keyboards differ in how they compose an umlaut (RFC 8265, section 4.2.2).
            return derive.derive(unicodedata.normalize("NFC", text).encode())
        case KeptKey(kind=kind, key=key) if kind is lock.kind:
            return key
        case _:
            raise ValueError(f"this vault is opened by its {lock.kind}")
