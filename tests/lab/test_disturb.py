"""Disturbances: each really happens, shows in the open client, and can be taken back."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from worldvpn_core.errors import EngineError
from worldvpn_lab import guest, nodes
from worldvpn_lab.disturb import links, processes, relay, routes
from worldvpn_lab.disturb.catalogue import CATALOGUE, disturbance
from worldvpn_lab.disturb.scene import Disturbance, Scene
from worldvpn_lab.map import NODES, PLACES
from worldvpn_lab.oracle.tap import POINTS, Tap
from worldvpn_lab.probes.volley import ALL, Volley, seen
from worldvpn_lab.world import World

pytestmark = pytest.mark.netns

SETTLE_S = 0.2
VOLLEYS = 5


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with World.up(tmp_path / "lab") as world:
        yield Scene(world=world, node=NODES[0])


def routing(scene: Scene) -> str:
    command = "ip -o address show scope global; ip route; ip -6 route | grep -v ^fe80; ip -o link"
    return scene.world.run("client", ["sh", "-c", command]).checked()


def way(scene: Scene, address: object) -> str:
    return scene.world.run("client", ["ip", "route", "get", str(address)]).checked()


def is_on_lan(point: str) -> bool:
    return point.startswith("lan:")


HAPPEN = [each for each in CATALOGUE if not each.skip and not each.needs]


@pytest.mark.parametrize("happening", HAPPEN, ids=lambda each: each.name)
def test_open_client_is_seen_whole_through_every_disturbance(
    scene: Scene, happening: Disturbance
) -> None:
    points = (*POINTS, guest.GUEST_LAN)
    on_lan: set[int] = set()
    with (
        Volley(scene.world) as volley,
        Tap(scene.world.open_socket, points) as tap,
        happening.effect(scene),
    ):
        for point in happening.points:
            tap.add(point)
        # The first packets may be lost to the search for the router.
        for _ in range(VOLLEYS):
            shot = volley.fire(cable=happening.cable)
            time.sleep(SETTLE_S)
            found = seen(tap.take(), shot)
            on_lan |= {cell for cell, at in found.items() if any(map(is_on_lan, at))}
            if len(on_lan) == len(ALL):
                break

    assert [cell.name for cell in ALL if cell.index not in on_lan] == []


@pytest.mark.parametrize(
    "name",
    [
        *("link-flap", "second-uplink", "option-121-24", "option-121-inner", "local-net"),
        *("uplink-renamed", "new-device"),
    ],
)
def test_disturbance_that_is_over_leaves_the_client_as_it_was(scene: Scene, name: str) -> None:
    before = sorted(routing(scene).splitlines())

    with disturbance(name).effect(scene):
        pass

    after = sorted(
        routing(scene).replace("qdisc noqueue state DOWN", "qdisc noop state DOWN").splitlines()
    )
    assert after == before


@pytest.mark.parametrize(
    ("name", "target", "hop"),
    [
        ("second-uplink", PLACES.page, "via 192.168.78.1 dev eth1"),
        ("second-uplink", PLACES.page6, "via fe80::1 dev eth1"),
        ("option-121-24", PLACES.page, "via 192.168.77.1 dev eth0"),
        ("option-121-1", PLACES.page6, "via fe80::1 dev eth0"),
        ("option-121-inner", NODES[0].gateway.ip, "via 192.168.77.1 dev eth0"),
        ("option-121-inner", NODES[0].gateway6.ip, "via fe80::1 dev eth0"),
        ("local-net", PLACES.page, f"{PLACES.page} dev eth0 src 198.51.100.200"),
        ("local-net", PLACES.page6, f"{PLACES.page6} from :: dev eth0"),
        ("rogue-ra-lan", PLACES.page6, "via fe80::bad dev eth0"),
        ("uplink-renamed", PLACES.page, "via 192.168.77.1 dev wan7"),
        ("new-device", PLACES.page, "via 192.168.80.1 dev eth9"),
    ],
)
def test_network_leads_the_client_where_it_wants(
    scene: Scene, name: str, target: object, hop: str
) -> None:
    with disturbance(name).effect(scene):
        time.sleep(0.05)

        assert hop in way(scene, target)


def test_inner_address_of_the_tunnel_is_covered_by_the_injected_route(scene: Scene) -> None:
    with routes.option_121_inner(scene):
        assert "dev eth0" in way(scene, NODES[0].guest.ip)


def ask_port(scene: Scene) -> int:
    """Return what the node's WireGuard port says to a stranger: an errno, or 0 for silence."""
    with scene.world.open_socket("client", socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.connect((str(scene.node.endpoint), scene.node.port))
        line.settimeout(0.3)
        try:
            line.send(b"hello?")
            line.recv(100)
        except TimeoutError:
            return 0
        except OSError as error:
            return error.errno or -1
    return -1


def test_relay_that_is_gone_refuses_and_comes_back(scene: Scene) -> None:
    with relay.gone(scene):
        gone = ask_port(scene)

    assert gone == 111
    assert ask_port(scene) == 0
    assert nodes.index_of(scene.world, "node1", nodes.DEVICE) > 0


def test_relay_that_is_silent_says_nothing_even_to_a_closed_port(scene: Scene) -> None:
    nodes.stop_engine(scene.world, "node1")

    with relay.silent(scene):
        silent = ask_port(scene)

    assert silent == 0
    assert ask_port(scene) == 111


def test_frames_reach_the_client_that_look_for_the_tunnel(scene: Scene) -> None:
    with scene.world.open_socket("client", socket.AF_PACKET, socket.SOCK_RAW) as line:
        line.bind(("eth0", 3))
        for name in ("syn-ack-to-tunnel", "arp-for-tunnel"):
            with disturbance(name).effect(scene):
                pass
        line.settimeout(1.0)
        # The router's kernel has reports of its own to send meanwhile.
        arriving = iter(lambda: line.recv(2000), b"")
        ours = (frame for frame in arriving if any(each.packed in frame for each in scene.inner))
        frames = list(itertools.islice(ours, 22))

    for address in scene.inner:
        assert sum(address.packed in frame for frame in frames) == 11


def test_node_advertises_itself_through_its_own_tunnel(scene: Scene) -> None:
    with scene.world.open_socket("node1", socket.AF_PACKET, socket.SOCK_DGRAM) as line:
        line.bind((nodes.DEVICE, 3))
        with routes.rogue_ra_in_tunnel(scene):
            line.settimeout(1.0)
            # The node's kernel reports its multicast groups on this link too.
            packet = next(raw for raw in iter(lambda: line.recv(2000), b"") if raw[40] == 134)

    assert packet[24:40] == scene.node.guest6.ip.packed
    assert (packet[6], packet[7], packet[40]) == (58, 255, 134)


def wait_running(scene: Scene, word: str) -> None:
    """Return once it runs: it is somebody's fork before it is itself."""
    deadline_s = time.monotonic() + 5
    while not (found := processes.running(scene.world, "client", word)):
        assert time.monotonic() < deadline_s, f"{word} never ran"
        time.sleep(0.01)
    for each in found:
        os.close(each.pidfd)


def test_stopped_process_goes_on_afterwards(scene: Scene) -> None:
    with scene.world.spawn("client", ["sleep", "9182"]) as program:
        wait_running(scene, "sleep 9182")
        with processes.stop(("sleep 9182",), stopped_s=0.1)(scene):
            stopped = Path(f"/proc/{program.pid}/stat").read_text("utf-8").split()[2]
        running = Path(f"/proc/{program.pid}/stat").read_text("utf-8").split()[2]

    assert stopped == "T"
    assert running != "T"


def test_killed_process_is_dead_when_the_effect_begins(scene: Scene) -> None:
    with scene.world.spawn("client", ["sleep", "9183"]) as program:
        wait_running(scene, "sleep 9183")
        with processes.kill(("sleep 9183",))(scene):
            assert program.wait(1.0) == -signal.SIGKILL


def test_processes_of_other_roles_and_of_the_host_are_never_found(scene: Scene) -> None:
    with scene.world.spawn("lan", ["sleep", "9184"]):
        found = processes.running(scene.world, "client", "sleep 9184")
        own = processes.running(scene.world, "client", str(os.getpid()))

    assert (found, own) == ([], [])


def test_processes_of_a_node_are_hit_in_its_namespace_alone(scene: Scene) -> None:
    named = ["ip", "netns", "exec", processes.NODE]
    scene.world.run("client", ["ip", "netns", "add", processes.NODE]).checked()
    with (
        scene.world.spawn("client", [*named, "sleep", "9185"]) as inside,
        scene.world.spawn("client", ["sleep", "9185"]) as beside,
    ):
        deadline_s = time.monotonic() + 5.0
        while not (found := processes.running_in_node(scene.world, "client", "sleep 9185")):
            assert time.monotonic() < deadline_s
        for each in found:
            os.close(each.pidfd)
        with processes.kill((), in_node=("sleep 9185",))(scene):
            assert inside.wait(1.0) == -signal.SIGKILL
            assert beside.wait(0) is None
    scene.world.run("client", ["ip", "netns", "delete", processes.NODE]).checked()


def test_nothing_to_kill_is_an_error_not_a_pass(scene: Scene) -> None:
    with (
        pytest.raises(EngineError, match="no-such-process"),
        processes.kill(("no-such-process",), in_node=("nor-this",))(scene),
    ):
        pass


def test_resolver_file_is_overwritten(scene: Scene) -> None:
    with disturbance("resolver-overwritten").effect(scene):
        text = scene.world.run("client", ["cat", "/etc/resolv.conf"]).checked()

    assert text == f"nameserver {PLACES.resolver}\n"


def test_new_card_is_unknown_before_and_after(scene: Scene) -> None:
    before = scene.world.run("client", ["ls", "/sys/class/net"]).checked()

    with links.new_card(scene):
        during = scene.world.run("client", ["ls", "/sys/class/net"]).checked()

    assert during.split() == sorted([*before.split(), "eth9"])
    assert scene.world.run("client", ["ls", "/sys/class/net"]).checked() == before


def test_every_skipped_disturbance_says_why() -> None:
    assert [each.name for each in CATALOGUE if each.skip] == ["clock-moved"]
    assert len({each.name for each in CATALOGUE}) == len(CATALOGUE)
