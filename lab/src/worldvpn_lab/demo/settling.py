"""The demo's last part: what was carried is paid, by what both ends have signed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from worldvpn_app.cli.receipts import exported, sessions
from worldvpn_app.evidence import file
from worldvpn_app.evidence.judge import judged
from worldvpn_core.errors import EngineError
from worldvpn_lab.central import ROLE, CentralHouse
from worldvpn_lab.daemon import Daemon
from worldvpn_lab.demo.findings import Settlement

SPEND: Final = 5
EARN: Final = 6
_SETTLED_S: Final = 45.0
_POLL_S: Final = 0.5
#: The guest waits two seconds for a last claim, then the node five for its answer: what comes after
#: that is nothing any more.
_STILL_S: Final = 9.0
_AUDIT_S: Final = 60.0


@attrs.frozen(kw_only=True)
class Purse:
    """An account's parts, in ticks."""

    promo: int
    available: int
    held: int
    vesting: int

    @classmethod
    def of(cls, daemon: Daemon) -> Purse:
        """Return those of whoever is signed in."""
        said: dict[str, Any] = json.loads(daemon.call("wallet.balance")["json"])
        return cls(
            promo=said["promo_ticks"],
            available=said["available_ticks"],
            held=said["held_ticks"],
            vesting=said["vesting_ticks"],
        )

    @property
    def spendable(self) -> int:
        """What a session may be opened with."""
        return self.promo + self.available

    @property
    def own(self) -> int:
        """All that is the account's, but what is vesting."""
        return self.spendable + self.held

    @property
    def total(self) -> int:
        """All that is the account's: what it has, and what will be its own."""
        return self.own + self.vesting


def settle(
    house: CentralHouse, client: Daemon, began: Purse, nodes: Sequence[Daemon]
) -> Settlement:
    """Return what came of it all once both sides of the ledger agree and stand still.

    ``began`` is what ``client`` had before; the owners of ``nodes`` had as much, and spent none.

    Raises:
        EngineError: they do not agree in time.
    """

    def sums() -> tuple[int, int, int]:
        purses = [Purse.of(node) for node in nodes]
        return (
            began.own - Purse.of(client).own,
            sum(purse.own - began.own for purse in purses),
            sum(purse.vesting for purse in purses),
        )

    spent, available, vesting = _still(sums)
    page = sessions(client.call)
    judgement = judged(file.written(exported(*page)))
    proved = sum(each.agreed_bytes is not None for each in judgement.findings)
    audit = house.world.run(ROLE, [*house.program, "audit"], timeout_s=_AUDIT_S)
    return Settlement(
        settled_bytes=spent // SPEND,
        spent_ticks=spent,
        earned_available_ticks=available,
        earned_vesting_ticks=vesting,
        receipts_verified=proved if judgement.is_sound else 0,
        ledger_audit="ok" if audit.status == 0 else f"failed: {audit.stdout[-200:]}",
    )


def _still(sums: Callable[[], tuple[int, int, int]]) -> tuple[int, int, int]:
    deadline_s = time.monotonic() + _SETTLED_S
    found, since_s = sums(), time.monotonic()
    while True:
        time.sleep(_POLL_S)
        now, now_s = sums(), time.monotonic()
        if now != found:
            found, since_s = now, now_s
        spent, available, vesting = found
        agree = spent > 0 and EARN * spent == SPEND * (available + vesting)
        if agree and now_s - since_s >= _STILL_S:
            return found
        if now_s > deadline_s:
            raise EngineError(
                f"{spent:,} ticks were spent and {available + vesting:,} earned: that never agreed"
            )
