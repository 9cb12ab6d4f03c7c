"""Addresses and names that must be counted but not known: HMACs under a key off the database."""

from __future__ import annotations

import hashlib
import hmac
import os
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from typing import Final, Self

import attrs

from worldvpn_server.errors import StartError
from worldvpn_server.keys import files

Address = IPv4Address | IPv6Address

_FILE: Final = "pseudonyms.key"
_KEY_BYTES: Final = 32
#: What one customer of a provider gets, and what one network is: RFC 6177 for IPv6.
_HOST_BITS: Final = {4: 32, 6: 64}
_NETWORK_BITS: Final = {4: 24, 6: 48}


def network_of(address: Address) -> IPv4Network | IPv6Network:
    """Return the /24 or /48 around ``address``: what limits per network count."""
    return ip_network((address, _NETWORK_BITS[address.version]), strict=False)


def host_of(address: Address) -> IPv4Network | IPv6Network:
    """Return the address (IPv4), or the /64 around it that one host has to itself (IPv6)."""
    return ip_network((address, _HOST_BITS[address.version]), strict=False)


@attrs.frozen
class Pseudonyms:
    """What stands in the database for an address or a name that was only heard."""

    _key: bytes = attrs.field(repr=False)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Load the key in the folder of keys, or draw it when there is none yet.

        Raises:
            StartError: it cannot be read or written, or is no key.
        """
        files.make_folder(folder)
        path = folder / _FILE
        with files.locked(folder):
            if not path.exists():
                try:
                    files.write(path, os.urandom(_KEY_BYTES))
                except OSError as error:
                    raise StartError(f"cannot write {path}: {error.strerror}") from error
            key = files.read_private(path)
        if len(key) != _KEY_BYTES:
            raise StartError(
                f"{path} has {len(key)} bytes instead of {_KEY_BYTES}: restore it from a backup, "
                "or delete it (limits then count anew)"
            )
        return cls(key)

    def of(self, purpose: str, *identity: object) -> bytes:
        """Return 32 bytes that stand for ``identity`` where ``purpose`` is served."""
        parts = [purpose, *map(str, identity)]
        message = b"".join(len(each.encode()).to_bytes(4) + each.encode() for each in parts)
        return hmac.digest(self._key, message, hashlib.sha256)
