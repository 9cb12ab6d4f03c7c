"""A daemon that shares: devices get out by it, the owner's tunnel and block stay as they are."""

from __future__ import annotations

import base64
import json
import re
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from tests.e2e.rig import Rig, is_open
from tests.e2e.sharing import OUTER4, OUTER6, SILENCE_S, WORLDVPN, invite, led, serve
from worldvpn_lab.daemon import Daemon, Start
from worldvpn_lab.device import Device, device
from worldvpn_lab.map import NODES, PLACES
from worldvpn_lab.nodes import start_engine, stop_engine

_FLOODS = 50

pytestmark = pytest.mark.netns

_QUERY = bytes.fromhex("123401000001000000000000") + b"\x03www\x07example\x00\x00\x01\x00\x01"


@pytest.mark.usefixtures("daemon")
def test_a_device_reaches_both_internets_under_the_nodes_address(phone: Device) -> None:
    assert phone.page(PLACES.page) == OUTER4
    assert phone.page(PLACES.page6) == OUTER6


def test_the_other_side_imports_the_profile_and_connects(rig: Rig, daemon: Daemon) -> None:
    serve(daemon)
    how = Start(role="node2", log_name="other.log")
    with led(rig.world), Daemon.start(rig.world, how) as other:
        name = other.import_profile("home", invite(daemon, host=OUTER4))
        other.connect(name)
        seen = rig.world.run("node2", ["python3", "-c", _FETCH]).checked()
        other.disconnect()

    assert seen.split() == [OUTER4, OUTER6]


_FETCH = f"""
import socket
for host in ("{PLACES.page}", "{PLACES.page6}"):
    with socket.create_connection((host, 80), 5) as line:
        line.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
        print(b"".join(iter(lambda: line.recv(2048), b"")).split()[-1].decode())
"""


def test_the_owners_tunnel_and_the_guests_flows_go_each_their_way(
    rig: Rig, daemon: Daemon, phone: Device
) -> None:
    daemon.connect("node1")
    own = rig.world.run("client", ["python3", "-c", _FETCH]).checked()

    assert own.split() == [str(NODES[0].endpoint), str(NODES[0].endpoint6)]
    assert phone.page(PLACES.page) == OUTER4
    assert phone.page(PLACES.page6) == OUTER6


def test_guests_ask_for_names_while_the_owners_leave_only_by_the_tunnel(
    daemon: Daemon, phone: Device
) -> None:
    daemon.connect("node1")

    assert phone.ask(PLACES.resolver, 53, _QUERY)[:2] == _QUERY[:2]


@pytest.mark.parametrize("filter_", ["0", "1", "2"])
def test_a_reverse_path_filter_does_not_stop_guests(
    rig: Rig, daemon: Daemon, phone: Device, filter_: str
) -> None:
    paths = [f"/proc/sys/net/ipv4/conf/{name}/rp_filter" for name in ("all", "eth0")]
    before = {path: rig.world.run("client", ["cat", path]).checked() for path in paths}
    rig.world.write("client", dict.fromkeys(paths, filter_))
    try:
        daemon.connect("node1")
        assert phone.page(PLACES.page) == OUTER4
    finally:
        rig.world.write("client", before)


def _connected(daemon: Daemon) -> None:
    daemon.connect("node1")


def _switched(daemon: Daemon) -> None:
    daemon.connect("node1")
    daemon.connect("node2")


def _locked(daemon: Daemon) -> None:
    daemon.call("settings.set", changes={"share_while_blocked": True, "lockdown": True})


def _killed(daemon: Daemon) -> None:
    daemon.connect("node1")
    daemon.program.signal(signal.SIGKILL)
    daemon.program.wait()


@pytest.mark.parametrize("protect", [_connected, _switched, _locked, _killed])
def test_nothing_of_the_host_leaks_beside_its_guests(
    rig: Rig, daemon: Daemon, phone: Device, protect: Callable[[Daemon], None]
) -> None:
    free = rig.fire()
    protect(daemon)
    # The guest's own tunnel leaves by the uplink, and is no leak: it is silent meanwhile.
    came_out = rig.fire()

    assert is_open(free)
    assert came_out == set()
    assert phone.page(PLACES.page) == OUTER4
    if protect is _locked:
        daemon.call("settings.set", changes={"lockdown": False})


def test_blocked_drains_the_node_and_being_connected_again_brings_it_back(
    daemon: Daemon, phone: Device
) -> None:
    daemon.call("settings.set", changes={"lockdown": True})
    held = daemon.until(lambda seen: seen["sharing"]["state"] == "draining")
    with pytest.raises(TimeoutError, match="timed out"):
        phone.page(PLACES.page, SILENCE_S)
    daemon.connect("node1")
    daemon.until(lambda seen: seen["sharing"]["state"] == "serving")
    answer = phone.page(PLACES.page)
    daemon.call("settings.set", changes={"lockdown": False})

    cause = held["sharing"]["cause"]
    assert cause is not None
    assert cause["code"] == "share.lockdown"
    assert answer == OUTER4


def test_an_owner_may_choose_to_serve_while_blocked(daemon: Daemon, phone: Device) -> None:
    daemon.call("settings.set", changes={"share_while_blocked": True, "lockdown": True})
    answer = phone.page(PLACES.page)
    daemon.call("settings.set", changes={"share_while_blocked": False, "lockdown": False})

    assert answer == OUTER4


