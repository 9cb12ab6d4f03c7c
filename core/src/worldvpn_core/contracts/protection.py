"""Firewall and resolver: whoever holds them makes the host be what a policy says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from worldvpn_core.contracts.host import Change
from worldvpn_core.policy import (
    DnsPolicy,
    Explanation,
    FirewallFacts,
    Packet,
    PolicySet,
    RuleCount,
)

if TYPE_CHECKING:
    # The agent, which counts nobody, would hold what signs receipts by it: some 4 MiB.
    pass


class FirewallBackend(Protocol):
    """Holds the one ruleset this host enforces for us."""

    @property
    def facts(self) -> FirewallFacts:
        """What enforces the rules, as of the last ``apply``."""

    async def apply(self, policy: PolicySet) -> None:
        """Replace our rules by ``policy`` in one atomic step and read them back. Idempotent.

        The rules outlive the process: a crash must leave traffic blocked. Links are
        looked up anew at each call, so it is called again when they change.

        Raises:
            FirewallError: nothing changed, or what is loaded is not what was meant.
            ShareError: the host's rules stand, those of the node's namespace do not.
        """

    async def disturbed(self) -> None:
        """Return once our rules no longer stand as ``apply`` loaded them; apply again.

        Changes made between two calls are noticed by the second.

        Raises:
            FirewallError: changes cannot be noticed here.
        """

    async def counters(self) -> tuple[RuleCount, ...]:
        """Read what each named rule has counted."""

    async def explain(self, policy: PolicySet, packet: Packet) -> Explanation:
        """Say which rule of ``policy`` decides ``packet``'s fate on its way out, and why."""


class DnsProtector(Protocol):
    """Points the host's resolver where the policy says, and keeps it there."""

    @property
    def name(self) -> str:
        """How the host resolves: "resolved", "resolvconf", "resolv.conf"."""

    async def record(self) -> tuple[Change, ...]:
        """Return all that ``apply`` may change, with its present value. Changes nothing."""

    def adopt(self, changes: tuple[Change, ...]) -> None:
        """Take over what a previous run recorded; kinds not its own are ignored."""

    async def apply(self, policy: DnsPolicy) -> None:
        """Make the host's resolver be ``policy``. Idempotent.

        Not held: restore what was recorded, unless others have changed it since.

        Raises:
            DnsError: with what could not be changed, and why.
        """

    async def drifted(self) -> None:
        """Return when something else has overwritten what ``apply`` set; apply again."""
