"""What left this host outside the tunnel, by class: the firewall's counters, added up.

Rules come and go with the tunnel's states, and their counters with them: so they are read now
and then, and what a rule has counted stays when it goes. What it counted after the last reading
is not known: figures are never more than what left.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

import attrs

from worldvpn_core.contracts import FirewallBackend
from worldvpn_core.errors import WorldVpnError
from worldvpn_core.policy import RuleCount

EVERY_S: Final = 10.0
#: Rules that judge frames on the devices themselves; they see what passes below the others.
_ON_DEVICES: Final = "egress-"
#: The beginnings of rules' names, and what they let out.
_CLASSES: Final = (
    ("endpoint", "node"),
    ("fragment", "node"),
    ("central", "server"),
    ("bootstrap", "server"),
    ("dhcp", "lease"),
    ("ndp", "neighbours"),
    ("arp", "neighbours"),
    ("eapol", "neighbours"),
    ("pppoe", "neighbours"),
    ("node", "guests"),
    ("lan-minus", "refused"),
    ("lan", "lan"),
    ("unprotected", "beside"),
    ("dns", "refused"),
    ("refused", "refused"),
    ("protected", "refused"),
    ("strayed", "refused"),
)
CLASSES: Final = tuple(dict.fromkeys(each for _, each in _CLASSES))
_log = logging.getLogger(__name__)


@attrs.frozen
class Sum:
    """Packets and bytes."""

    packets: int = 0
    size_bytes: int = 0

    def plus(self, packets: int, size_bytes: int) -> Sum:
        """Return the sum with more."""
        return Sum(self.packets + packets, self.size_bytes + size_bytes)


def class_of(rule: str) -> str | None:
    """Return what ``rule`` lets out, or "refused"; None: what it judges never leaves by itself."""
    name = rule.removeprefix(_ON_DEVICES)
    return next((each for beginning, each in _CLASSES if name.startswith(beginning)), None)


class Outside:
    """Adds up what ``firewall`` counts."""

    def __init__(self, firewall: FirewallBackend) -> None:
        self._firewall = firewall
        self._since = datetime.now(UTC)
        self._seen: Mapping[str, RuleCount] = {}
        self._sums = dict.fromkeys(CLASSES, Sum())

    async def run(self) -> None:
        """Read now and then, for good."""
        while True:
            try:
                await self.read()
            except WorldVpnError as error:
                _log.debug("the firewall's counters cannot be read: %s", error)
            await asyncio.sleep(EVERY_S)

    async def read(self) -> None:
        """Read once. Raises FirewallError."""
        self.take(await self._firewall.counters())

    def take(self, counts: Iterable[RuleCount]) -> None:
        """Add what ``counts`` have grown by; one that is smaller than before began anew."""
        every = {each.rule: each for each in counts}
        if any(rule.startswith(_ON_DEVICES) for rule in every):
            every = {rule: each for rule, each in every.items() if rule.startswith(_ON_DEVICES)}
        for rule, now in every.items():
            kind = class_of(rule)
            if kind is None:
                continue
            old = self._seen.get(rule)
            is_same = old is not None and now.packets >= old.packets and now.bytes >= old.bytes
            before = (
                old if old is not None and is_same else RuleCount(rule=rule, packets=0, bytes=0)
            )
            self._sums[kind] = self._sums[kind].plus(
                now.packets - before.packets, now.bytes - before.bytes
            )
        self._seen = every

    def shown(self) -> Mapping[str, object]:
        """Return the sums since this process began, as ``firewall.outside`` answers."""
        return {
            "since_utc": self._since.isoformat(timespec="seconds"),
            "classes": [
                {"class": name, "packets": each.packets, "bytes": each.size_bytes}
                for name, each in self._sums.items()
            ],
        }
