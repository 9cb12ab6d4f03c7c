"""Entry point of the agent's half: reads wg-quick files, which strangers wrote."""

from __future__ import annotations

import re
from typing import Final

from worldvpn_core.contracts import NetworkServices, ProfileReader
from worldvpn_core.hookspecs import hookimpl
from worldvpn_core.types import Profile
from worldvpn_wireguard.wg_quick import read_profile

_HEADER: Final = re.compile(r"^[ \t]*\[[ \t]*interface[ \t]*\]", re.IGNORECASE | re.MULTILINE)


class WgQuickReader:
    """Reads the format of wg-quick(8)."""

    @property
    def name(self) -> str:
        return "wg-quick"

    def recognises(self, text: str) -> bool:
        return _HEADER.search(text.replace("\r", "\n").removeprefix("\ufeff")) is not None

    def read(self, text: str, name: str) -> Profile:
        return read_profile(text, name)


@hookimpl
def worldvpn_profile_readers(services: NetworkServices) -> list[ProfileReader]:
    """Offer the reader of wg-quick files."""
    del services  # reading needs nothing
    return [WgQuickReader()]
