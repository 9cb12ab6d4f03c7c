"""Credit is used up to its end by one tunnel; then the host is blocked and told the ways on."""

from __future__ import annotations

import time

import pytest

from tests.e2e.rig import Rig
from tests.e2e.test_receipts import Purse, iperf
from tests.e2e.town import Town, connect, wait_until
from worldvpn_app.cli.exits import CommandError
from worldvpn_core.credit.units import CREDIT_TICKS, MEBIBYTE, PRICE_TICKS
from worldvpn_lab.daemon import Daemon, is_in
from worldvpn_lab.demo.network import reaching, through_nodes
from worldvpn_lab.map import PLACES

pytestmark = pytest.mark.netns

#: What an account begins with pays for this much, on 50 Mbit/s for 17 s.
CREDIT_BYTES = 100 * MEBIBYTE
USED_UP_S = 60.0
_STARTING_TICKS = 100 * CREDIT_TICKS


def most_carried(daemon: Daemon) -> int:
    """Return what the one session has carried by the time that the tunnel falls."""
    most, deadline_s = 0, time.monotonic() + USED_UP_S
    while (seen := daemon.status())["tunnel"]["state"] == "connected":
        assert time.monotonic() < deadline_s, seen
        if seen["session"] is not None and (counted := seen["session"].get("carried")):
            most = max(most, counted["up_bytes"] + counted["down_bytes"])
        time.sleep(0.1)
    return most


def is_settled(daemon: Daemon, at_least_ticks: int) -> bool:
    """Say whether nothing is held any more, and so much at least was paid."""
    try:
        purse = Purse.of(daemon)
    except CommandError:
        # Blocked, the server is asked again only after a while.
        return False
    # A byte that the guest alone has counted stays held for the node's word on it.
    return purse.held < CREDIT_TICKS and _STARTING_TICKS - purse.spendable >= at_least_ticks


def test_who_has_used_all_credit_is_blocked_and_told_the_three_ways_on(
    rig: Rig, town: Town
) -> None:
    with town.guest(rig, "poor") as guest:
        connect(guest, "fastest")
        with iperf(rig.world, str(PLACES.page)):
            argv = ["iperf3", "-c", str(PLACES.page), "-R", "-t", "60"]
            with rig.world.spawn("client", argv):
                used = most_carried(guest)
                seen = guest.until(is_in("blocked"))
        rig.witness.from_now(reaching(through_nodes()))
        assert rig.fire() == set()
        assert rig.leaks() == ()

        assert CREDIT_BYTES * 8 // 10 < used <= CREDIT_BYTES
        cause = seen["tunnel"]["cause"]
        assert cause is not None
        assert (cause["code"], cause["retryable"]) == ("out-of-credit", False)
        assert all(way in cause["detail"] for way in ("share on", "disconnect", "connect"))

        guest.disconnect()
        wait_until(lambda: is_settled(guest, used * PRICE_TICKS))
