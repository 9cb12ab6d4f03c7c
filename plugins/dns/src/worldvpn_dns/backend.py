"""What each way of pointing a resolver has to offer the protector."""

from __future__ import annotations

from typing import Protocol

from worldvpn_core.contracts import Change
from worldvpn_core.policy import DnsPolicy


class Backend(Protocol):
    """One way in which a host resolves names, and how to bend and release it."""

    @property
    def name(self) -> str:
        """What people call it: "resolved", "resolvconf", "resolv.conf"."""

    def adopt(self, changes: tuple[Change, ...]) -> None:
        """Take over what a previous run recorded; kinds not its own are ignored."""

    async def hold(self, policy: DnsPolicy) -> None:
        """Make the host resolve as the held ``policy`` says. Idempotent. Raises DnsError."""

    async def release(self) -> None:
        """Undo what this or an adopted run did, except what others changed. Raises DnsError."""

    async def holds(self) -> bool:
        """Say whether what ``hold`` set still stands. Never raises."""
