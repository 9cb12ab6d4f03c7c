"""Settings are drawn from what the daemon declares, known to the app or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.app.fake_daemon import FakeDaemon
from tests.app.gui.windows import Opened, opened
from tests.core.offers import Masque
from worldvpn_app.gui.editors import Number
from worldvpn_app.gui.present.settings import matching, ports, sections
from worldvpn_app.gui.settings import SettingsPage
from worldvpn_app.gui.widgets.combo import Combo
from worldvpn_app.gui.widgets.controls import Segmented, Toggle
from worldvpn_core.declaration import as_json
from worldvpn_core.declared import DECLARED
from worldvpn_core.errors import ConfigError
from worldvpn_core.ipc.messages import SettingsGet, SettingsSet
from worldvpn_core.protocols import Protocols
from worldvpn_core.settings import CHANGEABLE, Settings
from worldvpn_core.testing.fakes import FakeLinks, FakeTransport

VALUES = {name: getattr(Settings(), name) for name in CHANGEABLE}
FOREIGN = {
    "name": "node_watch",
    "section": "plugins",
    "kind": "colour wheel",
    "label": "Warn when a node changes country",
    "help": "Sees news about your tunnel.",
}
PROTOCOLS = Protocols.among([FakeTransport(FakeLinks()), Masque(FakeLinks())])
ANSWER: Mapping[str, object] = {
    "settings": {**VALUES, "node_watch": "teal"},
    "declared": [*map(as_json, PROTOCOLS.declared(None)), FOREIGN],
}


@pytest.fixture
def app(daemon: FakeDaemon, tmp_path: Path, qtbot: QtBot) -> Iterator[Opened]:
    daemon.answers[SettingsGet] = lambda _: ANSWER
    with opened(daemon.path, tmp_path) as made:
        qtbot.waitUntil(lambda: made.context.link.snapshot is not None)
        made.window.choose("settings")
        yield made


@pytest.fixture
def page(app: Opened, qtbot: QtBot) -> SettingsPage:
    page = app.window.page("settings")
    assert isinstance(page, SettingsPage)
    qtbot.waitUntil(lambda: bool(page.findChildren(Number)))
    return page


def toggle(page: SettingsPage, name: str) -> Toggle:
    shown = [each for each in page.findChildren(Toggle) if each.isVisibleTo(page)]
    return next(each for each in shown if each.accessibleName() == name)


def words(page: SettingsPage) -> str:
    return "\n".join(each.text() for each in page.findChildren(QLabel))


def sent(daemon: FakeDaemon) -> list[SettingsSet]:
    return [each for each in daemon.requests if isinstance(each, SettingsSet)]


def test_every_declared_setting_has_a_row_and_an_unknown_kind_is_only_shown(
    page: SettingsPage,
) -> None:
    text = words(page)
    assert [one.label for one in DECLARED if one.label not in text] == []
    assert "Warn when a node changes country" in text
    assert "teal" in text
    assert "This app is older than the service." in text


def test_a_switch_is_sent_at_once(daemon: FakeDaemon, page: SettingsPage, qtbot: QtBot) -> None:
    toggle(page, "Local network").click()
    qtbot.waitUntil(lambda: bool(sent(daemon)))
    assert sent(daemon) == [SettingsSet(changes={"allow_lan": True})]


def test_giving_up_protection_asks_once_and_says_what_it_costs(
    daemon: FakeDaemon, page: SettingsPage, qtbot: QtBot
) -> None:
    toggle(page, "Kill switch").click()
    assert "Without the kill switch your traffic leaves unprotected" in words(page)
    assert sent(daemon) == []
    page.give_up.click()
    qtbot.waitUntil(lambda: bool(sent(daemon)))
    assert sent(daemon) == [SettingsSet(changes={"kill_switch": False}, confirm=True)]


def test_a_refusal_is_said_in_its_row(daemon: FakeDaemon, page: SettingsPage, qtbot: QtBot) -> None:
    daemon.refuses = ConfigError("lockdown needs the kill switch")
    toggle(page, "Lockdown").click()
    qtbot.waitUntil(lambda: "Lockdown needs the kill switch." in words(page))
    assert not toggle(page, "Lockdown").isChecked()


def test_a_destination_is_chosen_among_profiles_and_places(
    daemon: FakeDaemon, page: SettingsPage, qtbot: QtBot
) -> None:
    combo = next(
        each
        for each in page.findChildren(Combo)
        if each.accessibleName() == "Connect by itself" and each.isVisibleTo(page)
    )
    assert [combo.itemData(place) for place in range(3)] == [None, "@fastest", "home"]
    combo.setCurrentIndex(1)
    combo.activated.emit(1)
    qtbot.waitUntil(lambda: bool(sent(daemon)))
    assert sent(daemon)[0].changes == {"auto_connect": "@fastest"}


def protocols(page: SettingsPage) -> Combo:
    combos = [each for each in page.findChildren(Combo) if each.isVisibleTo(page)]
    return next(each for each in combos if each.accessibleName() == "Protocol")


def test_a_protocol_is_chosen_among_those_that_the_daemon_has(
    daemon: FakeDaemon, page: SettingsPage, qtbot: QtBot
) -> None:
    combo = protocols(page)
    named = [(combo.itemText(each), combo.itemData(each)) for each in range(combo.count())]
    assert named == [("Automatic", None), ("Fake", "fake"), ("MASQUE", "masque")]
    assert combo.currentText() == "Automatic"
    assert "from the next connection on" in words(page)
    combo.activated.emit(2)
    qtbot.waitUntil(lambda: bool(sent(daemon)))
    assert sent(daemon) == [SettingsSet(changes={"protocol": "masque"})]


def test_a_protocol_whose_plugin_is_gone_is_shown_and_its_refusal_said(
    daemon: FakeDaemon, page: SettingsPage, qtbot: QtBot
) -> None:
    values, here = {**VALUES, "protocol": "trojan"}, PROTOCOLS.declared("trojan")
    daemon.answers[SettingsGet] = lambda _: {"settings": values, "declared": [*map(as_json, here)]}
    page.refresh()
    qtbot.waitUntil(lambda: protocols(page).currentText() == "trojan (not installed)")
    with pytest.raises(ConfigError) as refusal:
        PROTOCOLS.check("trojan")
    daemon.refuses = refusal.value
    combo = protocols(page)
    combo.activated.emit(combo.currentIndex())
    qtbot.waitUntil(lambda: "choose none (automatic) or fake or masque." in words(page))


def test_searching_leaves_what_fits(page: SettingsPage) -> None:
    page.finder.setText("printers")
    assert [each.accessibleName() for each in page.findChildren(Toggle) if each.isVisible()] == [
        "Local network"
    ]


def test_a_theme_is_asked_for(app: Opened, page: SettingsPage) -> None:
    next(iter(page.findChildren(Segmented))).chosen.emit("light")
    assert app.themes == ["light"]


def test_sections_keep_the_daemons_order_and_search_finds_words_of_both_lines() -> None:
    found = sections(ANSWER)
    assert [each.name for each in found] == ["protection", "connection", "sharing", "plugins"]
    kept = matching(found, "internet disconnected")
    assert [setting.name for each in kept for setting in each.settings] == ["lockdown"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("25, 465", [25, 465]),
        ("80 443", [80, 443]),
        ("0", None),
        ("65536", None),
        ("\u0663", None),
        ("http", None),
    ],
)
def test_ports_are_read_as_people_write_them(text: str, found: list[int] | None) -> None:
    assert ports(text) == found
