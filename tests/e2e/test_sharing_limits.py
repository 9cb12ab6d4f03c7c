"""What ends sharing from outside, or disturbs it: volume, the network, the disk."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.e2e import masks, metered_bus
from tests.e2e.rig import Rig
from tests.e2e.sent import GUEST_ROLE, listed_node, lodger
from tests.e2e.sharing import OUTER6, invite, serve
from tests.e2e.test_faults import full
from tests.e2e.test_receipts import iperf, settled_bytes
from tests.e2e.town import BACK_S, connect, is_listed, wait_until
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_lab.central import CentralHouse
from worldvpn_lab.daemon import Daemon, is_connected
from worldvpn_lab.demo.settling import Purse
from worldvpn_lab.device import Device, device
from worldvpn_lab.disturb.links import unplugged
from worldvpn_lab.disturb.scene import Scene
from worldvpn_lab.map import NODES, PLACES
from worldvpn_lab.world import World

pytestmark = pytest.mark.netns

_GIGABYTE = 1_000_000_000
_WEST = "Pacific/Pago_Pago"
_EAST = "Pacific/Kiritimati"
_OUTAGE_S = 10.0
#: A network is asked about every ten seconds, and looked at every five.
_METERED_S = 40.0
_BUS = "/run/dbus/system_bus_socket"
_METERED = "/run/metered"
_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={bus}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>
<allow user="*"/></policy></busconfig>
"""


@pytest.fixture(scope="module")
def house(world: World) -> Iterator[CentralHouse]:
    with CentralHouse.open(world) as standing:
        yield standing


def cause(seen: Snapshot) -> str | None:
    found = seen["sharing"]["cause"]
    return None if found is None else found["code"]


def serves(seen: Snapshot) -> bool:
    return seen["sharing"]["state"] == "serving"


def test_a_days_volume_ends_it_until_the_owners_next_day(rig: Rig) -> None:
    daemon = rig.start()
    serve(daemon)
    # In the east it is a day later at least, whenever that is.
    owners = {"share_daily_gb": 1, "share_time_zone": _WEST}
    daemon.call("settings.set", changes=owners)
    daemon.stop()
    kept = rig.world.path("client", f"{rig.how.state_dir}/sharing.json")
    said = json.loads(kept.read_text("utf-8"))
    said["carried_bytes"] = _GIGABYTE - 2 * MEBIBYTE
    # It had begun by UTC, where it may be a day later: today is never put back for an owner.
    said["day"] = datetime.now(ZoneInfo(_WEST)).date().isoformat()
    kept.write_text(json.dumps(said), "utf-8")

    again = rig.start()
    again.until(serves)
    with device(rig.world, GUEST_ROLE, invite(again)) as phone:
        assert phone.page(PLACES.page6) == OUTER6
        fetches(phone, 3)
        ended = again.until(lambda seen: cause(seen) == "share.daily")
        assert not phone.connects(PLACES.page, 80)
        again.call("settings.set", changes={"share_time_zone": _EAST})
        again.until(serves)
        phone.set_up()
        assert phone.page(PLACES.page6) == OUTER6

    assert ended["sharing"]["today"]["carried_bytes"] >= _GIGABYTE
    assert again.status()["sharing"]["today"]["carried_bytes"] < _GIGABYTE
    again.call("share.off")


def fetches(phone: Device, mebibytes: int) -> None:
    """Let so much come down through the tunnel of ``phone``."""
    world = phone.world
    own = str(phone.own(PLACES.page6))
    with iperf(world, str(PLACES.page6)):
        argv = ["iperf3", "-c", str(PLACES.page6), "-B", own, "-R", "-n", f"{mebibytes}M"]
        world.run(phone.role, argv, timeout_s=60.0).checked()


@contextmanager
def managed(world: World) -> Iterator[Path]:
    """NetworkManager on the client; what it says of the network is in the file."""
    world.run("client", ["mkdir", "-p", str(Path(_BUS).parent)]).checked()
    world.write("client", {"/run/bus.conf": _CONFIG.format(bus=_BUS), _METERED: "2"})
    bus = ["dbus-daemon", "--config-file=/run/bus.conf", "--nofork", "--nopidfile"]
    try:
        with world.spawn("client", bus):
            wait_until(lambda: world.run("client", ["test", "-S", _BUS]).status == 0)
            manager = [sys.executable, metered_bus.__file__, _BUS, _METERED]
            with world.spawn("client", manager):
                yield world.path("client", _METERED)
    finally:
        world.run("client", ["rm", "-rf", str(Path(_BUS).parent), "/run/bus.conf", _METERED])


