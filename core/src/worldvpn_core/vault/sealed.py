"""One generation of the vault as bytes. Pure but for the nonce.

    magic 8 | format 2 | kind 1 | generation 8 | memory_kib 4 | iterations 4 | lanes 4 |
    salt 16 | nonce 12                                              the header, big-endian
    ChaCha20-Poly1305 of the contents, the whole header as associated data (RFC 8439)
    SHA-256 of all before it

The last tells damage from a wrong key without any key; it is no protection, the seal is.
"""

from __future__ import annotations

import hashlib
import os
import struct
from typing import Final

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from worldvpn_core.errors import VaultDamagedError, VaultError, VaultKeyError
from worldvpn_core.vault.opening import Cost, Kind, Lock

MAGIC: Final = b"WVPNVLT\n"
FORMAT: Final = 1
MAX_BYTES: Final = 65_536
_HEADER: Final = struct.Struct(">8sHBQIII16s12s")
HEADER_BYTES: Final = _HEADER.size
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_SUM_BYTES: Final = 32
_KINDS: Final = {Kind.KEYRING: 1, Kind.PASSPHRASE: 2, Kind.FILE: 3}
_KIND_NUMBERS: Final = {number: kind for kind, number in _KINDS.items()}


@attrs.frozen(kw_only=True)
class Sealed:
    """A whole generation, not yet opened: what its header says, and its bytes."""

    generation: int
    lock: Lock
    raw: bytes = attrs.field(repr=False)


def seal(contents: bytes, key: bytes, lock: Lock, generation: int) -> Sealed:
    """Return ``contents`` under ``key``, with a nonce of its own.

    Raises:
        VaultError: they are longer than a vault takes.
    """
    nonce = os.urandom(_NONCE_BYTES)
    header = _HEADER.pack(
        MAGIC,
        FORMAT,
        _KINDS[lock.kind],
        generation,
        lock.cost.memory_kib,
        lock.cost.iterations,
        lock.cost.lanes,
        lock.salt,
        nonce,
    )
    body = header + ChaCha20Poly1305(key).encrypt(nonce, contents, header)
    raw = body + hashlib.sha256(body).digest()
    if len(raw) > MAX_BYTES:
        raise VaultError(f"the vault holds at most {MAX_BYTES} bytes")
    return Sealed(generation=generation, lock=lock, raw=raw)


def read(raw: bytes) -> Sealed:
    """Return the generation that ``raw`` is.

    Raises:
        VaultDamagedError: it is torn, altered, of another format, or no vault at all.
    """
    if not HEADER_BYTES + _TAG_BYTES + _SUM_BYTES <= len(raw) <= MAX_BYTES:
        raise VaultDamagedError("the vault's file is torn or no vault")
    body, checksum = raw[:-_SUM_BYTES], raw[-_SUM_BYTES:]
    if hashlib.sha256(body).digest() != checksum:
        raise VaultDamagedError("the vault's file is torn or altered")
    magic, version, kind, generation, memory_kib, iterations, lanes, salt, _nonce = (
        _HEADER.unpack_from(body)
    )
    if magic != MAGIC or version != FORMAT or kind not in _KIND_NUMBERS:
        raise VaultDamagedError(f"the vault's file is of another format: {FORMAT} is known")
    try:
        cost = Cost(memory_kib=memory_kib, iterations=iterations, lanes=lanes)
    except ValueError:
        raise VaultDamagedError("the vault's header asks for more than any vault needs") from None
    lock = Lock(kind=_KIND_NUMBERS[kind], salt=salt, cost=cost)
    return Sealed(generation=generation, lock=lock, raw=raw)


def unseal(sealed: Sealed, key: bytes) -> bytes:
    """Return the contents.

    Raises:
        VaultKeyError: ``key`` is not the one, or somebody altered what is sealed.
    """
    header = sealed.raw[:HEADER_BYTES]
    nonce, body = header[-_NONCE_BYTES:], sealed.raw[HEADER_BYTES:-_SUM_BYTES]
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, body, header)
    except InvalidTag:
        raise VaultKeyError(f"the {sealed.lock.kind} does not open this vault") from None
