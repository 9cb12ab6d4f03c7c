"""A host that lacks what a VPN needs: one clear sentence each, and nothing half done."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e import masks
from tests.e2e.rig import Rig
from worldvpn_app.cli.exits import CommandError
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_lab import nodes
from worldvpn_lab.daemon import Daemon, Start, is_connected, is_in
from worldvpn_lab.demo.browser import Browser
from worldvpn_lab.map import NODES
from worldvpn_lab.world import World

pytestmark = pytest.mark.netns

LIBRARY = "/usr/lib/x86_64-linux-gnu/libnftables.so.1"
NFT = "/usr/sbin/nft"


def profile_text(world: World, *changes: tuple[str, str]) -> str:
    text = Path(world.directory, nodes.PROFILES, "node1.conf").read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def has_cause(seen: Snapshot) -> bool:
    return seen["tunnel"]["cause"] is not None


def has_notice(code: str) -> Callable[[Snapshot], bool]:
    return lambda seen: code in {notice["code"] for notice in seen["notices"]}


def test_endpoint_name_that_does_not_resolve_is_named_and_nothing_touched(
    rig: Rig, daemon: Daemon
) -> None:
    text = profile_text(rig.world, (str(NODES[0].endpoint), "nowhere.example"))
    profile_id = daemon.import_profile("nowhere", text)

    with pytest.raises(CommandError) as refused:
        daemon.call("tunnel.connect", profile_id=profile_id)

    assert refused.value.code == "resolution"
    assert "nowhere.example" in refused.value.message
    assert is_in("disconnected")(daemon.status())
    assert rig.changed() == {}


def test_allowed_ips_that_contain_the_endpoint_make_no_loop(rig: Rig, daemon: Daemon) -> None:
    inside = f"{NODES[0].endpoint}/32, {NODES[0].endpoint6}/128, 0.0.0.0/0, ::/0"
    text = profile_text(rig.world, ("0.0.0.0/0, ::/0", inside))

    daemon.connect(daemon.import_profile("looped", text))
    rig.admit(NODES[0])
    with Browser(rig.world) as browser:
        seen_as = browser.exit_address()

    assert seen_as == str(NODES[0].endpoint)
    assert rig.leaks() == ()


def test_host_without_tun_device_says_what_to_load_and_is_blocked(rig: Rig) -> None:
    daemon = rig.start(masks.without_folder(rig.how, "/dev/net"))

    daemon.call("tunnel.connect", profile_id="node1")
    cause = daemon.until(has_cause)["tunnel"]["cause"]
    rig.admit()
    came_out, leaks = rig.fire(), rig.leaks()
    daemon.disconnect(timeout_s=1.0)

    assert cause is not None
    assert cause["code"] == "transport.engine"
    assert "/dev/net/tun" in cause["detail"]
    assert came_out == set()
    assert leaks == ()
    assert rig.changed() == {}


@pytest.mark.parametrize(
    ("mask", "word"),
    [
        (lambda how: masks.without_capability(how, "net_admin"), "CAP_NET_ADMIN"),
        (lambda how: masks.without_files(how, NFT, LIBRARY), "install the package nftables"),
    ],
    ids=["no right to change the network", "nftables missing"],
)
def test_host_that_cannot_block_raises_the_alarm_and_opens_no_tunnel(
    rig: Rig, mask: Callable[[Start], Start], word: str
) -> None:
    daemon = rig.start(mask(rig.how))

    daemon.call("tunnel.connect", profile_id="node1")
    seen = daemon.until(lambda seen: not seen["tunnel"]["enforced"])

    assert seen["tunnel"]["state"] == "blocked"
    assert seen["tunnel"]["interface"] is None
    assert seen["tunnel"]["cause"] is not None
    assert seen["tunnel"]["cause"]["code"] == "protection.firewall"
    assert word in seen["tunnel"]["cause"]["detail"]
    assert "Traceback" not in daemon.log()
    daemon.stop()
    assert rig.changed() == {}


@contextlib.contextmanager
def full(daemon: Daemon) -> Iterator[None]:
    """Leave no byte on the disk that the daemon, and only it, keeps its state on."""
    state = Path(f"/proc/{daemon.program.pid}/root{daemon.started.state_dir}")
    filler = state / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4_096))
    try:
        yield
    finally:
        filler.unlink()


def test_full_disk_refuses_to_connect_and_touches_nothing(rig: Rig) -> None:
    daemon = rig.start(masks.on_a_small_disk(rig.how, "512k"))

    with full(daemon):
        daemon.call("tunnel.connect", profile_id="node1")
        refused = daemon.until(has_notice("connect.refused"))
        changed = rig.changed()
    connected = daemon.connect("node1")

    assert refused["tunnel"]["state"] == "disconnected"
    assert "No space left on device" in str(refused["notices"])
    assert changed == {}
    assert is_connected(connected)


def test_full_disk_keeps_nobody_from_disconnecting(rig: Rig) -> None:
    daemon = rig.start(masks.on_a_small_disk(rig.how, "512k"))
    daemon.connect("node1")

    with full(daemon):
        daemon.disconnect()
        changed = rig.changed()

    assert changed == {}


def test_two_connects_at_once_end_in_one_tunnel(rig: Rig, daemon: Daemon) -> None:
    rig.admit(*NODES)
    start = threading.Barrier(2)

    def ask(profile_id: str) -> None:
        start.wait()
        with contextlib.suppress(CommandError):
            daemon.call("tunnel.connect", profile_id=profile_id)

    askers = [threading.Thread(target=ask, args=(name,)) for name in ("node1", "node2")]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    daemon.until(is_connected)
    links = rig.world.run("client", ["ip", "-o", "link"]).stdout.count(": wv")

    assert links == 1
    assert rig.fire() == set()
    daemon.disconnect()
    assert rig.changed() == {}
