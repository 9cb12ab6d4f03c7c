"""The wallet: buckets stay apart, every line is there, and what is exported is only text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.app.central_daemon import BALANCE, CentralDaemon, an_entry
from tests.app.gui.windows import opened
from worldvpn_app.cli.snapshot import Balance
from worldvpn_app.gui.present.figures import credit
from worldvpn_app.gui.present.wallet import (
    Show,
    as_csv,
    balance,
    by_day,
    earned,
    entry_of,
    line,
    spent,
)
from worldvpn_app.gui.wallet import WalletPage
from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_core.errors import SignedOutError

NOW = datetime(2026, 1, 2, 15, 0, tzinfo=UTC)
EARNED = entry_of(an_entry(1, "earn", vesting_ticks=212 * CREDIT_TICKS))
SPENT = entry_of(an_entry(2, "spend", ticks=-386 * CREDIT_TICKS))
VESTED = entry_of(an_entry(6, "vest", ticks=212 * CREDIT_TICKS, vesting_ticks=-212 * CREDIT_TICKS))
HELD = entry_of(an_entry(3, "hold", held_ticks=188 * CREDIT_TICKS))


def test_what_was_used_and_settled_late_is_spent_and_nothing_earned() -> None:
    late = entry_of(an_entry(7, "late", ticks=-5 * CREDIT_TICKS, held_ticks=-5 * CREDIT_TICKS))
    month = NOW - timedelta(days=30)
    assert (earned((late,), month), spent((late,), month)) == (0, -5 * CREDIT_TICKS)
    assert (late.is_shown(Show.EARNED), late.is_shown(Show.SPENT)) == (False, True)
    (day,) = by_day((late,), NOW, 1)
    assert (day.earned, day.spent) == (0.0, 5.0)


def test_what_vests_is_no_part_of_the_balance() -> None:
    found: Balance = {
        "credits": 18_092,
        "promo_ticks": 2_000 * CREDIT_TICKS,
        "available_ticks": 15_904 * CREDIT_TICKS,
        "held_ticks": 188 * CREDIT_TICKS,
        "vesting_ticks": 1_406 * CREDIT_TICKS,
        "debt_ticks": 0,
    }
    view = balance(found)
    assert view.total == "18,092"
    assert [figure for _, figure, _ in view.parts] == ["15,904", "2,000", "188"]
    assert sum(share for _, _, share in view.parts) == pytest.approx(1.0)
    assert (view.vesting, view.debt) == ("1,406", "")
    assert balance({**found, "debt_ticks": 120 * CREDIT_TICKS}).debt == "Debt 120, repaid first"


def test_a_figure_carries_its_sign_and_minus_is_a_minus() -> None:
    assert [line(EARNED, NOW).figure, line(SPENT, NOW).figure] == ["+212.00", "\u2212386.00"]
    assert line(HELD, NOW).figure == "\u2212188.00"
    assert line(EARNED, NOW).aside == "Vesting"


@pytest.mark.parametrize(
    ("show", "kinds"),
    [
        (Show.ALL, ["earn", "spend", "hold"]),
        (Show.EARNED, ["earn"]),
        (Show.SPENT, ["spend"]),
        (Show.HELD, ["hold"]),
        (Show.GIVEN, []),
    ],
)
def test_lines_are_filtered_by_what_they_are(show: Show, kinds: list[str]) -> None:
    assert [each.kind for each in (EARNED, SPENT, HELD) if each.is_shown(show)] == kinds


def test_each_day_has_its_own_bar_and_older_ones_none() -> None:
    old = entry_of(an_entry(4, "earn", ticks=CREDIT_TICKS, created_at="2025-11-01T00:00:00+00:00"))
    days = by_day((EARNED, VESTED, SPENT, HELD, old), NOW, 7)
    assert len(days) == 7
    assert (days[-1].on, days[-1].earned, days[-1].spent) == (NOW.date(), 212.0, 386.0)
    assert sum(day.earned for day in days) == 212.0
    month = NOW - timedelta(days=30)
    assert credit(earned((EARNED, VESTED, old), month), signed=True) == "+212.00"
    assert credit(spent((EARNED, SPENT), month), signed=True) == "\u2212386.00"


def test_a_note_is_no_formula_in_a_spreadsheet() -> None:
    hostile = entry_of(an_entry(5, "grant", ticks=CREDIT_TICKS, note='=HYPERLINK("x")'))
    head, row = as_csv([hostile]).splitlines()
    assert head.startswith("when,kind,credits")
    assert "'=HYPERLINK" in row
    assert ",1.00," in row


def test_the_page_shows_every_line_and_saves_them(
    central: CentralDaemon, tmp_path: Path, qtbot: QtBot
) -> None:
    central.entries = [an_entry(number, "spend", ticks=-CREDIT_TICKS) for number in range(450)]
    with opened(central.path, tmp_path) as app:
        qtbot.waitUntil(lambda: app.context.link.snapshot is not None)
        app.window.choose("wallet")
        page = app.window.page("wallet")
        assert isinstance(page, WalletPage)
        qtbot.waitUntil(lambda: page.history.count.text() == "1 to 10 of 450")
        assert page.balance.total.text() == f"{BALANCE['credits']:,}"
        page.history.older.click()
        assert page.history.count.text() == "11 to 20 of 450"
        page.save_to(tmp_path / "credits.csv")
    assert len((tmp_path / "credits.csv").read_text().splitlines()) == 451


def test_whoever_is_signed_out_sees_no_figures_but_the_way_in(
    central: CentralDaemon, tmp_path: Path, qtbot: QtBot
) -> None:
    central.refuse(SignedOutError("nobody is signed in"))
    with opened(central.path, tmp_path) as app:
        qtbot.waitUntil(lambda: app.context.link.snapshot is not None)
        app.window.choose("wallet")
        page = app.window.page("wallet")
        assert isinstance(page, WalletPage)
        qtbot.waitUntil(page.offer.isVisible)
        assert not page.balance.isVisible()
        page.offer.click()
        assert app.window.chosen == "account"
