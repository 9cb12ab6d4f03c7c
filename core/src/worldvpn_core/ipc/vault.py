"""Requests about the vault. Secrets go in and never come out, but sealed by ``VaultExport``."""

from __future__ import annotations

import re
from typing import Final

import attrs

from worldvpn_core.ipc.checks import must
from worldvpn_core.ipc.protocol import FEWEST_PASSPHRASE_CHARACTERS, MOST_PASSPHRASE_CHARACTERS

#: The longest sealed vault in base64.
MAX_EXPORT_CHARACTERS: Final = 90_000

_KIND: Final = re.compile(r"keyring|passphrase|file")
_KEY: Final = re.compile(r"[0-9a-f]{64}")
_KEY_ID: Final = re.compile(r"[0-9a-f]{32}")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}")


def _is_passphrase(value: str | None) -> bool:
    return (
        value is not None
        and FEWEST_PASSPHRASE_CHARACTERS <= len(value) <= MOST_PASSPHRASE_CHARACTERS
        and value.isprintable()
    )


_A_PASSPHRASE: Final = (
    f"one line of {FEWEST_PASSPHRASE_CHARACTERS} to {MOST_PASSPHRASE_CHARACTERS} characters"
)
_passphrase: Final = must(_is_passphrase, _A_PASSPHRASE)
_maybe_passphrase: Final = must(
    lambda value: value is None or _is_passphrase(value), f"{_A_PASSPHRASE}, or null"
)
_kind: Final = must(lambda value: _KIND.fullmatch(value) is not None, "keyring, passphrase or file")
_exported: Final = must(
    lambda value: len(value) <= MAX_EXPORT_CHARACTERS and _BASE64.fullmatch(value) is not None,
    f"an exported vault in base64, at most {MAX_EXPORT_CHARACTERS} characters",
)


@attrs.frozen(kw_only=True)
class VaultOpening:
    """What opens the vault: ``secret`` is the passphrase, or the keyring's key in hex.

    ``key_id`` is how the keyring finds its key again; it is needed to make a lock, not
    to open one. The key file's key never crosses the local API.
    """

    kind: str = attrs.field(validator=_kind)
    secret: str | None = attrs.field(default=None, repr=False)
    key_id: str | None = None

    def __attrs_post_init__(self) -> None:
        match self.kind:
            case "passphrase" if not _is_passphrase(self.secret):
                raise ValueError(f"secret must be {_A_PASSPHRASE}")
            case "keyring" if not (self.secret and _KEY.fullmatch(self.secret)):
                raise ValueError("secret must be 64 characters of 0-9 and a-f")
            case "file" if self.secret is not None:
                raise ValueError("secret must be null: the daemon reads the key file itself")
        if self.key_id is not None and not (
            self.kind == "keyring" and _KEY_ID.fullmatch(self.key_id)
        ):
            raise ValueError("key_id must be 32 characters of 0-9 and a-f, for a keyring only")


@attrs.frozen(kw_only=True)
class VaultBackup:
    """An exported vault, and the passphrase it was exported under."""

    sealed: str = attrs.field(validator=_exported, repr=False)
    passphrase: str = attrs.field(validator=_passphrase, repr=False)


@attrs.frozen(kw_only=True)
class VaultStatus:
    """Ask whether there is a vault, whether it is open, and what opens it."""


@attrs.frozen(kw_only=True)
class VaultCreate:
    """Make a vault, empty or from a backup, and open it."""

    opening: VaultOpening
    backup: VaultBackup | None = None


@attrs.frozen(kw_only=True)
class VaultUnlock:
    """Open the vault."""

    opening: VaultOpening


@attrs.frozen(kw_only=True)
class VaultLock:
    """Forget what was in it until it is opened again."""


@attrs.frozen(kw_only=True)
class VaultChange:
    """Let something else open the vault; where a passphrase does now, it is asked for, too."""

    opening: VaultOpening
    passphrase: str | None = attrs.field(default=None, validator=_maybe_passphrase, repr=False)


@attrs.frozen(kw_only=True)
class VaultExport:
    """Ask for the contents, sealed under ``new_passphrase``; ``passphrase`` as in a change."""

    new_passphrase: str = attrs.field(validator=_passphrase, repr=False)
    passphrase: str | None = attrs.field(default=None, validator=_maybe_passphrase, repr=False)


@attrs.frozen(kw_only=True)
class VaultWipe:
    """Leave nothing of the vault. Without a backup, this device is signed out for good."""

    confirm: bool


VaultRequest = (
    VaultStatus | VaultCreate | VaultUnlock | VaultLock | VaultChange | VaultExport | VaultWipe
)
