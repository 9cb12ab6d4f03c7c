"""Namespaces of ours: made whole or not at all, found by their name, removed by anyone."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.plugins.host.conftest import Host
from worldvpn_core.contracts import HelperSpec, NamespacePlan
from worldvpn_core.errors import EngineError
from worldvpn_core.types import NODE, NODE_GUESTS, NODE_UPLINK
from worldvpn_host.namespaces import KernelNamespaces, joints
from worldvpn_host.route_socket import RouteSocket

pytestmark = [pytest.mark.anyio, pytest.mark.netns]

NETLINK_NETFILTER = 12
#: asm-generic/socket.h
SO_NETNS_COOKIE = 71
PLAN = NamespacePlan(
    name=NODE,
    uplink=NODE_UPLINK,
    prefixes=(ip_network("10.90.0.0/24"), ip_network("fd90::/64")),
)


@pytest.fixture
async def namespaces(host: Host, tmp_path: Path) -> AsyncIterator[KernelNamespaces]:
    assert host
    made = KernelNamespaces(RouteSocket(), tmp_path / "names")
    yield made
    for name in await made.all():
        await made.remove(name)


async def said(namespaces: KernelNamespaces, *argv: str) -> str:
    """Return what a program says that is started inside."""
    space = namespaces.find(NODE)
    assert space is not None
    helper = await space.helpers.spawn(HelperSpec(name="asked", argv=argv))
    lines = []
    while (line := await helper.read_line()) is not None:
        lines.append(line)
    await helper.stop()
    return "\n".join(lines)


def test_the_first_addresses_of_a_prefix_are_the_pairs() -> None:
    (joint,) = joints((ip_network("10.90.0.0/24"),))

    assert (str(joint.outer), str(joint.inner)) == ("10.90.0.1/30", "10.90.0.2/30")


async def test_what_is_started_inside_sees_the_inside(
    host: Host, namespaces: KernelNamespaces
) -> None:
    await namespaces.make(PLAN)
    links = await said(namespaces, "ip", "-o", "link")

    assert NODE_UPLINK in links
    assert "eth0" not in links
    assert NODE in host.run("ip -o link")


def asking() -> socket.socket:
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)


async def test_socket_that_is_opened_inside_belongs_there(
    host: Host, namespaces: KernelNamespaces
) -> None:
    assert host
    space = await namespaces.make(PLAN)
    with await space.run(asking) as inside, await space.run(asking) as again, asking() as outside:
        cookies = [
            each.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8)
            for each in (inside, again, outside)
        ]
    assert cookies[0] == cookies[1] != cookies[2]


async def test_it_is_reached_in_both_families_and_passes_packets_on(
    host: Host, namespaces: KernelNamespaces
) -> None:
    space = await namespaces.make(PLAN)
    await space.links.add(NODE_GUESTS, "bridge")
    await space.links.set_up(NODE_GUESTS)
    await space.lead(NODE_GUESTS)
    forwarded = await said(namespaces, "cat", "/proc/sys/net/ipv4/ip_forward")
    routes = await said(namespaces, "ip", "-6", "route")

    assert "dev wvnode" in host.run("ip route get 10.90.0.77")
    assert "dev wvnode" in host.run("ip -6 route get fd90::77")
    assert forwarded == "1"
    assert f"fd90::/64 dev {NODE_GUESTS}" in routes


async def test_links_of_the_inside_are_configured_there(
    host: Host, namespaces: KernelNamespaces
) -> None:
    space = await namespaces.make(PLAN)
    await space.links.add(NODE_GUESTS, "bridge")
    await space.links.set_up(NODE_GUESTS)
    path = f"/proc/sys/net/ipv6/conf/{NODE_GUESTS}/accept_ra"

    assert await said(namespaces, "cat", path) == "0"
    assert not host.sysctl(f"ipv6/conf/{NODE_GUESTS}").exists()


async def test_removing_it_leaves_nothing_and_may_be_repeated(
    host: Host, namespaces: KernelNamespaces
) -> None:
    before = host.run("ip -o link") + host.run("ip -6 route") + host.run("ip route")
    await namespaces.make(PLAN)
    await namespaces.remove(NODE)
    await namespaces.remove(NODE)

    assert host.run("ip -o link") + host.run("ip -6 route") + host.run("ip route") == before
    assert await namespaces.all() == ()
    assert namespaces.find(NODE) is None


async def test_a_later_run_finds_and_removes_what_a_crash_has_left(
    host: Host, namespaces: KernelNamespaces, tmp_path: Path
) -> None:
    await namespaces.make(PLAN)
    later = KernelNamespaces(RouteSocket(), tmp_path / "names")
    found = await later.all()
    await later.remove(NODE)

    assert found == (NODE,)
    assert NODE not in host.run("ip -o link")
    assert await namespaces.all() == ()


async def test_a_crash_between_the_file_and_the_namespace_is_no_hindrance(
    namespaces: KernelNamespaces, tmp_path: Path
) -> None:
    (tmp_path / "names").mkdir()
    (tmp_path / "names" / NODE).touch()
    await namespaces.make(PLAN)

    assert await namespaces.all() == (NODE,)


async def test_what_the_kernel_refuses_leaves_nothing_and_says_why(
    host: Host, namespaces: KernelNamespaces
) -> None:
    before = host.run("ip -o link")
    twice = NamespacePlan(name=NODE, uplink=NODE_UPLINK, prefixes=PLAN.prefixes[:1] * 2)

    with pytest.raises(EngineError, match="no network of its own"):
        await namespaces.make(twice)
    assert await namespaces.all() == ()
    assert host.run("ip -o link") == before


async def test_being_cancelled_at_any_moment_leaves_nothing(
    host: Host, namespaces: KernelNamespaces
) -> None:
    before = host.run("ip -o link")
    for step in range(12):
        making = asyncio.ensure_future(namespaces.make(PLAN))
        await asyncio.sleep(step / 1_000)
        making.cancel()
        await asyncio.wait({making})
        if not making.cancelled():
            await namespaces.remove(NODE)
        assert await namespaces.all() == ()
        assert host.run("ip -o link") == before
