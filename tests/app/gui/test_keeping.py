"""Settings to a file and from one, all as at first, and the account's password."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from tests.app.gui.windows import Asked, Opened, opened
from worldvpn_app.gui.account import AccountPage
from worldvpn_app.gui.keeping import Keeping
from worldvpn_app.gui.link import Refusal
from worldvpn_app.gui.password import Password
from worldvpn_app.gui.present.settings_file import exported, imported, reset
from worldvpn_app.gui.screens.replay import now
from worldvpn_app.gui.settings import SettingsPage
from worldvpn_core.declaration import as_json
from worldvpn_core.declared import DECLARED
from worldvpn_core.protocols import Protocols
from worldvpn_core.settings import CHANGEABLE, Settings
from worldvpn_core.testing.fakes import FakeLinks, FakeTransport

DEFAULTS = {name: getattr(Settings(), name) for name in CHANGEABLE}
ANSWER: Mapping[str, Any] = json.loads(
    json.dumps({"settings": DEFAULTS, "defaults": DEFAULTS, "declared": [*map(as_json, DECLARED)]})
)


def with_values(**values: object) -> Mapping[str, Any]:
    return {**ANSWER, "settings": {**ANSWER["settings"], **values}}


def a_file(**values: object) -> str:
    return json.dumps({"kind": "worldvpn-settings", "version": 1, "settings": values})


def said(widget: QWidget) -> str:
    shown = [each for each in widget.findChildren(QLabel) if each.isVisibleTo(widget)]
    return "\n".join(each.text() for each in shown)


@pytest.fixture
def asked() -> Asked:
    asked = Asked()
    asked.answers["settings.get"] = ANSWER
    asked.answers["settings.set"] = {"settings": ANSWER["settings"]}
    return asked


@pytest.fixture
def app(asked: Asked, tmp_path: Path, qtbot: QtBot) -> Iterator[Opened]:
    del qtbot
    with opened(asked, tmp_path, now) as made:
        asked.show_state("connected")
        yield made


@pytest.fixture
def keeping(app: Opened) -> Keeping:
    app.window.choose("settings")
    page = app.window.page("settings")
    assert isinstance(page, SettingsPage)
    return page.keeping


@pytest.fixture
def password(app: Opened) -> Password:
    app.window.choose("account")
    page = app.window.page("account")
    assert isinstance(page, AccountPage)
    page.shown.password.open.click()
    return page.shown.password


def press(keeping: Keeping) -> None:
    assert keeping.agreed is not None
    keeping.agreed.click()


def sent(asked: Asked, method: str) -> list[Mapping[str, object]]:
    return [params for name, params in asked.asked if name == method]


def test_what_was_saved_changes_nothing_when_it_is_taken_back() -> None:
    plan = imported(exported(ANSWER), ANSWER)
    assert (plan.changes, plan.left_out) == ({}, ())


def test_what_a_file_would_change_is_said_in_words() -> None:
    plan = imported(a_file(allow_lan=True, share_rate_mbps=20, auto_connect="@fastest"), ANSWER)
    assert plan.lines == (
        "Local network: Off becomes On",
        "Rate for guests: No limit becomes 20\u00a0Mbit/s",
        "Connect by itself: Off becomes Fastest node",
    )
    assert plan.consequence == ""


def test_a_protocol_goes_to_a_file_and_comes_back_by_its_name() -> None:
    protocols = Protocols.among([FakeTransport(FakeLinks())])
    answer = {**with_values(protocol="fake"), "declared": [*map(as_json, protocols.declared(None))]}
    assert json.loads(exported(answer))["settings"]["protocol"] == "fake"
    assert imported(exported(answer), answer).changes == {}
    there = imported(a_file(protocol=None), answer)
    assert (dict(there.changes), there.lines) == (
        {"protocol": None},
        ("Protocol: Fake becomes Automatic",),
    )
    elsewhere = imported(a_file(protocol="masque"), answer)
    assert elsewhere.lines == ("Protocol: Fake becomes masque",)


def test_a_file_that_gives_protection_up_says_so() -> None:
    plan = imported(a_file(kill_switch=False), ANSWER)
    assert plan.consequence.startswith("Without the kill switch your traffic leaves unprotected")


def test_what_the_daemon_does_not_know_is_left_out_by_name() -> None:
    plan = imported(a_file(allow_lan=True, owner_uid=0, **{"\u202eevil": 1}), ANSWER)
    assert dict(plan.changes) == {"allow_lan": True}
    assert plan.left_out == ("owner_uid", " evil")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "null", '{"kind": "worldvpn-settings", "version": 2}', "[" * 100_000],
)
def test_what_is_no_file_of_settings_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"^That (is no file|file is of a newer)"):
        imported(text, ANSWER)


def test_reset_changes_what_differs_from_the_first_values() -> None:
    plan = reset(with_values(lockdown=True, share_guests=3))
    assert plan is not None
    assert dict(plan.changes) == {"lockdown": False, "share_guests": 16}


def test_a_daemon_that_does_not_tell_first_values_is_not_guessed_for() -> None:
    told = {name: value for name, value in ANSWER.items() if name != "defaults"}
    assert reset(told) is None


def test_a_file_is_taken_only_once_its_changes_were_agreed_to(
    keeping: Keeping, asked: Asked, tmp_path: Path
) -> None:
    file = tmp_path / "settings.json"
    file.write_text(a_file(allow_lan=True, kill_switch=False))
    keeping.read_from(file)
    assert "Local network: Off becomes On" in said(keeping)
    assert sent(asked, "settings.set") == []
    press(keeping)
    changes = {"allow_lan": True, "kill_switch": False}
    assert sent(asked, "settings.set") == [{"changes": changes, "confirm": True}]
    assert keeping.answer.text() == "Changed."


def test_what_was_not_agreed_to_is_not_sent_later(
    keeping: Keeping, asked: Asked, tmp_path: Path
) -> None:
    file = tmp_path / "settings.json"
    file.write_text(a_file(allow_lan=True))
    keeping.read_from(file)
    file.write_text("no settings")
    keeping.read_from(file)
    assert keeping.answer.text() == "That is no file of WorldVPN settings."
    keeping.agree()
    assert sent(asked, "settings.set") == []


def test_a_huge_file_is_not_read(keeping: Keeping, tmp_path: Path) -> None:
    file = tmp_path / "huge.json"
    file.write_bytes(b" " * 300_000)
    keeping.read_from(file)
    assert keeping.answer.text() == "That is no file of WorldVPN settings."


def test_the_saved_file_is_its_owners_alone(keeping: Keeping, tmp_path: Path) -> None:
    keeping.save_to(tmp_path / "out.json", exported(ANSWER))
    assert (tmp_path / "out.json").stat().st_mode & 0o777 == 0o600
    assert keeping.answer.text() == "Saved as out.json."
    keeping.save_to(tmp_path / "no" / "out.json", "")
    assert keeping.answer.text() == "out.json cannot be written: No such file or directory."


def test_all_as_at_first_is_asked_about(keeping: Keeping, asked: Asked) -> None:
    asked.answers["settings.get"] = with_values(allow_lan=True)
    keeping.reset.click()
    assert "Local network: On becomes Off" in said(keeping)
    press(keeping)
    assert sent(asked, "settings.set") == [{"changes": {"allow_lan": False}, "confirm": False}]


def test_a_password_is_replaced_by_who_knows_the_present_one(
    password: Password, asked: Asked
) -> None:
    asked.answers["account.password"] = {}
    password.old.edit.setText("quiet-old-heron")
    password.new.edit.setText("short")
    assert not password.go.isEnabled()
    assert "At least 10 characters" in password.new.wrong.text()
    password.new.edit.setText("quiet-new-heron-41")
    password.go.click()
    assert sent(asked, "account.password") == [
        {"old_password": "quiet-old-heron", "new_password": "quiet-new-heron-41"}
    ]
    assert password.answer.text() == "The password is changed."
    assert (password.old.text(), password.new.text()) == ("", "")


def test_a_password_is_told_to_roots_daemon_only(password: Password, asked: Asked) -> None:
    asked.listener_uid = 1_000
    password.old.edit.setText("quiet-old-heron")
    password.new.edit.setText("quiet-new-heron-41")
    password.go.click()
    assert sent(asked, "account.password") == []
    assert password.answer.isVisibleTo(password)


def test_why_a_password_was_refused_is_said_where_it_is_typed(
    password: Password, asked: Asked
) -> None:
    asked.refusals["account.password"] = Refusal(
        code="config", message="password: it is on every list"
    )
    password.old.edit.setText("quiet-old-heron")
    password.new.edit.setText("quiet-new-heron-41")
    password.go.click()
    assert password.new.wrong.text() == "It is on every list."
    assert password.go.isEnabled()
