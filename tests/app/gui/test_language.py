"""The language: chosen, followed, and taken at once; figures and the daemon's words in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QLocale, QSettings, Qt
from PyQt6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from tests.app.fake_daemon import UP, FakeDaemon
from worldvpn_app.gui.language import Language, language_of, locale_of, speak, spoken
from worldvpn_app.gui.link import Link
from worldvpn_app.gui.main import App
from worldvpn_app.gui.present import figures
from worldvpn_app.gui.present.nodes import counted
from worldvpn_app.gui.present.told import told
from worldvpn_app.gui.present.view import clean
from worldvpn_core.credit.units import CREDIT_TICKS

AMERICAN, SWISS, GERMAN, NONE = (QLocale(name) for name in ("en_US", "fr_CH", "de_DE", "C"))
NOW = datetime(2026, 11, 28, 14, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wanted", "system", "language", "locale"),
    [
        (Language.SYSTEM, AMERICAN, Language.ENGLISH, "en_US"),
        (Language.SYSTEM, SWISS, Language.FRENCH, "fr_CH"),
        (Language.SYSTEM, GERMAN, Language.ENGLISH, "en_GB"),
        (Language.SYSTEM, NONE, Language.ENGLISH, "en_GB"),
        (Language.FRENCH, AMERICAN, Language.FRENCH, "fr_FR"),
        (Language.FRENCH, SWISS, Language.FRENCH, "fr_CH"),
        (Language.ENGLISH, SWISS, Language.ENGLISH, "en_GB"),
    ],
)
def test_the_desktops_language_is_followed_as_far_as_it_is_spoken(
    wanted: Language, system: QLocale, language: Language, locale: str
) -> None:
    assert spoken(wanted, system) is language
    assert locale_of(wanted, system).name() == locale


@pytest.mark.parametrize("kept", [None, "", "eo", 7])
def test_a_language_that_is_none_follows_the_desktop(kept: object) -> None:
    assert language_of(kept) is Language.SYSTEM


def test_a_language_is_taken_at_once_and_remembered(
    daemon: FakeDaemon, tmp_path: Path, qapp: QApplication, qtbot: QtBot
) -> None:
    daemon.show(**UP[-1])
    settings = QSettings(str(tmp_path / "app.ini"), QSettings.Format.IniFormat)
    settings.setValue("look/language", "en")
    link = Link(str(daemon.path))
    app = App(qapp, link, settings)
    app.window.show()
    link.open()
    qtbot.waitUntil(lambda: app.window.rail.state.text() == "Connected")
    app.window.choose("settings")

    app.set_language("fr")

    assert app.window.rail.state.text() == "Connecté"
    assert app.window.chosen == "settings"
    assert settings.value("look/language") == "fr"
    # Qt's own words, too.
    box = QMessageBox(
        QMessageBox.Icon.NoIcon, "", "", QMessageBox.StandardButton.Cancel, app.window
    )
    cancel = box.button(QMessageBox.StandardButton.Cancel)
    assert cancel is not None
    assert cancel.text() == "Annuler"

    app.set_language("en")
    assert app.window.rail.state.text() == "Connected"
    link.close()
    sip.delete(app.window)
    speak(Language.ENGLISH, qapp)


def test_english_has_english_figures() -> None:
    assert figures.whole(1_234_567) == "1,234,567"
    assert (
        figures.credit(-1_234 * CREDIT_TICKS - CREDIT_TICKS // 2, signed=True) == "\u22121,234.50"
    )
    assert figures.whole_credit(CREDIT_TICKS * 3 // 2) == "1"
    assert figures.amount(3 * 1_024**3 // 2) == "1.5\u00a0GiB"
    assert figures.moment(NOW.isoformat(), NOW) == "14:02"
    assert figures.moment(NOW.isoformat(), NOW + timedelta(days=1)) == "28/11/2026 14:02"
    assert figures.day(date(2026, 11, 28)) == "28 Nov"
    assert figures.country("DE") == "Germany"
    assert figures.span(90_061) == "1\u00a0d 1\u00a0h"
    assert (counted(1, 1), counted(2, 2), counted(1, 1_200)) == (
        "1 node",
        "2 nodes",
        "1 of 1,200 nodes",
    )


@pytest.mark.usefixtures("french")
def test_french_has_french_figures() -> None:
    assert figures.whole(1_234_567) == "1\u202f234\u202f567"
    assert figures.credit(-CREDIT_TICKS // 2, signed=True) == "\u22120,50"
    assert figures.whole_credit(CREDIT_TICKS * 3 // 2) == "1"
    assert figures.amount(3 * 1_024**3 // 2) == "1,5\u00a0Gio"
    assert figures.day(date(2026, 11, 28)) == "28 nov."
    assert figures.country("DE") == "Allemagne"
    assert figures.in_order(("ZA", "EG", "DE"), figures.country) == ["ZA", "DE", "EG"]
    assert figures.span(90_061) == "1\u00a0j 1\u00a0h"
    assert (counted(0, 0), counted(1, 1), counted(2, 2)) == ("0 nœud", "1 nœud", "2 nœuds")


def test_more_than_qt_counts_is_still_a_figure() -> None:
    assert figures.whole(10**30).startswith("9,223")
    assert counted(2**40, 2**40) == "1,099,511,627,776 nodes"


@pytest.mark.usefixtures("french")
def test_what_the_daemon_says_is_told_with_what_it_holds() -> None:
    assert told("Less than 25 % of your credit is left (12 credits): "
        "share your bandwidth to earn more.") == (
        "Il reste moins de 25\u00a0% de votre crédit (soit 12)\u00a0: "
        "partagez votre débit pour en gagner."
    )  # fmt: skip
    assert told("Nothing was changed: nobody is signed in on this computer") == (
        "Rien n\u2019a été changé\u00a0: personne n\u2019est identifié sur cet ordinateur"
    )
    assert told("9.9.9.9:53/udp is refused: no rule speaks of it (policy).") == (
        "9.9.9.9:53/udp est refusé\u00a0: aucune règle n\u2019en parle (policy)."
    )


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(
    "text", ["", "it is full moon", "Nothing was changed: {why} {0} %n", "\u202eevil", "x" * 10_000]
)
def test_what_the_daemon_says_and_the_app_does_not_know_stays_readable(text: str) -> None:
    shown = told(text)
    assert len(shown) <= 200
    assert "\u202e" not in shown
    assert "{why} {0} %n" in shown or not text.startswith("Nothing")


def test_the_way_of_writing_is_that_of_the_language(qapp: QApplication) -> None:
    assert qapp.layoutDirection() is Qt.LayoutDirection.LeftToRight


@pytest.mark.parametrize("name", ["שלום", "مرحبا", "Ada שלום"])
def test_a_name_from_right_to_left_turns_nothing_beside_it(name: str) -> None:
    assert clean(name) == f"\u2068{name}\u2069"
    assert clean(clean(name)) == clean(name)


@pytest.mark.parametrize("name", ["Ada", "Zoë", "", "東京", "198.51.100.87"])
def test_a_name_from_left_to_right_stays_as_it_is(name: str) -> None:
    assert clean(name) == name
