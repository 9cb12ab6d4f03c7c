"""The token that opens /metrics: made at the first start, shared like the keys."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

NAME: Final = "metrics.token"
_BYTES: Final = 32


def made(keys: Path) -> Path:
    """Return the token's file in the folder ``keys``, made when there is none yet."""
    path = keys / NAME
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(_BYTES))
    return path


def read(keys: Path) -> str | None:
    """Return the token; None: there is none, and nobody is let in."""
    try:
        return (keys / NAME).read_text("ascii").strip() or None
    except OSError:
        return None
