"""What an imported profile is called, for people and in commands."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

from worldvpn_core.errors import ConfigError

_MAX_CHARACTERS: Final = 64
_NOT_IN_ID: Final = re.compile(r"[^a-z0-9]+")


def profile_name(text: str) -> str:
    """Return ``text`` as a profile's name: without white space at its ends.

    Raises:
        ConfigError: it is empty, longer than 64 characters, or cannot be printed.
    """
    name = text.strip()
    if not name or len(name) > _MAX_CHARACTERS:
        raise ConfigError(
            f"a profile's name has 1 to {_MAX_CHARACTERS} characters, not {len(name)}: "
            "choose another"
        )
    if not name.isprintable():
        raise ConfigError(f"the profile's name {name!r} cannot be printed: choose another")
    return name


def profile_id(name: str) -> str:
    """Return the identifier for a profile called ``name``: "Zürich #2" is "zurich-2".

    Always the same for a name. One without Latin letters or digits has a digest instead.
    """
    latin = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = _NOT_IN_ID.sub("-", latin).strip("-")[:_MAX_CHARACTERS].rstrip("-")
    return slug or f"profile-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
