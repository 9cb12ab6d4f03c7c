"""What may not leave is refused at once, so that programs do not hang."""

from __future__ import annotations

import errno
import itertools
import socket

import pytest

from tests.e2e.rig import Rig
from worldvpn_lab.daemon import Daemon
from worldvpn_lab.dns import RESOLVER
from worldvpn_lab.map import NODES, PLACES

pytestmark = pytest.mark.netns

#: A refusal is there before this; a program that hangs is not.
PATIENCE_S = 5.0
RESOLVERS = ((socket.AF_INET, PLACES.resolver), (socket.AF_INET6, PLACES.resolver6))
#: What a refusal of ours looks like to a program, whichever layer made it.
REFUSED = {
    errno.ECONNREFUSED,
    errno.EPERM,
    errno.EACCES,
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
}


def attempt(rig: Rig, family: int, kind: int, address: tuple[str, int]) -> int:
    """Talk to ``address`` from the client; return how the kernel refused, or 0."""
    with rig.world.open_socket("client", family, kind) as line:
        line.settimeout(PATIENCE_S)
        try:
            line.connect(address)
            if kind == socket.SOCK_DGRAM:
                line.send(b"question")
                line.recv(1)
        except OSError as error:
            return error.errno or errno.ETIMEDOUT
    return 0


def test_stranger_resolver_is_refused_at_once_when_connected(rig: Rig, daemon: Daemon) -> None:
    daemon.connect("node1")
    rig.admit(NODES[0])

    for (family, host), port in itertools.product(RESOLVERS, (53, 853)):
        address = (str(host), port)
        assert attempt(rig, family, socket.SOCK_STREAM, address) == errno.ECONNREFUSED
        assert attempt(rig, family, socket.SOCK_DGRAM, address) in REFUSED
    for family, host in RESOLVERS:
        assert attempt(rig, family, socket.SOCK_STREAM, (str(host), 80)) == 0

    assert rig.leaks() == ()


def test_resolver_that_the_owner_chose_is_asked_through_the_tunnel_and_no_other(
    rig: Rig, daemon: Daemon
) -> None:
    daemon.call("settings.set", changes={"dns_servers": [str(PLACES.resolver)]})
    daemon.connect("node1")
    rig.admit(NODES[0])

    asked = rig.world.run("client", ["getent", "ahostsv4", RESOLVER]).checked().split()[0]

    assert asked == str(PLACES.resolver)
    for family, host in RESOLVERS:
        is_chosen = host == PLACES.resolver
        refusal = 0 if is_chosen else errno.ECONNREFUSED
        assert attempt(rig, family, socket.SOCK_STREAM, (str(host), 53)) == refusal
    assert attempt(rig, socket.AF_INET, socket.SOCK_STREAM, (str(NODES[0].gateway.ip), 53)) != 0
    assert rig.leaks() == ()


def test_everything_is_refused_at_once_when_blocked(rig: Rig, daemon: Daemon) -> None:
    daemon.connect("node1")
    daemon.stop()
    rig.admit()

    kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM)
    for (family, host), kind, port in itertools.product(RESOLVERS, kinds, (53, 80)):
        assert attempt(rig, family, kind, (str(host), port)) in REFUSED

    assert rig.leaks() == ()
