"""What lives in worldvpn-agent: it speaks with strangers, and has no rights."""

from __future__ import annotations

from typing import Protocol

import attrs

from worldvpn_core.central.server import CentralServer
from worldvpn_core.contracts.central import CentralDesk
from worldvpn_core.types import Profile


@attrs.frozen(kw_only=True)
class NetworkServices:
    """What a network plugin is given: nothing of the host; sockets come by descriptor."""

    #: The central server this host belongs to, and what the daemon does for its client.
    central: CentralServer | None = None
    desk: CentralDesk | None = None


class ProfileReader(Protocol):
    """Reads one foreign file format into a profile."""

    @property
    def name(self) -> str:
        """Name of the format, for people: "wg-quick"."""

    def recognises(self, text: str) -> bool:
        """Say whether ``text`` looks like this format. Never raises."""

    def read(self, text: str, name: str) -> Profile:
        """Turn ``text`` into a profile called ``name``; executes and fetches nothing.

        Raises:
            ConfigError: with the line and what is wrong with it.
        """


class Resolver(Protocol):
    """The DNS stub: answers the host's programs from upstreams inside the tunnel."""

    async def answer(self, query: bytes) -> bytes:
        """Answer one DNS message (RFC 1035 §4) with one; SERVFAIL when upstream is lost."""
