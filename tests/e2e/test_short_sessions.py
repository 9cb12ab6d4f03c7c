"""What sessions held that ended before anything was claimed, and whom a node has sent away."""

from __future__ import annotations

import signal

import pytest

from tests.e2e.rig import Rig
from tests.e2e.town import BACK_S, Town, connect, role_of, wait_until
from worldvpn_app.cli.exits import CommandError
from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_lab.daemon import is_connected
from worldvpn_lab.demo.settling import Purse

pytestmark = pytest.mark.netns


def test_guest_that_is_killed_before_the_first_claim_has_its_hold_back_at_its_next_start(
    rig: Rig, town: Town
) -> None:
    with town.guest(rig, "ada") as guest:
        connect(guest, "fastest")
        held = Purse.of(guest).held
        guest.program.signal(signal.SIGKILL)
        guest.program.wait(5)
        again = town.start(rig)
        again.until(lambda seen: seen["account"]["reach"] == "online", BACK_S)
        again.disconnect()
        wait_until(lambda: Purse.of(again).held < CREDIT_TICKS)
    assert held >= 10 * CREDIT_TICKS


def test_guest_that_was_sent_away_goes_on_elsewhere_until_it_is_let_back(
    rig: Rig, town: Town
) -> None:
    with town.guest(rig, "olga") as guest:
        seen = connect(guest, "fastest")
        session = seen["session"]
        assert session is not None
        role, node_id = role_of(seen), session["node_id"]
        node = town.nodes[role]
        (shown,) = node.call("share.guests")["guests"]
        node.call("share.kick", alias=shown["alias"], reason="enough")

        gone = guest.until(
            lambda now: (
                is_connected(now)
                and now["session"] is not None
                and now["session"]["node_id"] != node_id
            ),
            BACK_S,
        )
        before = refusals(town, role)
        with pytest.raises(CommandError):
            guest.call("tunnel.connect", place=node_id)

        assert role_of(gone) != role
        assert refusals(town, role) == before

        node.call("share.let_back", alias=shown["alias"])
        connect(guest, node_id)
        back = guest.until(
            lambda now: (
                is_connected(now)
                and now["session"] is not None
                and now["session"]["node_id"] == node_id
            ),
            BACK_S,
        )
        assert role_of(back) == role


def refusals(town: Town, role: str) -> int:
    """Return how often the node of ``role`` has refused a guest."""
    return town.nodes[role].log().count("a guest was refused")
