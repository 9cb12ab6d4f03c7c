"""``worldvpn balance`` and ``history``: where credit lies, what changed it, exact in JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.app.central_daemon import BALANCE, CentralDaemon, Watching, an_entry
from tests.app.command import Command
from worldvpn_app.cli.exits import Exit
from worldvpn_app.cli.wording import credit
from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_core.ipc.account import WalletHistory


def told(balance: dict[str, int] | None) -> dict[str, object]:
    """Return the snapshot's part that tells of ``balance``."""
    return {
        "server": "https://vpn.example",
        "reach": "online",
        "detail": "",
        "signed_in": True,
        "username": "ada",
        "balance": balance,
    }


def test_balance_says_where_it_lies_and_what_that_means(
    central: CentralDaemon, worldvpn: Command
) -> None:
    assert worldvpn("balance").out == (
        "1,500 credits; each carries 1 MiB.\n"
        "  promo      500.00  given to begin with; used first\n"
        "  available  899.99  yours to use\n"
        "  held       100.00  set aside for open sessions; what they do not use comes back\n"
        "  vesting      0.00  earned by sharing; yours to use once it is confirmed\n"
    )
    central.balance = {**BALANCE, "debt_ticks": 3 * CREDIT_TICKS // 2}
    assert "\n  debt         1.50  owed; what you earn pays it first\n" in worldvpn("balance").out


def test_balance_in_json_is_exact(central: CentralDaemon, worldvpn: Command) -> None:
    assert worldvpn("balance", "--json").json == central.balance


def test_watched_balance_is_a_line_for_each_change(
    central: CentralDaemon, env: dict[str, str]
) -> None:
    watching = Watching(central.path, "balance", "--watch", env=env)
    first = watching.line()
    central.tell(account=told(BALANCE))
    central.tell(account=told(None))
    central.show(received_bytes=1)
    central.tell(account=told({**BALANCE, "held_ticks": 0}))
    second = watching.line()

    assert first.endswith(" 1,399.99 to use, 100.00 held\n")
    assert second.endswith(" 1,399.99 to use, 0.00 held\n")
    assert watching.interrupt() == (Exit.INTERRUPTED, "")


def test_watched_balance_in_json_is_an_object_for_each_change(
    central: CentralDaemon, env: dict[str, str]
) -> None:
    watching = Watching(central.path, "balance", "--watch", "--json", env=env)
    first = json.loads(watching.line())
    central.tell(account=told({**BALANCE, "credits": 7}))
    second = json.loads(watching.line())

    assert (first, second) == (BALANCE, {**BALANCE, "credits": 7})
    assert watching.interrupt() == (Exit.INTERRUPTED, "")


def test_watch_of_the_balance_outlives_a_restart(
    central: CentralDaemon, env: dict[str, str]
) -> None:
    watching = Watching(central.path, "balance", "--watch", "--json", env=env)
    first = json.loads(watching.line())
    central.restart()
    second = json.loads(watching.line())
    code, err = watching.interrupt()

    assert first == second == BALANCE
    assert (code, err) == (Exit.INTERRUPTED, "")


def test_history_says_what_changed_and_why(central: CentralDaemon, worldvpn: Command) -> None:
    central.entries = [
        an_entry(3, "earn", ticks=0, vesting_ticks=6_000_000, note="session 7"),
        an_entry(2, "hold", held_ticks=64 * CREDIT_TICKS),
        an_entry(1, "spend", ticks=-CREDIT_TICKS // 2, held_ticks=-CREDIT_TICKS // 2),
        an_entry(0, "unheard of", ticks=1_500 * CREDIT_TICKS),
    ]
    lines = worldvpn("history").out.splitlines()

    assert [line[18:] for line in lines[1:]] == [
        "     0.00          earned by sharing (+1.14 vesting)  session 7",
        "     0.00  +64.00  set aside for a session",
        "    -0.50   -0.50  used",
        "+1,500.00          unheard of",
    ]
    answer = worldvpn("history", "--json").json
    assert answer == {"entries": central.entries, "next": None}


def test_history_goes_back_page_by_page(central: CentralDaemon, worldvpn: Command) -> None:
    central.entries = [an_entry(number, "spend") for number in range(450)]
    answer = worldvpn("history", "--limit", "300", "--json").json
    whole = worldvpn("history", "--limit", "1000", "--json").json

    assert answer["entries"] == central.entries[:300]
    assert answer["next"] == central.entries[299]["id"]
    assert (whole["entries"], whole["next"]) == (central.entries, None)
    assert central.asked(WalletHistory)[:2] == [
        WalletHistory(limit=200),
        WalletHistory(before=str(central.entries[199]["id"]), limit=100),
    ]


def test_history_of_nothing_says_so(central: CentralDaemon, worldvpn: Command) -> None:
    assert central.entries == []
    assert worldvpn("history").out == "Nothing was booked yet.\n"


@pytest.mark.parametrize("limit", ["0", "-1", "100001", "x"])
def test_history_of_no_length_is_not_asked(
    central: CentralDaemon, worldvpn: Command, limit: str
) -> None:
    assert worldvpn("history", "--limit", limit).code == Exit.USAGE
    assert central.requests == []


@pytest.mark.parametrize(
    ("ticks", "words"),
    [
        (0, "0.00"),
        (1, "0.00"),
        (CREDIT_TICKS - 1, "0.99"),
        (CREDIT_TICKS, "1.00"),
        (1_234_567 * CREDIT_TICKS, "1,234,567.00"),
        (-1, "-0.01"),
        (-CREDIT_TICKS, "-1.00"),
    ],
)
def test_credit_is_shown_to_the_hundredth(ticks: int, words: str) -> None:
    assert credit(ticks) == words


@given(st.integers(-(2**62), 2**62))
def test_never_more_credit_is_shown_than_is_there(ticks: int) -> None:
    hundredths = int(credit(ticks).replace(",", "").replace(".", ""))
    assert 0 <= ticks * 100 - hundredths * CREDIT_TICKS < CREDIT_TICKS
