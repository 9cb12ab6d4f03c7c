"""The profiles on disk: one file each, root-owned, written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import logging
from pathlib import Path
from typing import Final

from worldvpn_core.errors import ConfigError
from worldvpn_core.profile_codec import profile_from_json, profile_to_json
from worldvpn_core.settings import write_atomically
from worldvpn_core.types import Profile

MOST_PROFILES: Final = 1_000

_log = logging.getLogger(__name__)


class ProfileStore:
    """Keeps imported profiles."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._profiles: dict[str, Profile] = {}
        #: Sentences for the user about files that could not be read.
        self.notices: list[str] = []

    def load(self) -> None:
        """Read all profiles; one that cannot be read is set aside as ``NAME.broken``."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in sorted(self._directory.glob("*.json")):
            try:
                profile = profile_from_json(json.loads(path.read_text(encoding="utf-8")))
            except (OSError, ValueError, ConfigError) as error:
                _log.warning("profile %s cannot be read: %s", path.name, error)
                aside = path.with_suffix(".broken")
                # On a read-only disk it stays where it is.
                with contextlib.suppress(OSError):
                    path.replace(aside)
                self.notices.append(f"profile {path.stem} could not be read and is kept as {aside}")
            else:
                self._profiles[profile.id] = profile

    def all(self) -> tuple[Profile, ...]:
        """Return every profile, by name."""
        return tuple(sorted(self._profiles.values(), key=lambda profile: profile.name))

    def get(self, profile_id: str) -> Profile:
        """Return the profile of that id, or of that name where only one has it.

        Raises:
            ConfigError: there is none.
        """
        if profile_id in self._profiles:
            return self._profiles[profile_id]
        named = [profile for profile in self._profiles.values() if profile.name == profile_id]
        if len(named) == 1:
            return named[0]
        have = ", ".join(profile.id for profile in self.all()) or "none is imported yet"
        raise ConfigError(f"there is no profile {profile_id!r}: {have}")

    def save(self, profile: Profile, *, replace: bool) -> None:
        """Keep ``profile``.

        Raises:
            ConfigError: it exists and is not to be replaced, there are too many, or the
                file could not be written; nothing changed.
        """
        former = self._profiles.get(profile.id)
        if former is not None and not replace:
            raise ConfigError(
                f"profile {profile.id} exists already: replace it, or choose another name"
            )
        # Names that differ can have one id; only one's own is replaced.
        if former is not None and former.name != profile.name:
            raise ConfigError(
                f"profile {profile.id} exists already as {former.name!r}: choose another name"
            )
        if len(self._profiles) >= MOST_PROFILES and former is None:
            raise ConfigError(f"there are {MOST_PROFILES} profiles already: remove one first")
        path = self._directory / f"{profile.id}.json"
        try:
            write_atomically(path, json.dumps(profile_to_json(profile), indent=1))
        except OSError as error:
            raise ConfigError(f"profile {profile.id} could not be saved: {error}") from error
        self._profiles[profile.id] = profile

    def remove(self, profile_id: str) -> Profile:
        """Forget a profile and return it. Raises ConfigError when there is none."""
        profile = self.get(profile_id)
        (self._directory / f"{profile.id}.json").unlink(missing_ok=True)
        return self._profiles.pop(profile.id)


def shown(profile: Profile) -> dict[str, object]:
    """Return what clients may see of ``profile``: nothing of its options."""
    return {
        "id": profile.id,
        "name": profile.name,
        "transport": profile.transport,
        "servers": [f"{server.host}:{server.port}" for server in profile.servers],
        "protects": [str(network) for network in profile.allowed],
        "dns": [str(host) for host in profile.dns_servers],
        "notes": list(profile.notes),
    }
