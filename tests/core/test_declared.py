"""A client draws settings from their declarations, so these must say what the settings take."""

from __future__ import annotations

import json

import attrs
import pytest

from worldvpn_core.declaration import Declared, Kind, as_json
from worldvpn_core.declared import DECLARED
from worldvpn_core.errors import ConfigError
from worldvpn_core.settings import Settings, changed

NUMBERS = [one for one in DECLARED if one.kind is Kind.WHOLE]
SWITCHES = [one for one in DECLARED if one.kind is Kind.SWITCH]


def _accepts(name: str, value: object) -> bool:
    try:
        changed(Settings(), {name: value}, confirm=True)
    except ConfigError:
        return False
    return True


def test_each_setting_is_declared_once_and_exists() -> None:
    names = [one.name for one in DECLARED]

    assert len(set(names)) == len(names)
    assert set(names) <= {field.name for field in attrs.fields(Settings)}


@pytest.mark.parametrize("one", NUMBERS, ids=lambda one: one.name)
def test_a_number_is_taken_to_its_declared_ends_and_no_further(one: Declared) -> None:
    assert one.least is not None
    assert one.most is not None

    taken = [_accepts(one.name, value) for value in (one.least, one.most)]
    refused = [_accepts(one.name, value) for value in (one.least - 1, one.most + 1)]

    assert (taken, refused) == ([True, True], [False, False])


@pytest.mark.parametrize("one", SWITCHES, ids=lambda one: one.name)
def test_a_switch_takes_on_and_off_and_nothing_else(one: Declared) -> None:
    assert [_accepts(one.name, value) for value in (True, False, 1, "on")] == [
        *(True, True),
        *(False, False),
    ]


def test_ports_are_taken_up_to_the_declared_number() -> None:
    assert _accepts("share_refused_ports", list(range(1, 65)))
    assert not _accepts("share_refused_ports", list(range(1, 66)))


@pytest.mark.parametrize("one", DECLARED, ids=lambda one: one.name)
def test_what_is_declared_dangerous_asks_for_confirmation_and_nothing_else_does(
    one: Declared,
) -> None:
    if one.danger is not None:
        change = {one.name: one.danger.value}
        with pytest.raises(ConfigError, match=one.danger.consequence):
            changed(Settings(), change, confirm=False)
        assert getattr(changed(Settings(), change, confirm=True), one.name) is one.danger.value
    else:
        kept = getattr(Settings(), one.name)
        assert changed(Settings(), {one.name: kept}, confirm=False) == Settings()


@pytest.mark.parametrize("one", DECLARED, ids=lambda one: one.name)
def test_each_says_in_json_what_a_client_needs_to_draw_it(one: Declared) -> None:
    told = json.loads(json.dumps(as_json(one)))

    assert told["name"] == one.name
    assert told["kind"] == one.kind.value
    assert told["section"] == one.section.value
    assert told["label"]
    assert told["help"].endswith(".")


def test_off_stays_in_the_json_of_a_danger_and_null_in_that_of_a_choice() -> None:
    told = {one.name: json.loads(json.dumps(as_json(one))) for one in DECLARED}

    assert told["kill_switch"]["danger"] == {
        "value": False,
        "consequence": "without the kill switch your traffic leaves unprotected whenever the "
        "tunnel falls",
    }
    assert told["auto_connect"]["choices"] == [
        {"value": None, "label": "Off"},
        {"value": "@fastest", "label": "Fastest node"},
    ]
