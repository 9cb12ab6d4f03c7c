"""The other half of a transport: what lets guests reach the internet through this host."""

from __future__ import annotations

from typing import Protocol

import attrs

from worldvpn_core.share.plan import Guest, ListenerInfo, SharePlan
from worldvpn_core.types import IpAddress, Server


class Listener(Protocol):
    """A node that serves. Made by ``Exit.serve``; at first it knows no guest."""

    @property
    def info(self) -> ListenerInfo:
        """What was opened; core compares it with the plan."""

    async def admit(self, guest: Guest) -> None:
        """Let ``guest`` in, under its addresses only; one of that key is changed. Idempotent.

        Raises:
            EngineError: what carries the packets refuses, or has gone.
        """

    async def dismiss(self, public_key: bytes) -> None:
        """Let that guest in no more; one that is not there is no error. Raises EngineError."""

    async def wait_down(self) -> Exception | None:
        """Return when it falls by itself, with its cause, or None after ``close``."""

    async def close(self) -> None:
        """Drop every guest and remove all that ``serve`` made. Idempotent."""


@attrs.frozen(kw_only=True)
class Invitation:
    """A guest yet to come, and the ``profile`` by which its device connects: a secret."""

    guest: Guest
    profile: str = attrs.field(repr=False)


class Exit(Protocol):
    """Serves guests of one protocol, in a network namespace of their own."""

    @property
    def name(self) -> str:
        """The transport's name."""

    async def serve(self, plan: SharePlan) -> Listener:
        """Make the namespace ``NODE`` and serve guests in it, on its ``NODE_GUESTS``.

        The namespace's rules are core's, and none stand yet: nobody is admitted here.
        Leaves nothing behind when it raises or is cancelled.

        Raises:
            EngineError: what would carry the packets is missing or broken.
        """

    def invite(
        self,
        node: ListenerInfo,
        remote: Server,
        addresses: tuple[IpAddress, ...],
        dns: tuple[IpAddress, ...],
    ) -> Invitation:
        """Draw keys for one more guest, and write its profile: of ``node``, behind ``remote``.

        Nothing of it is kept here, and nobody is admitted by it.
        """
