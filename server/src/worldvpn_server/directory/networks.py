"""Neighbours are told by a keyed hash of their network: the database never has the address.

The key lies beside the server's keys, so that a copy of the database alone gives nothing away:
there are few enough networks to try all of them against a plain hash.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Final, Self

import attrs

from worldvpn_server.errors import StartError
from worldvpn_server.keys import files

_FILE: Final = "networks.key"
_KEY_BYTES: Final = 32
#: Bytes of an address that its network has: a /24, a /48.
_SHARED: Final = {4: 3, 6: 6}


@attrs.frozen(repr=False)
class Networks:
    """Names networks under one key."""

    _key: bytes

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Load the key in ``folder``, or draw it.

        Raises:
            StartError: it cannot be used; the message says why.
        """
        files.make_folder(folder)
        path = folder / _FILE
        with files.locked(folder):
            if not path.exists():
                files.write(path, secrets.token_bytes(_KEY_BYTES))
        key = files.read_private(path)
        if len(key) != _KEY_BYTES:
            raise StartError(f"{path} must have {_KEY_BYTES} bytes: restore it from a backup")
        return cls(key)

    def name(self, address: IPv4Address | IPv6Address) -> bytes:
        """Return the name of the /24 or /48 that ``address`` lies in."""
        shared = address.packed[: _SHARED[address.version]]
        return hmac.digest(self._key, bytes([address.version]) + shared, hashlib.sha256)
