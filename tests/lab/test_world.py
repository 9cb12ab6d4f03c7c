"""The lab itself: it stands, it is apart from the host, and it goes without a trace."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from worldvpn_core.errors import BusyError, EngineError
from worldvpn_lab import state
from worldvpn_lab.disturb.processes import running
from worldvpn_lab.map import NODES, PLACES
from worldvpn_lab.world import World

pytestmark = pytest.mark.netns


@attrs.frozen(kw_only=True)
class Traces:
    """What of the host a lab could have touched."""

    links: frozenset[str]
    routes: str
    mounts: str
    namespaces: tuple[str, ...]

    @classmethod
    def now(cls) -> Traces:
        return cls(
            links=frozenset(path.name for path in Path("/sys/class/net").iterdir()),
            routes=Path("/proc/net/route").read_text(encoding="utf-8"),
            mounts=Path("/proc/self/mounts").read_text(encoding="utf-8"),
            namespaces=tuple(
                str(Path(f"/proc/self/ns/{kind}").readlink()) for kind in ("net", "mnt", "user")
            ),
        )


def page(world: World, url: str, role: str = "client") -> str:
    return world.run(role, [sys.executable, "-c", FETCH, url]).checked().strip()


FETCH = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=5).read().decode())"


def ended(pidfd: int) -> bool:
    return bool(select.select([pidfd], [], [], 10)[0])


def test_lab_that_goes_leaves_the_host_as_it_was(directory: Path) -> None:
    before = Traces.now()

    with World.up(directory):
        during = Traces.now()

    assert before == during == Traces.now()
    assert not directory.exists()


def test_lab_that_goes_takes_every_program_with_it(directory: Path) -> None:
    world = World.up(directory)
    program = world.spawn("internet", ["sleep", "600"])
    program.keep()
    program.close()
    inside = [each for role in ("client", "internet", "node1") for each in running(world, role)]

    world.down()

    assert len(inside) >= 3
    assert all(ended(each.pidfd) for each in inside)
    for each in inside:
        os.close(each.pidfd)


def test_killed_holder_takes_everything_with_it(directory: Path) -> None:
    world = World.up(directory)
    inside = running(world, "node1")
    os.kill(world.holder_pid, signal.SIGKILL)

    assert inside
    assert all(ended(each.pidfd) for each in inside)
    with pytest.raises(EngineError):
        world.run("client", ["true"])
    world.down()
    for each in inside:
        os.close(each.pidfd)


def test_lab_ends_with_the_process_that_built_it(directory: Path) -> None:
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom worldvpn_lab.world import World\n"
        "world = World.up(Path(sys.argv[1]), nodes=False)\n"
        "print(world.holder_pid, flush=True)\nsys.stdin.read()\nos._exit(9)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as builder:
        assert builder.stdout is not None
        holder = os.pidfd_open(int(builder.stdout.readline()))
        launcher = os.pidfd_open(state.read(directory) or 0)
        builder.kill()

    assert ended(holder)
    assert ended(launcher)
    assert state.read(directory) is None
    os.close(holder)
    os.close(launcher)


def test_lab_that_died_is_not_taken_for_a_standing_one(directory: Path) -> None:
    world = World.up(directory, nodes=False)
    os.kill(world.holder_pid, signal.SIGKILL)
    world.down()
    directory.mkdir()
    note = {"pid": os.getpid(), "started_ticks": 1}
    (directory / "lab.json").write_text(json.dumps(note), encoding="utf-8")

    with pytest.raises(BusyError, match="no lab stands"):
        World.attach(directory)
    World.up(directory, nodes=False).down()


def test_second_lab_in_the_same_place_is_refused(world: World) -> None:
    with pytest.raises(BusyError, match="stands"):
        World.up(world.directory)


def test_two_labs_stand_side_by_side(world: World, directory: Path) -> None:
    with World.up(directory) as other:
        first = world.run("client", ["readlink", "/proc/self/ns/net"]).checked()
        second = other.run("client", ["readlink", "/proc/self/ns/net"]).checked()

        assert first != second
        assert page(other, f"http://{PLACES.page}/") == "192.0.2.77"


def test_another_process_finds_the_standing_lab(world: World) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom worldvpn_lab.world import World\n"
        "print(World.attach(Path(sys.argv[1])).run('lan', ['hostname']).status)\n"
    )
    argv = [sys.executable, "-c", script, str(world.directory)]

    done = subprocess.run(argv, check=True, capture_output=True, text=True)

    assert done.stdout == "0\n"


def test_run_reports_status_output_and_signal(world: World) -> None:
    done = world.run("client", ["sh", "-c", "cat; echo wrong >&2; exit 7"], stdin=b"right")
    killed = world.run("client", ["sh", "-c", "kill -9 $$"])

    assert (done.status, done.stdout, done.stderr) == (7, "right", "wrong\n")
    assert killed.status == -signal.SIGKILL
    with pytest.raises(EngineError, match="status 7: wrong"):
        done.checked()


def test_program_that_takes_too_long_is_ended(world: World) -> None:
    with pytest.raises(EngineError, match=r"longer than 0\.2 s"):
        world.run("client", ["sleep", "4321"], timeout_s=0.2)

    assert running(world, "client", "4321") == []


def test_unknown_program_is_named(world: World) -> None:
    with pytest.raises(EngineError, match="no-such-program"):
        world.run("client", ["no-such-program"])


def test_closed_program_is_killed_with_its_children(world: World) -> None:
    program = world.spawn("client", ["sh", "-c", "sleep 5432 & wait"])
    assert program.wait(0.1) is None

    program.close()

    assert running(world, "client", "5432") == []


def test_program_can_be_another_user(world: World) -> None:
    assert world.run("client", ["id", "-u"], uid=1234).checked() == "1234\n"


def test_each_role_has_its_own_run_and_state_directories(world: World) -> None:
    world.write("client", {"/run/worldvpn/here": "x", "/var/lib/kept": "y"})

    seen = world.run("node1", ["ls", "/run/worldvpn", "/var/lib"]).checked()

    assert world.path("client", "/run/worldvpn/here").read_text(encoding="utf-8") == "x"
    assert "here" not in seen
    assert "kept" not in seen
    assert not Path("/var/lib/kept").exists()


def test_resolv_conf_can_be_replaced_by_renaming(world: World) -> None:
    command = "cat /etc/resolv.conf; echo nameserver ::1 >/etc/new; mv /etc/new /etc/resolv.conf"

    before = world.run("isp", ["sh", "-c", command]).checked()

    assert before == "nameserver 192.0.2.53\n"
    assert world.path("isp", "/etc/resolv.conf").read_text(encoding="utf-8") == "nameserver ::1\n"
    assert not Path("/etc/new").exists()


def test_renewed_role_forgets_its_files_and_keeps_its_network(world: World) -> None:
    world.write("client", {"/run/worldvpn/old": "x", "/etc/resolv.conf": "nameserver ::1\n"})

    world.renew("client")

    assert not world.path("client", "/run/worldvpn/old").exists()
    assert world.run("client", ["cat", "/etc/resolv.conf"]).stdout == "nameserver 192.168.77.1\n"
    assert page(world, f"http://{PLACES.page}/") == "192.0.2.77"


def test_host_files_are_read_only_inside(world: World) -> None:
    done = world.run("client", ["sh", "-c", "echo x >> /etc/hosts"])

    assert done.status != 0
    assert "Read-only" in done.stderr


@pytest.mark.parametrize(
    ("url", "caller"),
    [
        (f"http://{PLACES.page}/", "192.0.2.77"),
        (f"http://[{PLACES.page6}]/", str(PLACES.client6)),
        (f"http://{PLACES.page}:8080/", "192.0.2.77"),
        (f"http://{PLACES.lan_host}/", str(PLACES.client)),
        (f"http://[{PLACES.lan_host6}]/", str(PLACES.client_ula)),
        (f"http://{PLACES.shared_space}/", "192.0.2.77"),
        (f"http://{PLACES.metadata}/", str(PLACES.client)),
        ("http://www.example/", str(PLACES.client6)),
    ],
)
def test_client_reaches_the_world_from_its_own_address(world: World, url: str, caller: str) -> None:
    assert page(world, url) == caller


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.role)
def test_node_reaches_the_internet_from_its_exit_addresses(world: World, node: object) -> None:
    assert isinstance(node, type(NODES[0]))
    assert page(world, f"http://{PLACES.page}/", node.role) == str(node.endpoint)
    assert page(world, f"http://[{PLACES.page6}]/", node.role) == str(node.endpoint6)


def test_closed_port_is_refused_not_ignored(world: World) -> None:
    script = f"import socket; print(socket.socket().connect_ex(('{PLACES.page}', 9)))"

    assert world.run("client", [sys.executable, "-c", script]).checked() == "111\n"


def test_socket_of_a_role_lives_in_its_network(world: World) -> None:
    with world.open_socket("internet", socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind((str(PLACES.page), 12_345))

        assert line.getsockname()[0] == str(PLACES.page)
