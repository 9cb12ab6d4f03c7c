"""Kinds of settings that are several things at once, or one of a few: drawn and changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
import pytest
from PyQt6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from tests.app.gui.windows import Asked, Opened, opened
from worldvpn_app.gui.present.settings import windows
from worldvpn_app.gui.screens.replay import now
from worldvpn_app.gui.settings import SettingsPage
from worldvpn_app.gui.widgets.combo import Combo
from worldvpn_app.gui.widgets.controls import Chip


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def app(asked: Asked, tmp_path: Path, qtbot: QtBot) -> Iterator[Opened]:
    del qtbot
    with opened(asked, tmp_path, now) as made:
        asked.show_state("connected")
        yield made


def said(page: SettingsPage) -> str:
    return "\n".join(each.text() for each in page.findChildren(QLabel))


def sent(asked: Asked, method: str) -> list[Mapping[str, object]]:
    return [params for name, params in asked.asked if name == method]


@attrs.frozen
class Kind:
    """A setting of a kind that is not in the daemon yet."""

    kind: str
    value: object
    choices: tuple[tuple[object, str], ...] = ()

    @property
    def answer(self) -> Mapping[str, object]:
        declared = {
            "name": "later",
            "section": "dns",
            "kind": self.kind,
            "label": "Later",
            "choices": [{"value": value, "label": words} for value, words in self.choices],
        }
        return {"settings": {"later": self.value}, "declared": [declared]}


def shown(app: Opened, asked: Asked, kind: Kind) -> SettingsPage:
    asked.answers["settings.get"] = kind.answer
    asked.answers["settings.set"] = {}
    app.window.choose("settings")
    page = app.window.page("settings")
    assert isinstance(page, SettingsPage)
    return page


def test_one_of_a_few_is_drawn_from_its_choices(app: Opened, asked: Asked) -> None:
    kind = Kind("choice", "auto", (("auto", "Automatic"), ("wireguard", "WireGuard")))
    page = shown(app, asked, kind)
    (combo,) = [each for each in page.findChildren(Combo) if each.accessibleName() == "Later"]
    assert combo.currentText() == "Automatic"
    combo.activated.emit(1)
    assert sent(asked, "settings.set") == [{"changes": {"later": "wireguard"}, "confirm": False}]


def test_a_value_that_is_none_of_the_choices_is_shown_as_it_is(app: Opened, asked: Asked) -> None:
    page = shown(app, asked, Kind("choice", "tor", (("auto", "Automatic"),)))
    (combo,) = [each for each in page.findChildren(Combo) if each.accessibleName() == "Later"]
    assert combo.currentText() == "tor"


def test_some_of_a_few_are_chips(app: Opened, asked: Asked) -> None:
    kind = Kind("classes", ["p2p"], (("web", "Web"), ("p2p", "File sharing")))
    page = shown(app, asked, kind)
    chips = {each.text(): each for each in page.findChildren(Chip)}
    assert (chips["Web"].isChecked(), chips["File sharing"].isChecked()) == (False, True)
    chips["Web"].click()
    assert sent(asked, "settings.set") == [{"changes": {"later": ["web", "p2p"]}, "confirm": False}]


def test_hours_are_written_and_what_is_none_is_said(app: Opened, asked: Asked) -> None:
    page = shown(app, asked, Kind("windows", ["mon-fri 08:00-22:00"]))
    (edit,) = [each for each in page.findChildren(QLineEdit) if each.accessibleName() == "Later"]
    assert edit.text() == "mon-fri 08:00-22:00"
    edit.setText("Mon-Fri 09:00-22:00;  sat 10:00-02:00 ;")
    edit.editingFinished.emit()
    wanted = ["mon-fri 09:00-22:00", "sat 10:00-02:00"]
    assert sent(asked, "settings.set") == [{"changes": {"later": wanted}, "confirm": False}]
    edit.setText("whenever")
    edit.editingFinished.emit()
    assert "Write hours as mon-fri 08:00-22:00; sat 10:00-02:00." in said(page)


def test_addresses_are_written_and_what_is_none_is_said(app: Opened, asked: Asked) -> None:
    page = shown(app, asked, Kind("addresses", ["9.9.9.9"]))
    (edit,) = [each for each in page.findChildren(QLineEdit) if each.accessibleName() == "Later"]
    assert edit.text() == "9.9.9.9"
    edit.setText("9.9.9.9,  2620:FE::9")
    edit.editingFinished.emit()
    wanted = ["9.9.9.9", "2620:fe::9"]
    assert sent(asked, "settings.set") == [{"changes": {"later": wanted}, "confirm": False}]
    edit.setText("dns.example")
    edit.editingFinished.emit()
    assert "Write addresses as 9.9.9.9, 2620:fe::9." in said(page)


def test_no_hours_are_always() -> None:
    assert windows("") == []
    assert windows("daily 08:00-22:00") == ["daily 08:00-22:00"]
    assert windows("mon 8-22") is None


def test_a_time_zone_is_chosen_among_those_of_the_system(app: Opened, asked: Asked) -> None:
    page = shown(app, asked, Kind("zone", "Europe/Lisbon", ((None, "This computer's"),)))
    (combo,) = [each for each in page.findChildren(Combo) if each.accessibleName() == "Later"]
    assert combo.currentText() == "Europe/Lisbon"
    assert combo.findData("America/Argentina/Ushuaia") > 0
    assert combo.itemText(0) == "This computer's"
