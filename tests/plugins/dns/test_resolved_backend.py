"""systemd-resolved's interface on a real bus, answered by a small service of the test's."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

import attrs
import pytest
from dbus_fast.aio import MessageBus

from tests.plugins.dns.resolved_service import SERVICE, ResolvedLink, ResolvedService
from worldvpn_core.contracts import LinkFacts
from worldvpn_core.policy import DnsPolicy
from worldvpn_core.testing.dns_contract import INSIDE, RELEASED, DnsProtectorContract
from worldvpn_core.types import DnsUpstream, IpAddress
from worldvpn_dns.protector import HostDnsProtector
from worldvpn_dns.resolv_conf import is_ours
from worldvpn_dns.resolved import entries_of

Make = Callable[..., HostDnsProtector]

STUB = "nameserver 127.0.0.53\noptions edns0 trust-ad\n"
GATEWAY = ip_address("192.0.2.53")
BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>custom</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>
<allow user="*"/></policy></busconfig>
"""


@pytest.fixture
def bus_address(tmp_path: Path) -> Iterator[str]:
    socket = tmp_path / "bus"
    config = tmp_path / "bus.conf"
    config.write_text(BUS_CONFIG.format(socket=socket))
    daemon = subprocess.Popen(
        ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert daemon.stdout is not None
    with daemon.stdout:
        yield daemon.stdout.readline().decode().strip()
        daemon.kill()
        daemon.wait()


async def closed(bus: MessageBus) -> None:
    bus.disconnect()
    # Untyped in the library.
    await cast("Any", bus).wait_for_disconnect()


@pytest.fixture
async def service(bus_address: str) -> AsyncIterator[ResolvedService]:
    bus = await MessageBus(bus_address=bus_address).connect()
    service = ResolvedService(bus)
    service.links[2] = ResolvedLink(servers=[(2, GATEWAY.packed)], domains=[("lan", False)])
    bus.add_message_handler(service.hear)
    await bus.request_name(SERVICE)
    yield service
    await closed(bus)


@attrs.frozen
class ResolvedHost:
    make: Make
    service: ResolvedService
    bus_address: str
    path: Path
    interface: str = "wv0"
    made: list[HostDnsProtector] = attrs.field(factory=list)

    def protector(self) -> HostDnsProtector:
        self.made.append(self.make(system_bus=self.bus_address))
        return self.made[-1]

    async def close(self) -> None:
        """Close what a process that ends would."""
        for protector in self.made:
            connection = protector._resolved._bus
            if connection is not None:
                await closed(connection._bus)

    async def servers(self) -> tuple[IpAddress, ...]:
        assert self.path.read_bytes() == STUB.encode()
        return self.service.asked()

    async def disturb(self) -> None:
        self.service.carry_out("RevertLink", [7])


@pytest.fixture
def stub(resolv_conf: Path) -> Path:
    resolv_conf.with_name("stub-resolv.conf").write_text(STUB)
    resolv_conf.unlink()
    resolv_conf.symlink_to("stub-resolv.conf")
    return resolv_conf


@pytest.fixture
async def resolver_host(
    make_protector: Make, service: ResolvedService, bus_address: str, stub: Path
) -> AsyncIterator[ResolvedHost]:
    host = ResolvedHost(make_protector, service, bus_address, stub)
    yield host
    await host.close()


pytestmark = pytest.mark.anyio


class TestResolvedProtector(DnsProtectorContract):
    pass


def inside(interface: str = "wv0") -> DnsPolicy:
    return DnsPolicy(
        held=True,
        upstreams=(DnsUpstream(host=INSIDE),),
        search=("corp.example",),
        interface=interface,
    )


async def test_every_name_goes_to_our_link_and_to_no_other_protocol(
    resolver_host: ResolvedHost,
) -> None:
    protector = resolver_host.protector()
    await protector.apply(inside())
    link = resolver_host.service.links[7]
    assert protector.name == "resolved"
    assert link.domains == [("corp.example", False), (".", True)]
    assert link.default_route
    assert link.quiet == ["SetLinkLLMNR", "SetLinkMulticastDNS", "SetLinkDNSOverTLS"]


async def test_before_there_is_a_tunnel_resolved_is_held_and_not_replaced(
    resolver_host: ResolvedHost,
) -> None:
    protector = resolver_host.protector()
    await protector.apply(attrs.evolve(inside(), interface=None))
    assert protector.name == "resolved"
    assert resolver_host.service.calls == ["FlushCaches"]
    assert set(resolver_host.service.links) == {2}


async def test_answers_of_another_path_are_forgotten(resolver_host: ResolvedHost) -> None:
    await resolver_host.protector().apply(inside())
    assert "FlushCaches" in resolver_host.service.calls


async def test_switching_tunnels_leaves_only_the_new_link(resolver_host: ResolvedHost) -> None:
    protector = resolver_host.protector()
    await protector.apply(inside("wv0"))
    await protector.apply(inside("wv1"))
    assert set(resolver_host.service.links) == {2, 8}


async def test_other_links_are_left_as_they_were(resolver_host: ResolvedHost) -> None:
    protector = resolver_host.protector()
    before = attrs.evolve(resolver_host.service.links[2])
    await protector.apply(inside())
    await protector.apply(RELEASED)
    assert resolver_host.service.links == {2: before}


async def test_an_older_resolved_without_a_setting_is_no_obstacle(
    resolver_host: ResolvedHost,
) -> None:
    resolver_host.service.refused.add("SetLinkDNSOverTLS")
    await resolver_host.protector().apply(inside())
    assert resolver_host.service.asked() == (INSIDE,)


async def test_a_refused_link_gives_way_to_the_file(resolver_host: ResolvedHost) -> None:
    resolver_host.service.refused.add("SetLinkDNS")
    protector = resolver_host.protector()
    await protector.apply(inside())
    assert protector.name == "resolv.conf"
    assert is_ours(resolver_host.path.read_bytes())
    await protector.apply(RELEASED)
    assert await resolver_host.servers() == (GATEWAY,)


@pytest.mark.usefixtures("stub")
async def test_a_stub_whose_service_is_gone_gives_way_to_the_file(make_protector: Make) -> None:
    protector = make_protector()
    await protector.apply(inside())
    assert protector.name == "resolv.conf"


async def test_a_service_that_leaves_the_bus_is_drift(resolver_host: ResolvedHost) -> None:
    protector = resolver_host.protector()
    await protector.apply(inside())
    watching = asyncio.create_task(protector.drifted())
    await asyncio.sleep(0)
    await resolver_host.service.bus.release_name(SERVICE)
    await asyncio.wait_for(watching, 10)


async def test_a_file_that_leaves_the_stub_is_drift_and_is_held_instead(
    resolver_host: ResolvedHost,
) -> None:
    protector = resolver_host.protector()
    await protector.apply(inside())
    watching = asyncio.create_task(protector.drifted())
    await asyncio.sleep(0)
    # Renamed over the link: the stub's own file hears nothing of it.
    new = resolver_host.path.with_name("new")
    new.write_text("nameserver 198.51.100.1\n")
    new.rename(resolver_host.path)
    await asyncio.wait_for(watching, 10)
    await protector.apply(inside())
    assert protector.name == "resolv.conf"
    assert set(resolver_host.service.links) == {2}
    await protector.apply(RELEASED)
    assert resolver_host.path.read_text() == "nameserver 198.51.100.1\n"


def test_entries_of_another_link_are_not_ours() -> None:
    links = [LinkFacts(name="eth0", index=2), LinkFacts(name="wv0", index=7)]
    listed = [[link.index, "." if link.index == 7 else "lan", True] for link in links]
    assert entries_of(listed, 7) == ((".", True),)
