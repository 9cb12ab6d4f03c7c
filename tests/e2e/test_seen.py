"""What is seen of a user at a real node: by the user, by its owner, and by nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.rig import Rig
from tests.e2e.town import Town, connect, role_of
from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_lab.daemon import Daemon

pytestmark = pytest.mark.netns


def asked(daemon: Daemon, method: str, **params: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(daemon.call(method, **params)["json"])
    return found


def test_user_sees_what_the_owner_of_the_node_sees_of_them(rig: Rig, town: Town) -> None:
    with town.guest(rig, "ilse") as daemon:
        before = asked(daemon, "privacy.show")
        seen = connect(daemon, "fastest")
        session = seen["session"]
        assert session is not None
        mine = asked(daemon, "privacy.show")
        theirs = asked(town.nodes[role_of(seen)], "privacy.show")
        strangers = [
            asked(other, "privacy.show")["guests"]
            for role, other in town.nodes.items()
            if role != role_of(seen)
        ]

        assert (before["now"], before["shown"], before["guests"]) == ([], [], [])
        (told,), (shown,) = mine["now"], mine["shown"]
        assert told["node_id"] == shown["node_id"] == session["node_id"]
        assert told["assigned_ip"] in {
            address.partition("/")[0] for address in seen["tunnel"]["addresses"]
        }
        assert theirs["guests"] == [shown["guest"]]
        assert shown["guest"]["client_country"] == "XX"
        assert (theirs["now"], mine["guests"], strangers) == ([], [], [[]])


def test_new_user_has_earned_nothing_and_everything_is_given(rig: Rig, town: Town) -> None:
    with town.guest(rig, "jakob") as daemon:
        earned = asked(daemon, "wallet.earned", since_s=0)
        settled = asked(daemon, "wallet.settled")
        balance = asked(daemon, "wallet.balance")

        assert [earned[f"{name}_ticks"] for name in ("available", "vesting", "repaid")] == [0] * 3
        assert settled == {"sessions": []}
        assert balance["promo_ticks"] == 100 * CREDIT_TICKS
