"""The form of a wg-quick file: sections, keys and values, each with its line. Pure.

Sources: wg-quick(8), wg(8) and their reader (config.c of wireguard-tools): keys and
section names in any case, "#" begins a comment anywhere, white space means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import attrs

from worldvpn_core.errors import ConfigError

MAX_CHARACTERS: Final = 65_536

_SHOWN: Final = 40
#: Keys run by a shell: a profile is data, and must not bring commands.
_COMMANDS: Final = frozenset({"preup", "postup", "predown", "postdown"})
_INTERFACE_KEYS: Final = frozenset(
    {
        "privatekey",
        "address",
        "dns",
        "mtu",
        "table",
        "listenport",
        "fwmark",
        "saveconfig",
    }
)
_PEER_KEYS: Final = frozenset(
    {"publickey", "presharedkey", "allowedips", "endpoint", "persistentkeepalive"}
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@attrs.frozen(kw_only=True)
class Entry:
    """One ``Key = value``; ``key`` in lower case. The value may be a secret."""

    line: int
    key: str
    value: str = attrs.field(repr=False)

    def error(self, sentence: str) -> ConfigError:
        """Return the error that says what is wrong with this line."""
        return ConfigError(f"line {self.line}: {sentence}")

    @property
    def shown(self) -> str:
        """The value as a message may quote it: never a key, never long."""
        return repr(self.value[:_SHOWN])


@attrs.frozen(kw_only=True)
class Section:
    """One [Interface] or [Peer] with its entries, in their order."""

    line: int
    entries: tuple[Entry, ...]

    def all(self, key: str) -> tuple[Entry, ...]:
        """Return every entry of ``key``."""
        return tuple(entry for entry in self.entries if entry.key == key)

    def last(self, key: str) -> Entry | None:
        """Return the entry that counts where only one can: the last, as wg(8) does."""
        found = self.all(key)
        return found[-1] if found else None

    def items(self, key: str) -> Iterator[tuple[Entry, str]]:
        """Yield each part of the comma-separated values of ``key``, with its entry."""
        for entry in self.all(key):
            for part in entry.value.split(","):
                if part.strip():
                    yield entry, part.strip()


def sections(text: str) -> tuple[Section, tuple[Section, ...]]:
    """Return the interface (several are one, as wg(8) has it) and the peers of ``text``.

    Raises:
        ConfigError: with the line and what is wrong with it.
    """
    if len(text) > MAX_CHARACTERS:
        raise ConfigError(
            f"the profile has {len(text)} characters; at most {MAX_CHARACTERS} are read"
        )
    interface: list[Entry] | None = None
    peers: list[tuple[int, list[Entry]]] = []
    current: list[Entry] | None = None
    keys: frozenset[str] = frozenset()
    for number, line in _lines(text):
        if line.startswith("["):
            header = re.sub(r"\s", "", line).lower()
            if header == "[interface]":
                interface = current = [] if interface is None else interface
                keys = _INTERFACE_KEYS
            elif header == "[peer]":
                current = []
                peers.append((number, current))
                keys = _PEER_KEYS
            else:
                raise ConfigError(
                    f"line {number}: {line[:_SHOWN]!r} is neither [Interface] nor [Peer]"
                )
        else:
            entry = _entry(number, line, keys)
            if current is None:
                raise entry.error("this stands before [Interface]")
            current.append(entry)
    if interface is None:
        raise ConfigError("the profile has no [Interface]: it is not a wg-quick file")
    return (
        Section(line=1, entries=tuple(interface)),
        tuple(Section(line=number, entries=tuple(entries)) for number, entries in peers),
    )


def _lines(text: str) -> Iterator[tuple[int, str]]:
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(plain.split("\n"), start=1):
        if _CONTROL.search(line):
            raise ConfigError(f"line {number}: a control character; is this a text file?")
        stripped = line.partition("#")[0].strip()
        if stripped:
            yield number, stripped


def _entry(number: int, line: str, keys: frozenset[str]) -> Entry:
    key, equals, value = line.partition("=")
    entry = Entry(line=number, key=key.strip().lower(), value=value.strip())
    named = key.strip()[:_SHOWN]
    if not equals:
        raise entry.error("'Key = value' is expected")
    if entry.key in _COMMANDS:
        raise entry.error(
            f"{named} would run a command as root, which an imported profile must not; "
            "remove the line (WorldVPN sets routes, DNS and the kill switch itself)"
        )
    if keys and entry.key not in keys:
        raise entry.error(f"{named!r} is not a key of wg-quick's in this section")
    return entry
