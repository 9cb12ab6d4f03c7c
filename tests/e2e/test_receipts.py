"""What goes through the directory's nodes is paid for, to the byte that both ends have counted."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import pytest

from tests.e2e.rig import Rig
from tests.e2e.town import Town, connect, role_of, wait_until
from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_lab.daemon import Daemon, is_connected
from worldvpn_lab.map import PLACES
from worldvpn_lab.world import World

pytestmark = pytest.mark.netns

#: An independent measure of what passed: the tunnel's interface, which has the receipts' own stream
#: in it, too.
_SHARE = 200
_ALLOWANCE_BYTES = 65_536
_STARTING_TICKS = 524_288_000
_SPEND, _EARN = 5, 6
_LOSS = """
table inet loss {
  chain forward {
    type filter hook forward priority 0
    oifname "lan" udp sport 51821 numgen random mod 100 < 3 drop
    iifname "lan" udp dport 51821 numgen random mod 100 < 3 drop
  }
}
"""
_MANY = """
import socket, sys
for number in range(300):
    with socket.create_connection((sys.argv[1], 80), 5) as line:
        line.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
        while line.recv(65536):
            pass
"""


@attrs.frozen
class Purse:
    """An account's parts, in ticks."""

    spendable: int
    held: int
    vesting: int

    @classmethod
    def of(cls, daemon: Daemon) -> Purse:
        said: dict[str, Any] = json.loads(daemon.call("wallet.balance")["json"])
        return cls(
            spendable=said["promo_ticks"] + said["available_ticks"],
            held=said["held_ticks"],
            vesting=said["vesting_ticks"],
        )

    @property
    def earned(self) -> int:
        """What came to it, of an account that has spent nothing."""
        return self.spendable + self.vesting - _STARTING_TICKS


def passed(world: World, role: str) -> int:
    """Return what the client's newest tunnel has carried, by its interface."""
    listing = json.loads(world.run(role, ["ip", "-s", "-j", "link"]).checked())
    found = [each["stats64"] for each in listing if each["ifname"].startswith("wv")]
    return int(found[-1]["rx"]["bytes"] + found[-1]["tx"]["bytes"])


def carried(daemon: Daemon) -> int:
    """Return what the session has carried by the guest's own count."""
    session = daemon.status()["session"]
    assert session is not None
    counted = session.get("carried")
    assert counted, "the session is not counted"
    return counted["up_bytes"] + counted["down_bytes"]


@contextmanager
def iperf(world: World, address: str) -> Iterator[None]:
    with world.spawn("internet", ["iperf3", "-s", "-B", address]):
        time.sleep(0.3)
        yield


def flows(world: World) -> None:
    """Let the client use the internet in every way: both families, up and down, large and small."""
    page, page6 = str(PLACES.page), str(PLACES.page6)
    for address, *more in (
        (page, "-n", str(6 * MEBIBYTE)),
        (page, "-R", "-n", str(12 * MEBIBYTE)),
        (page6, "-R", "-n", str(4 * MEBIBYTE)),
        (page6, "-u", "-b", "20M", "-l", "1200", "-n", str(2 * MEBIBYTE)),
        (page, "-u", "-R", "-b", "20M", "-l", "1200", "-n", str(2 * MEBIBYTE)),
    ):
        with iperf(world, address):
            world.run("client", ["iperf3", "-c", address, *more], timeout_s=60.0).checked()
    world.run("client", [sys.executable, "-c", _MANY, page], timeout_s=60.0).checked()


def settled_bytes(guest: Daemon, node: Daemon, before: Purse) -> int:
    """Return what was settled once both ends have said their last; see that both sums agree."""

    def both_agree() -> bool:
        spent = _STARTING_TICKS - Purse.of(guest).spendable - Purse.of(guest).held
        gained = Purse.of(node).earned - before.earned
        return spent > 0 and _EARN * spent == _SPEND * gained

    wait_until(both_agree)
    # Whatever is still on its way changes both.
    settled = -1
    while True:
        now = (Purse.of(node).earned - before.earned) // _EARN
        if now == settled and both_agree():
            return settled
        settled = now
        time.sleep(3)


@pytest.mark.parametrize("loses", [False, True], ids=["clean", "3% lost"])
def test_all_that_is_carried_is_settled_to_the_byte(rig: Rig, town: Town, *, loses: bool) -> None:
    name = "joan" if loses else "mary"
    with town.guest(rig, name) as guest:
        seen = connect(guest, "fastest")
        node = town.nodes[role_of(seen)]
        before = Purse.of(node)
        if loses:
            rig.world.run("isp", ["nft", "-f", "-"], stdin=_LOSS.encode()).checked()
        try:
            flows(rig.world)
            through = passed(rig.world, "client")
            wait_until(lambda: abs(through - carried(guest)) <= through // 20)
            counted = carried(guest)
        finally:
            if loses:
                rig.world.run("isp", ["nft", "delete", "table", "inet", "loss"]).checked()
        assert is_connected(guest.status()), "an honest guest was sent away"
        guest.disconnect()
        settled = settled_bytes(guest, node, before)

    assert abs(counted - through) <= through // _SHARE + _ALLOWANCE_BYTES
    if loses:
        # The node has carried what was lost after it; the guest pays for what it got.
        assert settled <= through + _ALLOWANCE_BYTES
    else:
        assert abs(settled - through) <= through // _SHARE + _ALLOWANCE_BYTES
