"""The time zone of the owner's hours and days."""

from __future__ import annotations

import contextlib
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from worldvpn_core.errors import ConfigError

#: What an IANA name looks like; whether this computer knows it may change with a package.
NAME: Final = r"[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,31}){0,2}"
_LOCAL: Final = Path("/etc/localtime")
_FOLDER: Final = "zoneinfo/"


def named(name: str) -> tzinfo:
    """Return the zone of that IANA name. Raises ConfigError: this computer knows none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(f"this computer knows no time zone {name[:64]!r}") from error


def chosen(name: str | None) -> tuple[str, tzinfo]:
    """Return the zone of that name, and its name; this computer's where it is not known."""
    if name is not None:
        with contextlib.suppress(ConfigError):
            return name, named(name)
    return here()


def here(local: Path = _LOCAL) -> tuple[str, tzinfo]:
    """Return this computer's zone and its name, as it is set now; UTC where none is set."""
    try:
        target = str(local.resolve())
        name = target.partition(_FOLDER)[2] or "local"
        with local.open("rb") as file:
            return name, ZoneInfo.from_file(file, key=name)
    except (OSError, ValueError):
        return "UTC", UTC
