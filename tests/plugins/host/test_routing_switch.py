"""From one tunnel to another, and large or repeated policies, on a real kernel."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address, ip_interface, ip_network

import attrs
import pytest

from tests.plugins.host.conftest import Host
from tests.plugins.host.policies import (
    BLOCKED,
    LAN_LIVE,
    LIVE,
    SHARING,
    way,
)
from worldvpn_core.policy import RoutingPolicy, TunnelLink
from worldvpn_core.types import IpInterface
from worldvpn_host.news import GROUPS
from worldvpn_host.route_socket import open_route_socket
from worldvpn_host.routing import KernelRouting

pytestmark = [pytest.mark.anyio, pytest.mark.netns]


def with_addresses(*addresses: IpInterface) -> RoutingPolicy:
    """Return LIVE with other addresses on its link."""
    return attrs.evolve(LIVE, links=(TunnelLink(interface="wv0", addresses=addresses),))


@contextmanager
def hammering(destinations: tuple[str, ...]) -> Iterator[list[OSError]]:
    """Send as fast as possible to ``destinations``, and gather what was refused."""
    refused: list[OSError] = []
    done = threading.Event()

    def send() -> None:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as v4,
            socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as v6,
        ):
            while not done.is_set():
                for destination in destinations:
                    try:
                        (v6 if ":" in destination else v4).sendto(b"x", (destination, 9))
                    except OSError as error:
                        refused.append(error)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield refused
    finally:
        done.set()
        thread.join()


async def test_switching_refuses_no_packet(host: Host, routing: KernelRouting) -> None:
    host.tun("wv1")
    second = TunnelLink(
        interface="wv1", addresses=(ip_interface("10.65.0.2/32"), ip_interface("fd65::2/128"))
    )
    both = (*LIVE.links, second)
    old = attrs.evolve(LIVE, links=both)
    new = attrs.evolve(LIVE, links=both, live="wv1")
    await routing.apply(old)
    with hammering(("198.51.100.7", "2001:db8::7")) as refused:
        for _ in range(20):
            await routing.apply(new)
            await routing.apply(old)
    assert refused == []
    await routing.apply(new)
    for family in ("-4", "-6"):
        listed = host.run(f"ip {family} route show default table 22358").splitlines()
        assert [line.split()[2] for line in listed if "dev wv" in line] == ["wv1"]


async def test_an_address_survives_its_neighbour_of_the_same_prefix(
    host: Host, routing: KernelRouting
) -> None:
    first, second = ip_interface("10.64.0.2/24"), ip_interface("10.64.0.3/24")
    await routing.apply(with_addresses(first, second))
    await routing.apply(with_addresses(second))
    assert re.findall(r"inet (\S+)", host.run("ip -4 addr show dev wv0")) == [str(second)]


async def test_a_long_list_of_prefixes_fits_one_batch(host: Host, routing: KernelRouting) -> None:
    many = tuple(ip_network((0x14000000 + (number << 8), 24)) for number in range(2_000))
    await routing.apply(attrs.evolve(LIVE, allowed=many))
    listed = host.run("ip route show table 22358 dev wv0").splitlines()
    assert len(listed) == len(many)
    await routing.apply(BLOCKED)
    assert host.run("ip route show table 22358 dev wv0") == ""


def asked_for(listener: socket.socket) -> list[int]:
    """Return the kinds of news that somebody's request has made; the kernel's own has no port."""
    kinds = []
    with contextlib.suppress(BlockingIOError):
        while True:
            _length, kind, _flags, _sequence, port = struct.unpack_from(
                "=IHHII", listener.recv(65_536)
            )
            if port:
                kinds.append(kind)
    return kinds


async def test_a_second_apply_sends_nothing(host: Host, routing: KernelRouting) -> None:
    policy = attrs.evolve(LAN_LIVE, retired=(ip_address("10.63.0.2"),), node=SHARING)
    await routing.apply(policy)
    with open_route_socket(GROUPS) as listener:
        listener.settimeout(0)
        await routing.apply(policy)
        assert asked_for(listener) == []
        await routing.apply(LIVE)
        assert asked_for(listener) != []
    assert way(host, "198.51.100.7") == "wv0"
