"""Credit is used up to its end; then the host is blocked and told the ways on."""

from __future__ import annotations

import sys
from contextlib import ExitStack

import pytest

from tests.e2e.rig import Rig
from tests.e2e.test_receipts import iperf
from tests.e2e.town import Town, connect, wait_until
from worldvpn_app.cli.exits import CommandError
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_core.credit.units import CREDIT_TICKS, MEBIBYTE
from worldvpn_lab.daemon import Daemon, is_in
from worldvpn_lab.demo.network import reaching, through_nodes
from worldvpn_lab.demo.settling import Purse
from worldvpn_lab.map import PLACES

pytestmark = pytest.mark.netns

#: A first ticket is for half of what an account begins with.
HALF_BYTES = 50 * MEBIBYTE
#: All of it lasts for 17 s.
USED_UP_S = 60.0
#: A download stands still with its tunnel, and so does its server: the next is from another.
_PORTS = (5_201, 5_202, 5_203, 5_204)
_DOWNLOADS = f"""
import subprocess, time
for port in {_PORTS}:
    ran_s = 0
    while ran_s < 2:
        began_s = time.monotonic()
        argv = ["timeout", "20", "iperf3", "-c", "{PLACES.page}", "-p", str(port)]
        subprocess.run([*argv, "-R", "-t", "60", "--connect-timeout", "1000"])
        ran_s = time.monotonic() - began_s
        time.sleep(0.2)
"""


def _cap(seen: Snapshot) -> int:
    return 0 if seen["session"] is None else int(seen["session"]["cap_bytes"])


def is_over(seen: Snapshot) -> bool:
    """Say whether the host is blocked for good."""
    cause = seen["tunnel"]["cause"]
    return is_in("blocked")(seen) and cause is not None and not cause["retryable"]


def is_spent(daemon: Daemon) -> bool:
    """Say whether nothing is held any more, and less is left than a session takes."""
    try:
        purse = Purse.of(daemon)
    except CommandError:
        # Blocked, the server is asked again only after a while.
        return False
    # A byte that the guest alone has counted stays held for the node's word on it.
    return purse.held < CREDIT_TICKS and purse.spendable < 10 * CREDIT_TICKS


def test_who_has_used_all_credit_is_blocked_and_told_the_three_ways_on(
    rig: Rig, town: Town
) -> None:
    with town.guest(rig, "poor") as guest:
        connect(guest, "fastest")
        with ExitStack() as stack:
            for port in _PORTS:
                stack.enter_context(iperf(rig.world, str(PLACES.page), port))
            argv = [sys.executable, "-c", _DOWNLOADS]
            stack.enter_context(rig.world.spawn("client", argv))
            guest.until(lambda seen: _cap(seen) > HALF_BYTES)
            first = guest.status()["tunnel"]["since_utc"]
            seen = guest.until(lambda seen: seen["tunnel"]["since_utc"] != first, USED_UP_S)
            seen = seen if is_over(seen) else guest.until(is_over, USED_UP_S)
        rig.witness.from_now(reaching(through_nodes()))
        assert rig.fire() == set()
        assert rig.leaks() == ()

        cause = seen["tunnel"]["cause"]
        assert cause is not None
        assert (cause["code"], cause["retryable"]) == ("out-of-credit", False)
        assert all(way in cause["detail"] for way in ("share on", "disconnect", "connect"))

        guest.disconnect()
        wait_until(lambda: is_spent(guest))
