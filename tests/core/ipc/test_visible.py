"""An account is its owner's: a second user of the computer learns nothing of it."""

from __future__ import annotations

import pytest

from worldvpn_core.ipc.rights import Role
from worldvpn_core.ipc.visible import visible

SNAPSHOT = {
    "tunnel": {"state": "connected"},
    "session": {"node_id": "n", "country": "DE"},
    "account": {
        "server": "https://central.example",
        "reach": "online",
        "signed_in": True,
        "username": "ada",
        "balance": {"credits": 100},
    },
    "notices": [
        {"code": "credit.low", "text": "Less than 25 %"},
        {"code": "account.signed_out", "text": "signed out"},
        {"code": "kill-switch.off", "text": "unprotected"},
    ],
}


@pytest.mark.parametrize("role", [Role.ROOT, Role.OWNER])
def test_owner_and_root_see_all_of_it(role: Role) -> None:
    assert visible(SNAPSHOT, role) == SNAPSHOT


@pytest.mark.parametrize("role", [Role.GROUP, Role.OTHER])
def test_others_see_neither_name_nor_credit_nor_node(role: Role) -> None:
    seen = visible(SNAPSHOT, role)

    assert seen["tunnel"] == SNAPSHOT["tunnel"]
    assert seen["session"] is None
    assert seen["account"] == {
        "server": "https://central.example",
        "reach": "online",
        "signed_in": None,
        "username": None,
        "balance": None,
    }
    assert seen["notices"] == [{"code": "kill-switch.off", "text": "unprotected"}]


def test_others_learn_nothing_of_the_guests_and_what_they_carry() -> None:
    sharing = {"state": "serving", "carried": {"rate_bps": 1}, "people": [{}], "banned": [{}]}

    seen = visible({"sharing": sharing}, Role.GROUP)

    assert seen["sharing"] == {"state": "serving", "carried": None, "people": [], "banned": []}


def test_snapshot_without_an_account_is_seen_as_it_is() -> None:
    assert visible({"tunnel": {}}, Role.GROUP) == {"tunnel": {}}
