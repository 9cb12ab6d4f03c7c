"""Others on the same host: another VPN, a program that talks nonsense to our socket."""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
from collections.abc import Iterator

import pytest

from tests.e2e.host import Facts, differences, facts_of
from tests.e2e.rig import Rig
from worldvpn_core.ipc.protocol import MAX_LINE_BYTES
from worldvpn_lab import build
from worldvpn_lab.daemon import Daemon, is_in
from worldvpn_lab.map import NODES

pytestmark = pytest.mark.netns

#: A firewall that has its own opinion.
_OTHER_FIREWALL = """
table inet other {
  chain out { type filter hook output priority -10; policy accept; counter accept; }
  chain forward { type filter hook forward priority 10; policy accept; }
}
table ip filter {
  chain OUTPUT { type filter hook output priority 0; policy accept; }
}
"""
_NO_OTHER_FIREWALL = "delete table inet other; delete table ip filter\n"
#: What wg-quick(8) sets up: all but its own packets go into its tunnel.
_OTHER_VPN = """
ip tuntap add dev other0 mode tun
ip address add 10.99.0.2/24 dev other0
ip address add fd99::2/64 dev other0 nodad
ip link set other0 up
for family in -4 -6; do
  ip $family route add default dev other0 table 51820
  ip $family rule add not fwmark 51820 table 51820
  ip $family rule add table main suppress_prefixlength 0
done
"""
_NO_OTHER_VPN = """
ip link delete other0
for family in -4 -6; do
  ip $family rule delete not fwmark 51820 table 51820
  ip $family rule delete table main suppress_prefixlength 0
done
"""


@contextlib.contextmanager
def another_firewall(rig: Rig) -> Iterator[None]:
    build.load_rules(rig.world, "client", _OTHER_FIREWALL)
    yield
    build.load_rules(rig.world, "client", _NO_OTHER_FIREWALL)


@contextlib.contextmanager
def another_vpn(rig: Rig) -> Iterator[None]:
    rig.world.run("client", ["sh", "-ec", _OTHER_VPN]).checked()
    yield
    rig.world.run("client", ["sh", "-ec", _NO_OTHER_VPN]).checked()


def without_counts(facts: Facts) -> Facts:
    """Return ``facts`` without what the other's firewall has counted."""
    counted = re.compile(r"packets \d+ bytes \d+")
    return {name: tuple(counted.sub("", line) for line in lines) for name, lines in facts.items()}


def is_kept(before: Facts, meanwhile: Facts) -> bool:
    """Say whether all that was there is there still, whatever came besides."""
    old, new = without_counts(before), without_counts(meanwhile)
    kept = ("rules4", "rules6", "routes4", "routes6", "addresses", "firewall")
    return all(set(old[fact]) <= set(new[fact]) for fact in kept)


def test_other_firewall_is_left_alone(rig: Rig, daemon: Daemon) -> None:
    with another_firewall(rig):
        before = facts_of(rig.world)
        daemon.connect("node1")
        rig.admit(NODES[0])
        came_out, leaks, meanwhile = rig.fire(), rig.leaks(), facts_of(rig.world)
        daemon.disconnect()
        after = facts_of(rig.world)

    assert came_out == set()
    assert leaks == ()
    assert is_kept(before, meanwhile)
    assert differences(without_counts(before), without_counts(after)) == {}


def test_other_vpn_that_takes_our_packets_is_left_alone_and_lets_nothing_out(
    rig: Rig, daemon: Daemon
) -> None:
    with another_vpn(rig):
        before = facts_of(rig.world)
        daemon.call("tunnel.connect", profile_id="node1")
        daemon.until(is_in("connecting"))
        rig.admit(NODES[0])
        came_out, leaks, meanwhile = rig.fire(), rig.leaks(), facts_of(rig.world)
        daemon.disconnect()
        after = facts_of(rig.world)

    assert came_out == set()
    assert leaks == ()
    assert is_kept(before, meanwhile)
    assert differences(before, after) == {}


def nonsense() -> Iterator[bytes]:
    yield hashlib.shake_128(b"nonsense").digest(4_096)
    yield b"\n" * 1_000
    yield b'{"jsonrpc": "2.0", "id": 1, "method": "hello"}\n'
    yield b'{"jsonrpc": "2.0", "id": 1, "method": "tunnel.disconnect", "params": {}}\n'
    yield b"[" * 100_000 + b"\n"
    yield b'{"a": ' * 20_000 + b"\n"
    yield b'{"jsonrpc": "2.0", "id": 1e999, "method": "hello", "params": {"version": 1}}\n'
    yield b'{"jsonrpc": "2.0", "id": 1, "method": "hello", "params": {"version": NaN}}\n'
    yield b"x" * (MAX_LINE_BYTES + 1) + b"\n"
    yield b"\xff\xfe\x00" * 1_000 + b"\n"


def test_nonsense_on_the_socket_disturbs_neither_tunnel_nor_others(
    rig: Rig, daemon: Daemon
) -> None:
    before = daemon.connect("node1")["tunnel"]
    rig.admit(NODES[0])

    for data in nonsense():
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(5.0)
            line.connect(str(daemon.socket_path))
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                line.sendall(data)
                line.shutdown(socket.SHUT_WR)
                while line.recv(65_536):
                    pass
    after = daemon.status()["tunnel"]

    for unchanged in ("state", "interface", "since_utc"):
        assert after[unchanged] == before[unchanged]
    assert rig.fire() == set()
    assert rig.leaks() == ()
    assert "Traceback" not in daemon.log()
