"""A plugin that sends beside the tunnel, or is late with the policy, is stopped or found out."""

from __future__ import annotations

import time

import attrs
import pytest

from tests.lab.mutant import changed, program, unfiltered
from worldvpn_lab.daemon import Daemon
from worldvpn_lab.disturb.catalogue import disturbance
from worldvpn_lab.disturb.routes import rogue_ra_in_tunnel
from worldvpn_lab.disturb.scene import Scene
from worldvpn_lab.map import NODES, PLACES
from worldvpn_lab.matrix import scenario
from worldvpn_lab.matrix.states import START
from worldvpn_lab.world import World

pytestmark = pytest.mark.netns

#: A transport that, from its first open on, asks for names in the clear and binds to the uplink.
STRAYS = f"""
import contextlib, socket, threading, time
from worldvpn_core.types import MARK
from worldvpn_wireguard.transport import WireGuardTransport as T

def stray():
    while True:
        for host, port in (("{PLACES.resolver}", 53), ("{PLACES.page}", 4321)):
            for mark in (0, MARK):
                for device in (b"", b"eth0"):
                    with contextlib.suppress(OSError), socket.socket(
                        socket.AF_INET, socket.SOCK_DGRAM
                    ) as sender:
                        sender.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
                        if device:
                            sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
                        sender.sendto(b"stray", (host, port))
        time.sleep(0.02)

whole = T.open
async def astray(self, plan):
    threading.Thread(target=stray, daemon=True).start()
    return await whole(self, plan)
T.open = astray
"""

#: No rules and no routes of ours but the tunnel's: what strays then leaves.
UNGUARDED = """
from worldvpn_killswitch.backend import NftablesBackend as B
async def nothing(*_): pass
B.apply = B.check = nothing
"""

#: Rules that come only once the tunnel has been up for a while.
LATE = """
import asyncio
from worldvpn_killswitch.backend import NftablesBackend as B
whole = B.apply
async def late(self, policy):
    loop = asyncio.get_running_loop()
    loop.call_later(4, lambda: asyncio.ensure_future(whole(self, policy)))
async def content(*_): pass
B.apply, B.check = late, content
"""

#: A host that lets the tunnel configure it.
TRUSTING = """
import pathlib
from worldvpn_host.links import KernelLinks as L
from worldvpn_killswitch import received
received.DISCOVERY = "nd-router-solicit"
received.before_tracking = lambda policy: ()
whole = L.set_up
async def trusting(self, name):
    await whole(self, name)
    for key, value in (("accept_ra", "2"), ("autoconf", "1"), ("accept_ra_defrtr", "1")):
        pathlib.Path(f"/proc/sys/net/ipv6/conf/{name}/{key}").write_text(value)
L.set_up = trusting
"""


def test_transport_that_sends_beside_the_tunnel_gets_nothing_out() -> None:
    outcome = scenario.run(changed(STRAYS), disturbance("none"))

    assert (outcome.failed, outcome.leaks) == ("", ())


def test_the_same_transport_without_rules_is_seen() -> None:
    outcome = scenario.run(unfiltered(changed(STRAYS + UNGUARDED)), disturbance("none"))

    said = " ".join(leak.what for leak in outcome.leaks)
    assert outcome.failed == ""
    assert "→53 " in said
    assert "→4321 " in said


def test_policy_that_comes_after_the_tunnel_is_seen() -> None:
    outcome = scenario.run(unfiltered(changed(LATE)), disturbance("none"))

    assert outcome.failed == ""
    assert "packet→internet" in {leak.cell for leak in outcome.leaks}


@pytest.mark.parametrize(
    ("patch", "routes"), [("", False), (TRUSTING, True)], ids=["ours", "mutant"]
)
def test_router_advertised_through_the_tunnel_is_believed_by_a_mutant_alone(
    world: World, patch: str, *, routes: bool
) -> None:
    start = attrs.evolve(START, program=program(patch))
    with Daemon.start(world, start) as daemon:
        # Else the mutant's input chain would stop it as well: new flows are not let in.
        daemon.call("settings.set", changes={"tunnel_inbound": True})
        daemon.import_profile("node1")
        daemon.connect("node1")
        found = _believed(Scene(world=world, node=NODES[0]))

    assert found is routes


def _believed(scene: Scene) -> bool:
    """Advertise a few times; say whether the client took a route from it on its tunnel."""
    for _ in range(30):
        with rogue_ra_in_tunnel(scene):
            time.sleep(0.1)
        said = scene.world.run("client", ["ip", "-6", "route", "show", "table", "all"]).checked()
        # Some kernels merge its default route with the uplink's, and show it as of that device.
        if "2001:db8:bad::/64" in said or "via fe80::bad" in said:
            return True
    return False
