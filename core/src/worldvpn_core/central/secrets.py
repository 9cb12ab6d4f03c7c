"""Where this device's keys and its sign-in are kept: of root alone, all of it or nothing.

A refresh token is stored before it is used: a crash in between must not look like a theft.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

import attrs

from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.errors import ConfigError
from worldvpn_core.settings import write_atomically

VERSION: Final = 1
#: The server's are 40 or so; a hostile agent shall not fill the disk.
MOST_TOKEN_CHARACTERS: Final = 512
_MOST_NAME_CHARACTERS: Final = 256
_KEYS: Final = {"version", "root_key", "x25519", "ed25519", "sign_in"}
_log = logging.getLogger(__name__)


def _is_name(_: object, attribute: attrs.Attribute[str], value: str) -> None:
    fits = isinstance(value, str) and value.isprintable()
    if not fits or not 0 < len(value) <= _MOST_NAME_CHARACTERS:
        raise ValueError(f"{attribute.name} has 1 to {_MOST_NAME_CHARACTERS} printable characters")


@attrs.frozen(kw_only=True)
class SignIn:
    """Who is signed in on this device, and the token that keeps it so."""

    username: str = attrs.field(validator=_is_name)
    refresh_token: str = attrs.field(repr=False)

    @refresh_token.validator
    def _is_token(self, _: object, value: str) -> None:
        fits = isinstance(value, str) and value.isascii() and value.isprintable()
        if not fits or not 0 < len(value) <= MOST_TOKEN_CHARACTERS:
            raise ValueError(
                f"a refresh token has 1 to {MOST_TOKEN_CHARACTERS} printable ASCII characters"
            )


@attrs.frozen(kw_only=True)
class Secrets:
    """What this device keeps for one central server."""

    keys: DeviceKeys
    sign_in: SignIn | None = None


class SecretStore(Protocol):
    """Keeps the secrets, and gives them while it is open."""

    @property
    def secrets(self) -> Secrets | None:
        """Those stored last; None while they are locked away."""

    def store(self, secrets: Secrets) -> None:
        """Keep ``secrets``, on disk before it returns. Raises ConfigError when it cannot."""


class SecretFile:
    """A store that is one file of root's (0600), for the server of ``root_key``."""

    def __init__(self, path: Path, root_key: bytes) -> None:
        self._path = path
        self._root_key = root_key
        self._secrets: Secrets | None = None
        #: A sentence for the user when the former secrets were set aside.
        self.notice: str | None = None

    @property
    def secrets(self) -> Secrets:
        """Those stored last; new keys, stored at once, where there are none for this server.

        Raises:
            ConfigError: the file can neither be read nor written.
        """
        if self._secrets is None:
            found = self._load()
            if found is None:
                found = Secrets(keys=DeviceKeys.fresh())
                self.store(found)
            self._secrets = found
        return self._secrets

    def store(self, secrets: Secrets) -> None:
        text = json.dumps(_to_json(secrets, self._root_key))
        # A write that fails late may have replaced the file: what counts is on the disk.
        self._secrets = None
        try:
            write_atomically(self._path, text)
        except OSError as error:
            raise ConfigError(
                f"the device's keys could not be saved to {self._path}: {error.strerror}"
            ) from error
        self._secrets = secrets

    def _load(self) -> Secrets | None:
        try:
            raw = json.loads(self._path.read_text(encoding="utf-8"))
            root_key, secrets = _from_json(raw)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(
                f"the device's keys cannot be read from {self._path}: {error.strerror}"
            ) from error
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            _log.warning("%s is malformed (%s)", self._path, type(error).__name__)
            self._set_aside("could not be read")
            return None
        if root_key != self._root_key:
            self._set_aside("belong to another central server")
            return None
        return secrets

    def _set_aside(self, why: str) -> None:
        aside = self._path.with_name(self._path.name + ".old")
        try:
            self._path.replace(aside)
        except OSError as error:
            raise ConfigError(
                f"the device's keys {why} and cannot be moved to {aside}: {error.strerror}"
            ) from error
        self.notice = (
            f"this device's keys {why} and are kept as {aside}; it has new ones: sign in again"
        )


def _to_json(secrets: Secrets, root_key: bytes) -> Mapping[str, object]:
    return {
        "version": VERSION,
        "root_key": root_key.hex(),
        "x25519": secrets.keys.x25519.hex(),
        "ed25519": secrets.keys.ed25519.hex(),
        "sign_in": None if secrets.sign_in is None else attrs.asdict(secrets.sign_in),
    }


def _from_json(raw: object) -> tuple[bytes, Secrets]:
    if not isinstance(raw, dict) or set(raw) != _KEYS or raw["version"] != VERSION:
        raise ValueError("not of this version")
    sign_in = raw["sign_in"]
    return bytes.fromhex(raw["root_key"]), Secrets(
        keys=DeviceKeys(x25519=bytes.fromhex(raw["x25519"]), ed25519=bytes.fromhex(raw["ed25519"])),
        sign_in=None if sign_in is None else SignIn(**sign_in),
    )