def test_an_owners_network_that_becomes_metered_ends_it_until_it_is_not(
    rig: Rig, daemon: Daemon, phone: Device
) -> None:
    with managed(rig.world) as said:
        daemon.until(lambda seen: seen["sharing"]["metered"] == "no", _METERED_S)
        assert phone.page(PLACES.page6) == OUTER6
        said.write_text("1", "utf-8")
        daemon.until(lambda seen: cause(seen) == "share.metered", _METERED_S)
        assert not phone.connects(PLACES.page, 80)
        said.write_text("4", "utf-8")
        daemon.until(serves, _METERED_S)
        phone.set_up()
        assert phone.page(PLACES.page6) == OUTER6
        daemon.call("share.off")


def downloads(world: World, mebibytes: int) -> int:
    """Let the guest's computer fetch so much; return the payload that arrived."""
    with iperf(world, str(PLACES.page)):
        argv = ["iperf3", "-J", "-c", str(PLACES.page), "-R", "-n", f"{mebibytes}M"]
        said = world.run(GUEST_ROLE, argv, timeout_s=60.0).checked()
    return int(json.loads(said)["end"]["sum_received"]["bytes"])


def test_guests_of_an_uplink_that_was_lost_go_on_and_nothing_is_lost_in_the_books(
    rig: Rig, house: CentralHouse
) -> None:
    with listed_node(rig, house) as node, lodger(rig, house, node) as (guest, node_id):
        before = Purse.of(node)
        connect(guest, node_id)
        arrived = downloads(rig.world, 3)
        with unplugged(Scene(world=rig.world, node=NODES[0])):
            time.sleep(_OUTAGE_S)
        guest.until(is_connected, _METERED_S)
        node.until(lambda seen: serves(seen) and seen["account"]["reach"] == "online", 90.0)
        wait_until(lambda: fetched(rig.world))
        arrived += downloads(rig.world, 3)
        assert is_connected(guest.status())
        guest.disconnect()
        settled = settled_bytes(guest, node, before)

    assert arrived >= 6 * MEBIBYTE
    assert arrived <= settled + 65_536


def test_node_whose_disk_is_full_says_so_and_serves_again_once_there_is_room(
    rig: Rig, house: CentralHouse
) -> None:
    small = masks.on_a_small_disk(rig.how, "1m")
    with listed_node(rig, house, small) as node, lodger(rig, house, node) as (guest, node_id):
        before = Purse.of(node)
        connect(guest, node_id)
        arrived = downloads(rig.world, 3)
        wait_until(lambda: signed(guest) >= arrived)
        page = str(PLACES.page)
        more = ["iperf3", "-c", page, "-R", "-n", "64M"]
        # The last page of a file takes some receipts yet.
        with full(node), iperf(rig.world, page), rig.world.spawn(GUEST_ROLE, more):
            held = node.until(lambda seen: cause(seen) == "share.disk", _METERED_S)
            node.until(lambda seen: seen["sharing"]["state"] == "off", _METERED_S)
        node.until(serves, _METERED_S)
        node.until(is_listed, BACK_S)
        guest.until(is_connected, BACK_S)
        wait_until(lambda: fetched(rig.world))
        arrived += downloads(rig.world, 3)
        guest.disconnect()
        settled = settled_bytes(guest, node, before)
        # What it has changed on its host is noted on that disk alone.
        node.call("share.off")

    assert held["sharing"]["state"] == "draining"
    # Beyond it is what was claimed before the disk was really full.
    assert arrived <= settled + 65_536


def signed(guest: Daemon) -> int:
    """Return how many bytes of its session the guest has signed for."""
    session = guest.status()["session"]
    counted = session and session.get("carried")
    return counted["signed_bytes"] if counted else 0


def fetched(world: World) -> bool:
    """Say whether a page comes through the guest's tunnel."""
    argv = ["curl", "-s", "-m", "2", f"http://{PLACES.page}/"]
    return world.run(GUEST_ROLE, argv).status == 0
