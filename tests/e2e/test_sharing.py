"""A daemon that shares: devices get out by it, the owner's tunnel and block stay as they are."""

from __future__ import annotations

import base64
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.device import Device, device
from tests.e2e.rig import Rig, is_open
from worldvpn_lab.daemon import Daemon, Start, is_in
from worldvpn_lab.map import NODES, PLACES

pytestmark = pytest.mark.netns

#: Where devices reach the client from outside.
OUTER6 = str(PLACES.client6)
#: The router's own public address; a port must be led on from there.
OUTER4 = "192.0.2.77"
SILENCE_S = 1.0
WORLDVPN = str(Path(sys.prefix, "bin", "worldvpn"))
_QUERY = bytes.fromhex("123401000001000000000000") + b"\x03www\x07example\x00\x00\x01\x00\x01"


def serve(daemon: Daemon) -> None:
    daemon.call("share.on", agree=True)
    daemon.until(lambda seen: seen["sharing"]["state"] == "serving")


def invite(daemon: Daemon, name: str = "phone", host: str = OUTER6) -> str:
    return str(daemon.call("share.invite", name=name, host=host)["profile"])


@pytest.fixture
def phone(rig: Rig, daemon: Daemon) -> Iterator[Device]:
    """A device that was let in, of a daemon that shares."""
    serve(daemon)
    with device(rig.world, "node2", invite(daemon)) as ready:
        yield ready


@pytest.mark.usefixtures("daemon")
def test_a_device_reaches_both_internets_under_the_nodes_address(phone: Device) -> None:
    assert phone.page(PLACES.page) == OUTER4
    assert phone.page(PLACES.page6) == OUTER6


def test_the_other_side_imports_the_profile_and_connects(rig: Rig, daemon: Daemon) -> None:
    serve(daemon)
    led = "table ip led {\n chain in {\n  type nat hook prerouting priority dstnat\n"
    led += f"  iifname wan0 udp dport 51820 dnat to {PLACES.client}\n }}\n}}\n"
    rig.world.run("lan", ["nft", "-f", "-"], stdin=led.encode()).checked()
    try:
        with Daemon.start(rig.world, Start(role="node2", log_name="other.log")) as other:
            name = other.import_profile("home", invite(daemon, host=OUTER4))
            other.connect(name)
            seen = rig.world.run("node2", ["python3", "-c", _FETCH]).checked()
            other.disconnect()
    finally:
        rig.world.run("lan", ["nft", "delete", "table", "ip", "led"])

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


def test_switching_it_off_leaves_the_host_as_it_was(rig: Rig, daemon: Daemon) -> None:
    serve(daemon)
    assert rig.changed()
    daemon.call("share.off")

    assert rig.changed() == {}


def test_stopping_the_daemon_takes_the_node_with_it(rig: Rig, daemon: Daemon) -> None:
    serve(daemon)
    status = daemon.stop()

    assert (status, rig.changed()) == (0, {})


def test_killed_while_it_shares_it_serves_again_when_it_is_back(
    rig: Rig, daemon: Daemon, phone: Device
) -> None:
    daemon.program.signal(signal.SIGKILL)
    daemon.program.wait()
    again = rig.start()
    again.until(lambda seen: seen["sharing"]["state"] == "serving")
    with device(rig.world, "node2", invite(again, "laptop"), "wvg1") as laptop:
        answer = laptop.page(PLACES.page)
    again.call("share.off")

    assert answer == OUTER4
    assert phone.addresses != laptop.addresses
    assert rig.changed() == {}


def test_reset_after_a_kill_leaves_nothing_of_the_node(rig: Rig, daemon: Daemon) -> None:
    serve(daemon)
    daemon.program.signal(signal.SIGKILL)
    daemon.program.wait()

    status, said = rig.reset()

    assert status == 0, said
    assert "namespace wvnode removed" in said
    assert rig.changed() == {}


def test_reset_by_the_daemon_ends_sharing_for_good(rig: Rig, daemon: Daemon) -> None:
    serve(daemon)
    daemon.call("host.reset", confirm=True)
    daemon.until(is_in("disconnected"))

    assert daemon.call("share.status")["sharing"]["wanted"] is False
    assert rig.changed() == {}


def test_two_devices_are_apart(rig: Rig, daemon: Daemon, phone: Device) -> None:
    with ExitStack() as stack:
        profile = invite(daemon, "laptop")
        laptop = stack.enter_context(device(rig.world, "node1", profile, "wvg1"))
        answer = laptop.page(PLACES.page)

        assert answer == OUTER4
        for own in laptop.addresses:
            assert not phone.connects(own, 80)


@pytest.mark.parametrize("after_s", [0.0, 0.01, 0.02, 0.03, 0.04, 0.06, 0.1])
def test_killed_while_it_opens_nothing_of_it_stays_after_a_reset(
    rig: Rig, daemon: Daemon, after_s: float
) -> None:
    daemon.call("share.on", agree=True)
    time.sleep(after_s)
    daemon.program.signal(signal.SIGKILL)
    daemon.program.wait()

    status, said = rig.reset()

    assert status == 0, said
    assert rig.changed() == {}


@pytest.mark.parametrize("after_s", [0.0, 0.02, 0.04, 0.08])
def test_killed_while_it_opens_the_next_one_serves(
    rig: Rig, daemon: Daemon, after_s: float
) -> None:
    daemon.call("share.on", agree=True)
    time.sleep(after_s)
    daemon.program.signal(signal.SIGKILL)
    daemon.program.wait()
    again = rig.start()
    again.until(lambda seen: seen["sharing"]["state"] == "serving")
    again.call("share.off")

    assert rig.changed() == {}


def test_an_engine_that_dies_is_told_and_replaced(rig: Rig, daemon: Daemon, phone: Device) -> None:
    rig.world.run("client", ["sh", "-c", "kill -9 $(ip netns pids wvnode)"]).checked()
    fallen = daemon.until(lambda seen: seen["sharing"]["cause"] is not None)
    daemon.until(lambda seen: seen["sharing"]["state"] == "serving")

    cause = fallen["sharing"]["cause"]
    assert cause is not None
    assert "wireguard-go" in cause["detail"]
    assert phone.page(PLACES.page) == OUTER4


def test_a_guest_is_still_served_by_what_a_killed_daemon_left_and_no_less_judged(
    daemon: Daemon, phone: Device
) -> None:
    daemon.program.signal(signal.SIGKILL)
    daemon.program.wait()

    assert phone.page(PLACES.page) == OUTER4
    assert not phone.connects(PLACES.router, 53)
    assert not phone.connects(PLACES.client, 22)


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
