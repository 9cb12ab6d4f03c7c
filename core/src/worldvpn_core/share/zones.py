"""The time zone of the owner's hours and days."""

from __future__ import annotations

import re
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")
_LOCAL: Final = Path("/etc/localtime")
_FOLDER: Final = "zoneinfo/"


def named(name: str) -> tzinfo:
    """Return the zone of that IANA name. Raises ValueError: this computer knows none."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:64]!r} is no time zone")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"this computer knows no time zone {name[:64]!r}") from error


def here(local: Path = _LOCAL) -> tuple[str, tzinfo]:
    """Return this computer's zone and its name, as it is set now; UTC where none is set."""
    try:
        target = str(local.resolve())
        name = target.partition(_FOLDER)[2] or "local"
        with local.open("rb") as file:
            return name, ZoneInfo.from_file(file, key=name)
    except (OSError, ValueError):
        return "UTC", UTC
