"""The owner's own guests on disk: who was invited, under which name and addresses."""

from __future__ import annotations

import json
import logging
import secrets
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final

import attrs
from attrs import validators

from worldvpn_core import exact
from worldvpn_core.errors import ConfigError
from worldvpn_core.settings import write_atomically
from worldvpn_core.share.plan import FIRST_GUEST, KEY_BYTES, Guest
from worldvpn_core.types import IpAddress, IpNetwork

VERSION: Final = 1
_LAST_GUEST: Final = 250

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Invited:
    """One device that may use this node, by the name the owner gave it."""

    name: str = attrs.field(validator=[validators.min_len(1), validators.max_len(64)])
    guest: Guest


@attrs.frozen(kw_only=True)
class _Line:
    """``Invited`` as the file has it: keys in hexadecimal."""

    name: str
    public_key: str
    preshared_key: str | None = attrs.field(default=None, repr=False)
    addresses: tuple[IpAddress, ...]


@attrs.frozen(kw_only=True)
class _File:
    version: int
    prefixes: tuple[IpNetwork, ...]
    guests: tuple[_Line, ...] = ()


def drawn_prefixes() -> tuple[IpNetwork, ...]:
    """Draw inner networks that another node hardly has, so that nodes can be guests of nodes."""
    high, low = 128 + secrets.randbelow(128), secrets.randbelow(256)
    unique = secrets.token_bytes(5)
    return (
        IPv4Network((bytes((10, high, low, 0)), 24)),
        IPv6Network((b"\xfd" + unique + bytes(10), 64)),
    )


class GuestStore:
    """Keeps the node's inner networks and those invited, in one file of root's own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._prefixes: tuple[IpNetwork, ...] = ()
        self._invited: dict[str, Invited] = {}
        #: A sentence for the user when the file could not be read and was set aside.
        self.notice: str | None = None

    @property
    def prefixes(self) -> tuple[IpNetwork, ...]:
        """The node's inner networks. Raises ConfigError when new ones cannot be kept."""
        if not self._prefixes:
            self._save(drawn_prefixes(), {})
        return self._prefixes

    def load(self) -> None:
        """Read the file; one that cannot be read is set aside as ``NAME.broken``."""
        try:
            raw = json.loads(self._path.read_text(encoding="utf-8"))
            file = _STRICT.structure(raw, _File)
            self._invited = _read(file)
            self._prefixes = file.prefixes
        except FileNotFoundError:
            return
        except (OSError, *exact.MALFORMED) as error:
            _log.warning("the node's guests cannot be read: %s", type(error).__name__)
            aside = self._path.with_name(self._path.name + ".broken")
            self.notice = f"the node's guests could not be read and are kept as {aside}"
            try:
                self._path.replace(aside)
            except OSError:
                self.notice = "the node's guests could not be read: nobody is invited"

    def adopt(self, prefixes: tuple[IpNetwork, ...]) -> None:
        """Take ``prefixes`` for the node's inner networks.

        Raises:
            ConfigError: devices are invited under the present ones, or it cannot be kept.
        """
        if self._invited:
            names = ", ".join(sorted(self._invited))
            raise ConfigError(
                f"your own devices ({names}) are invited under other addresses than the central "
                "server has drawn for this node: revoke them, and invite them again once it is "
                "listed"
            )
        self._save(prefixes, {})

    def all(self) -> tuple[Invited, ...]:
        """Return those invited, by name."""
        return tuple(self._invited[name] for name in sorted(self._invited))

    def free_addresses(self, most: int) -> tuple[IpAddress, ...]:
        """Return the first addresses nobody has, one a network.

        Raises:
            ConfigError: ``most`` are invited already.
        """
        if len(self._invited) >= most:
            raise ConfigError(f"{most} devices are invited already: revoke one first")
        taken = {address for one in self._invited.values() for address in one.guest.addresses}
        for place in range(FIRST_GUEST, _LAST_GUEST + 1):
            addresses = tuple(prefix[place] for prefix in self.prefixes)
            if not taken & {*addresses}:
                return addresses
        raise ConfigError("this node has no address left for another device")

    def add(self, name: str, guest: Guest) -> None:
        """Keep ``guest`` as ``name``.

        Raises:
            ConfigError: that name is taken or malformed, or the file cannot be written.
        """
        if name in self._invited:
            raise ConfigError(f"{name!r} is invited already: revoke it first")
        self._save(self.prefixes, {**self._invited, name: Invited(name=name, guest=guest)})

    def remove(self, name: str) -> Guest:
        """Forget the guest called ``name`` and return it. Raises ConfigError."""
        found = self._invited.get(name)
        if found is None:
            known = ", ".join(sorted(self._invited)) or "nobody is"
            raise ConfigError(f"{name!r} is not invited: {known}")
        self._save(self.prefixes, {one: kept for one, kept in self._invited.items() if one != name})
        return found.guest

    def _save(self, prefixes: tuple[IpNetwork, ...], invited: dict[str, Invited]) -> None:
        file = _File(
            version=VERSION,
            prefixes=prefixes,
            guests=tuple(_line(invited[name]) for name in sorted(invited)),
        )
        try:
            write_atomically(self._path, json.dumps(_STRICT.unstructure(file), indent=1))
        except OSError as error:
            raise ConfigError(
                f"the node's guests could not be saved to {self._path}: {error}"
            ) from error
        self._prefixes, self._invited = prefixes, invited


def _read(file: _File) -> dict[str, Invited]:
    if file.version != VERSION:
        raise ValueError(f"version {file.version}")
    return {line.name: _invited(line) for line in file.guests}


def _invited(line: _Line) -> Invited:
    preshared = None if line.preshared_key is None else _key(line.preshared_key)
    guest = Guest(
        public_key=_key(line.public_key), preshared_key=preshared, addresses=line.addresses
    )
    return Invited(name=line.name, guest=guest)


def _line(one: Invited) -> _Line:
    preshared = one.guest.preshared_key
    return _Line(
        name=one.name,
        public_key=one.guest.public_key.hex(),
        preshared_key=None if preshared is None else preshared.hex(),
        addresses=one.guest.addresses,
    )


def _key(text: str) -> bytes:
    key = bytes.fromhex(text)
    if len(key) != KEY_BYTES:
        raise ValueError("no key")
    return key


_STRICT: Final = exact.converter(detailed=False)
