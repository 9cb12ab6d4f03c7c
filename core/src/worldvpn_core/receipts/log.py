"""A file of sealed records that only grows: each is on disk before the next thing happens.

    magic 8 | format 2 | salt 16                                    the header, big-endian
    a record in ChaCha20-Poly1305, again and again, each of the same length (RFC 8439)

Every file has a key of its own, made of the given one and its salt, and a record's nonce is its
place: so none can be moved, repeated or left out but at the end. A place is written once; after a
write that failed, and at every start, all goes to a new file.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from worldvpn_core.errors import ReceiptsError
from worldvpn_core.vault.folder import Folder

NAME: Final = "receipts"
#: What was sealed with another key: another account's.
OTHER: Final = "receipts.other"
_MAGIC: Final = b"WVPNRCP\n"
_FORMAT: Final = 1
_HEADER: Final = struct.Struct(">8sH16s")
_SALT_BYTES: Final = 16
_TAG_BYTES: Final = 16
_INFO: Final = b"worldvpn/receipts/v1"
MOST_BYTES: Final = 64 * 1_048_576


class GrowingFolder(Folder, Protocol):
    """A folder whose files can grow."""

    def append(self, name: str, data: bytes) -> None:
        """Add ``data`` to the end of a file that is there. Raises OSError: perhaps a part of it."""


class SealedLog:
    """The records in the file ``name`` of ``folder``, each of ``record_bytes``. Blocking.

    They are sealed with ``key``, which several files may share.
    """

    def __init__(
        self, folder: GrowingFolder, key: bytes, record_bytes: int, *, name: str = NAME
    ) -> None:
        self._folder = folder
        self._name = name
        self._new, self._other = f"{name}.new", f"{name}.other"
        self._key = key
        self._sealed_bytes = record_bytes + _TAG_BYTES
        self._header = b""
        self._cipher: ChaCha20Poly1305 | None = None
        #: Records in the file.
        self.length = 0

    @property
    def is_sound(self) -> bool:
        """Whether it can be appended to; else ``rewrite`` comes first."""
        return self._cipher is not None

    def read(self) -> tuple[bytes, ...]:
        """Return the records that are whole. What was sealed with another key is set aside.

        Raises:
            ReceiptsError: the disk cannot be read.
        """
        try:
            raw = self._folder.read(self._name, MOST_BYTES)
            if raw is None or len(raw) < _HEADER.size:
                return ()
            magic, version, salt = _HEADER.unpack_from(raw)
            sealed = [
                raw[at : at + self._sealed_bytes]
                for at in range(_HEADER.size, len(raw), self._sealed_bytes)
            ]
            if (magic, version) == (_MAGIC, _FORMAT):
                records = self._opened(raw[: _HEADER.size], salt, sealed)
                # One that failed may be torn; had they all, they were another's.
                if records or len(sealed) <= 1:
                    return records
            self._folder.rename(self._name, self._other)
            self._folder.sync(None)
        except OSError as error:
            raise _refused(error) from error
        return ()

    def rewrite(self, records: Sequence[bytes]) -> None:
        """Let the file have ``records`` and nothing else, durably.

        Raises:
            ReceiptsError: the disk refused; what was there still is.
        """
        self._cipher = None
        salt = os.urandom(_SALT_BYTES)
        header = _HEADER.pack(_MAGIC, _FORMAT, salt)
        cipher = self._keyed(salt)
        sealed = [_seal(cipher, at, header, each) for at, each in enumerate(records)]
        try:
            self._folder.write(self._new, header + b"".join(sealed))
            self._folder.sync(self._new)
            self._folder.rename(self._new, self._name)
            self._folder.sync(None)
        except OSError as error:
            raise _refused(error) from error
        self._header, self._cipher, self.length = header, cipher, len(records)

    def append(self, records: Sequence[bytes]) -> None:
        """Add ``records``, durably.

        Raises:
            ReceiptsError: the disk refused; ``rewrite`` before anything else is added.
        """
        cipher, self._cipher = self._cipher, None
        if cipher is None:
            raise ReceiptsError("the file of receipts is not sound: write it anew")
        sealed = [
            _seal(cipher, self.length + at, self._header, each) for at, each in enumerate(records)
        ]
        try:
            self._folder.append(self._name, b"".join(sealed))
            self._folder.sync(self._name)
        except OSError as error:
            raise _refused(error) from error
        self._cipher, self.length = cipher, self.length + len(records)

    def _opened(self, header: bytes, salt: bytes, sealed: Sequence[bytes]) -> tuple[bytes, ...]:
        cipher = self._keyed(salt)
        records = []
        for at, each in enumerate(sealed):
            try:
                records.append(cipher.decrypt(_nonce(at), each, header))
            except InvalidTag:
                # The end of a write that was cut short: it had not been promised to anybody.
                continue
        return tuple(records)

    def _keyed(self, salt: bytes) -> ChaCha20Poly1305:
        derive = HKDF(algorithm=SHA256(), length=len(self._key), salt=salt, info=_INFO)
        return ChaCha20Poly1305(derive.derive(self._key))


def _seal(cipher: ChaCha20Poly1305, at: int, header: bytes, record: bytes) -> bytes:
    return cipher.encrypt(_nonce(at), record, header)


def _nonce(at: int) -> bytes:
    return at.to_bytes(12, "big")


def _refused(error: OSError) -> ReceiptsError:
    return ReceiptsError(f"receipts cannot be kept: {error.strerror}")
