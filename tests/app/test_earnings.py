"""``worldvpn earnings`` and ``wallet``: settled, vesting, held and pending are never mixed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import attrs
import pytest

from tests.app.central_daemon import BALANCE, CentralDaemon
from tests.app.command import Command
from tests.app.evidence.exports import MIB
from tests.app.test_receipts import Shelf, kept
from worldvpn_app.cli.exits import Exit
from worldvpn_core.credit.receipt import Role
from worldvpn_core.credit.units import CREDIT_TICKS, REWARD_TICKS
from worldvpn_core.errors import (
    CentralOfflineError,
    CentralRefusedError,
    ReceiptsError,
    WorldVpnError,
)
from worldvpn_core.ipc.account import WalletBalance, WalletEarned, WalletSettled
from worldvpn_core.ipc.receipts import ReceiptsShow

SIGNED_BYTES = 9 * MIB
LONG_AGO_S = 3 * 86_400


def text(value: object) -> dict[str, object]:
    return {"json": json.dumps(value)}


def raising(error: WorldVpnError) -> Callable[[object], dict[str, object]]:
    def refuse(_asked: object) -> dict[str, object]:
        raise error

    return refuse


@attrs.define(eq=False)
class Books:
    """What the server says was earned, and settled, and what the daemon keeps of receipts."""

    settled: dict[str, int] = attrs.field(factory=dict)
    repaid_ticks: int = 0

    def earned(self, asked: WalletEarned) -> dict[str, object]:
        is_today = datetime.now().astimezone().timestamp() - asked.since_s < LONG_AGO_S
        parts = (5 * CREDIT_TICKS, CREDIT_TICKS) if is_today else (50 * CREDIT_TICKS, 10)
        return text(
            {
                "since": "",
                "available_ticks": parts[0],
                "vesting_ticks": parts[1],
                "repaid_ticks": self.repaid_ticks,
            }
        )

    def sessions(self, asked: WalletSettled) -> dict[str, object]:
        """Page by page of one: the newest has the highest id."""
        names = sorted(self.settled, reverse=True)
        older = [name for name in names if asked.before is None or name < asked.before][:1]
        return text(
            {
                "sessions": [
                    {"session_id": name, "role": "node", "settled_bytes": self.settled[name]}
                    for name in older
                ]
            }
        )


@pytest.fixture
def books(central: CentralDaemon) -> Books:
    """Let two of three sessions wait: one as a node, one as a guest."""
    made = Books()
    central.answers |= {
        ReceiptsShow: Shelf(kept(1, Role.NODE), kept(2, Role.NODE), kept(3, Role.GUEST)),
        WalletEarned: made.earned,
        WalletSettled: made.sessions,
    }
    return made


def test_earnings_keep_apart_what_is_settled_and_what_is_not(
    books: Books, central: CentralDaemon, worldvpn: Command
) -> None:
    books.settled = {str(UUID(int=9)): 5, str(UUID(int=2)): 4 * MIB}
    answer = worldvpn("earnings", "--json").json
    pending_bytes = SIGNED_BYTES - 4 * MIB
    assert answer["balance"] == BALANCE == central.balance
    assert answer["pending"] == {
        "sessions": 1,
        "bytes": pending_bytes,
        "ticks": REWARD_TICKS * pending_bytes,
    }
    assert answer["today"] == {
        "ticks": 6 * CREDIT_TICKS,
        "available_ticks": 5 * CREDIT_TICKS,
        "vesting_ticks": CREDIT_TICKS,
        "repaid_ticks": 0,
    }
    assert answer["days_30"]["ticks"] == 50 * CREDIT_TICKS + 10
    assert answer["is_current"] is True


def test_earnings_ask_from_midnight_and_from_thirty_days_ago(
    books: Books, central: CentralDaemon, worldvpn: Command
) -> None:
    before = datetime.now().astimezone()
    worldvpn("earnings")
    midnight = before.replace(hour=0, minute=0, second=0, microsecond=0)
    month = int((before - timedelta(days=30)).timestamp())
    today, longest = (each.since_s for each in central.asked(WalletEarned))
    assert today - int(midnight.timestamp()) in {0, 86_400}
    assert month <= longest <= month + 60
    assert books.settled == {}


def test_earnings_in_words_name_every_part(books: Books, worldvpn: Command) -> None:
    books.repaid_ticks = 7
    assert worldvpn("earnings").out == (
        "6.00 credits earned today, 50.00 in 30 days.\n"
        "             today  30 days\n"
        "  available   5.00    50.00  yours at once\n"
        "  vesting     1.00     0.00  yours once it is confirmed\n"
        "  repaid      0.00     0.00  paid what was owed\n"
        "1,500 credits; each carries 1 MiB.\n"
        "  promo      500.00  given to begin with; used first\n"
        "  available  899.99  yours to use\n"
        "  held       100.00  set aside for open sessions; what they do not use comes back\n"
        "  vesting      0.00  earned by sharing; yours to use once it is confirmed\n"
        "  pending    10.80  for 9.0 MiB of 1 session: signed for, and not handed in yet\n"
    )


def test_more_than_the_ticket_covers_is_not_pending(
    books: Books, central: CentralDaemon, worldvpn: Command
) -> None:
    central.answers[ReceiptsShow] = Shelf(kept(2, Role.NODE, 60))
    assert worldvpn("wallet", "--json").json["pending"]["bytes"] == 128 * MIB
    assert books.settled == {}


def test_what_the_guest_has_not_signed_is_not_pending(
    books: Books, central: CentralDaemon, worldvpn: Command
) -> None:
    central.answers[ReceiptsShow] = Shelf(kept(2, Role.NODE, answered=False))
    assert worldvpn("wallet", "--json").json["pending"] == {"sessions": 1, "bytes": 0, "ticks": 0}
    assert books.settled == {}


def test_wallet_without_the_server_is_the_last_known_and_pending_is_at_most(
    books: Books, central: CentralDaemon, worldvpn: Command
) -> None:
    offline = raising(CentralOfflineError("nobody answers"))
    central.answers |= dict.fromkeys((WalletBalance, WalletEarned, WalletSettled), offline)
    central.tell(account={"balance": BALANCE})
    out = worldvpn("wallet").out.splitlines()
    answer = worldvpn("earnings", "--json").json
    assert out[0] == "The central server is out of reach: this is what was known last."
    assert "  pending    at most 10.80  for 9.0 MiB of 1 session" in out[-1]
    assert (answer["balance"], answer["today"], answer["is_current"]) == (BALANCE, None, False)
    assert books.settled == {}


def test_wallet_says_where_nothing_is_pending_and_where_it_is_not_known(
    books: Books, central: CentralDaemon, worldvpn: Command
) -> None:
    central.answers[ReceiptsShow] = Shelf()
    assert worldvpn("wallet").out.splitlines()[-1] == (
        "  pending    0.00  nothing waits to be handed in"
    )
    central.answers[ReceiptsShow] = raising(ReceiptsError("sign in"))
    assert worldvpn("wallet").out.splitlines()[-1].startswith("  pending    not known")
    assert worldvpn("wallet", "--json").json["pending"] is None
    assert books.settled == {}


def test_refusal_is_no_balance(central: CentralDaemon, worldvpn: Command) -> None:
    central.refuse(CentralRefusedError("not you"))
    assert worldvpn("wallet").code == worldvpn("earnings").code == Exit.FAILED