def test_a_device_that_is_revoked_gets_out_no_more(daemon: Daemon, phone: Device) -> None:
    assert phone.page(PLACES.page) == OUTER4
    daemon.call("share.revoke", name="phone")

    with pytest.raises(TimeoutError, match="timed out"):
        phone.page(PLACES.page, SILENCE_S)


def test_sharing_must_be_agreed_to_once(daemon: Daemon) -> None:
    with pytest.raises(Exception, match="agree to it"):
        daemon.call("share.on")
    serve(daemon)
    daemon.call("share.off")
    daemon.call("share.on")
    seen = daemon.until(lambda seen: seen["sharing"]["state"] == "serving")

    assert seen["sharing"]["agreed_utc"]


def test_two_devices_are_apart(rig: Rig, daemon: Daemon, phone: Device) -> None:
    with ExitStack() as stack:
        profile = invite(daemon, "laptop")
        laptop = stack.enter_context(device(rig.world, "node1", profile, "wvg1"))
        answer = laptop.page(PLACES.page)

        assert answer == OUTER4
        for own in laptop.addresses:
            assert not phone.connects(own, 80)


def test_the_verb_shares_invites_and_ends_it(rig: Rig, daemon: Daemon) -> None:
    def worldvpn(*words: str) -> str:
        socket = ("--socket", f"{daemon.started.run_dir}/daemon.sock")
        return rig.world.run("client", [WORLDVPN, *socket, "share", *words]).checked()

    on = json.loads(worldvpn("on", "--yes", "--json"))
    profile = worldvpn("invite", "phone", OUTER6)
    with device(rig.world, "node2", profile) as phone:
        answer = phone.page(PLACES.page6)
    told = worldvpn()
    off = json.loads(worldvpn("off", "--json"))

    assert on["sharing"]["state"] == "serving"
    assert answer == OUTER6
    assert "Sharing: 1 device" in told
    assert off["sharing"]["state"] == "off"
    assert rig.changed() == {}


def test_no_key_is_said_logged_or_shown(rig: Rig, daemon: Daemon) -> None:
    serve(daemon)
    profile = invite(daemon)
    kept = rig.world.path("client", f"{daemon.started.state_dir}/wireguard-node.key").read_text()
    secrets = [line.split(" = ")[1] for line in profile.splitlines() if "Key = " in line]
    private, _public, preshared = secrets
    forms = {kept, base64.b64encode(bytes.fromhex(kept)).decode()}
    forms |= {form for text in (private, preshared) for form in (text, _hex(text))}
    shown = daemon.log() + str(daemon.status()) + str(daemon.call("share.status"))
    shown += rig.world.run("client", ["ps", "-eo", "args"]).stdout
    files = rig.world.path("client", daemon.started.state_dir)
    open_files = [path for path in files.glob("*") if path.is_file() and path.stat().st_mode & 0o77]

    assert {form for form in forms if form in shown} == set()
    assert _hex(private) not in (files / "guests.json").read_text()
    assert open_files == []


def _hex(text: str) -> str:
    return base64.b64decode(text).hex()


def test_a_tunnel_that_falls_drains_the_node_until_it_is_back(
    rig: Rig, daemon: Daemon, phone: Device
) -> None:
    daemon.connect("node1")
    stop_engine(rig.world, "node1")
    try:
        held = daemon.until(lambda seen: seen["sharing"]["state"] == "draining")
    finally:
        start_engine(rig.world, "node1")
    daemon.until(lambda seen: seen["sharing"]["state"] == "serving", 30.0)

    cause = held["sharing"]["cause"]
    assert cause is not None
    assert cause["code"] == "share.blocked"
    assert phone.page(PLACES.page) == OUTER4


@pytest.mark.parametrize("is_connected", [False, True])
def test_a_device_on_the_same_lan_is_served_too(
    rig: Rig, daemon: Daemon, *, is_connected: bool
) -> None:
    serve(daemon)
    if is_connected:
        daemon.connect("node1")
    with device(rig.world, "lan", invite(daemon, host=str(PLACES.client))) as near:
        assert near.page(PLACES.page) == OUTER4
        assert not near.connects(PLACES.lan_host, 53)


def test_guests_have_no_more_than_the_rate_they_were_given(rig: Rig, daemon: Daemon) -> None:
    daemon.call("settings.set", changes={"share_rate_mbps": 1})
    serve(daemon)
    with device(rig.world, "node2", invite(daemon)) as phone:
        before = phone.page(PLACES.page)
        refused = _flooded(rig, phone)

    assert before == OUTER4
    assert refused > 0


def _flooded(rig: Rig, phone: Device) -> int:
    """Send more than the rate until some of it was refused; return how many packets were."""
    listed = ["ip", "netns", "exec", "wvnode", "tc", "-s", "class", "show", "dev", "wvup"]
    refused = 0
    with phone.socket(PLACES.page) as line:
        line.bind((str(phone.own(PLACES.page)), 0))
        # What was sent still has to pass two engines when the counter is read.
        for _ in range(_FLOODS):
            for _ in range(300):
                line.sendto(bytes(1_200), (str(PLACES.page), 9))
            time.sleep(0.1)
            counted = rig.world.run("client", listed).checked()
            refused = sum(map(int, re.findall(r"dropped (\d+)", counted)))
            if refused:
                break
    return refused
