"""What lives in worldvpn-agent: it speaks with strangers, and has no rights."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

import attrs

from worldvpn_core.types import Endpoint, Profile, UsageSample


@attrs.frozen(kw_only=True)
class NetworkServices:
    """What a network plugin is given: nothing of the host; sockets come by descriptor."""


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


@attrs.frozen(kw_only=True)
class NodeOffer:
    """What a node announces of itself."""

    country_code: str
    listen: tuple[Endpoint, ...]
    transports: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Listing:
    """One node of the directory, as a user may choose it."""

    node_id: str
    country_code: str
    transports: tuple[str, ...]
    latency_ms: float | None = None


class Account(Protocol):
    """Who the user is to the central server."""

    async def sign_in(self, username: str, password: str) -> None:
        """Sign in. Raises DeniedError when the server refuses."""

    async def sign_out(self) -> None:
        """Forget the session here and at the server. Idempotent."""

    async def open_session(self, node_id: str, transport: str) -> Profile:
        """Return a profile by which ``transport`` reaches ``node_id``.

        Raises:
            DeniedError: not signed in, or out of credit.
        """

    def events(self) -> AsyncIterator[tuple[str, str]]:
        """Yield ``(kind, JSON text)`` of the account's events, resuming by itself."""


class Directory(Protocol):
    """Where nodes are found, and announced."""

    async def announce(self, offer: NodeOffer) -> None:
        """List this host as a node. Raises DeniedError with the server's reason."""

    async def withdraw(self) -> None:
        """Take this host off the list. Idempotent."""

    async def find(self, country_code: str | None, limit: int) -> tuple[Listing, ...]:
        """Return at most ``limit`` nodes, best first; None is any country."""


class Resolver(Protocol):
    """The DNS stub: answers the host's programs from upstreams inside the tunnel."""

    async def answer(self, query: bytes) -> bytes:
        """Answer one DNS message (RFC 1035 §4) with one; SERVFAIL when upstream is lost."""


class Accounting(Protocol):
    """Counts what was carried, and proves it."""

    async def record(self, sample: UsageSample) -> None:
        """Take note of ``sample``, durably before it returns."""
