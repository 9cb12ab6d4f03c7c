"""What an owner agrees to before anybody is served; a record of it names the version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import attrs

from worldvpn_core.errors import ConfigError
from worldvpn_core.settings import Settings

#: The newest words. New ones get a new version: those who agreed to others are asked again.
VERSION: Final = 1
TEXTS: Final[Mapping[int, str]] = {
    1: (
        "Guests will reach the internet through this computer, under its address: what they do "
        "there, you seem to do. They reach neither this computer nor your network. You may set "
        "limits, send a guest away, and stop at any time."
    ),
}


def version_agreed(settings: Settings) -> int | None:
    """Return which words the owner has agreed to; None: to none. Before versions it was 1."""
    return None if settings.share_consent_utc is None else settings.share_consent_version or 1


def consented(settings: Settings, *, agreed: bool, version: int | None) -> Settings:
    """Return ``settings`` with the owner's consent on record: to which words, and when.

    Raises:
        ConfigError: the owner has not agreed to the newest words.
    """
    if version_agreed(settings) == VERSION:
        return settings
    if not agreed or version not in {None, VERSION}:
        raise ConfigError(
            "sharing lets others use this computer's connection, under its address: agree to it"
        )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return attrs.evolve(settings, share_consent_utc=now, share_consent_version=VERSION)


def as_json(settings: Settings) -> Mapping[str, object]:
    """Return the newest words, and what was agreed to."""
    return {
        "version": VERSION,
        "text": TEXTS[VERSION],
        "agreed_version": version_agreed(settings),
        "agreed_utc": settings.share_consent_utc,
    }
