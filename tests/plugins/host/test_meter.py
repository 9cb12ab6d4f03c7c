"""What interfaces have carried, as the kernel counts it."""

from __future__ import annotations

import os
import socket

import pytest

from tests.plugins.host.conftest import Host
from worldvpn_core.contracts import Reading
from worldvpn_host.link_codec import read_volume
from worldvpn_host.meter import KernelMeter
from worldvpn_host.route_socket import RouteSocket

#: An IPv4 datagram that nobody here waits for, as a tunnel's engine writes it.
DATAGRAM = bytes.fromhex("45000020000000004011000009090909c0a80102") + bytes(12)


@pytest.fixture
def meter(sock: RouteSocket) -> KernelMeter:
    return KernelMeter(sock)


async def read(meter: KernelMeter, name: str = "wv0") -> Reading:
    found = await meter.read(name)
    assert found is not None
    return found


@pytest.mark.anyio
@pytest.mark.netns
class TestKernel:
    async def test_what_comes_in_is_counted_to_the_byte(
        self, host: Host, meter: KernelMeter
    ) -> None:
        tun = host.tun("wv0")
        before = await read(meter)
        for _ in range(10):
            os.write(tun, DATAGRAM)
        after = await read(meter)
        assert after.received_bytes - before.received_bytes == 10 * len(DATAGRAM)
        assert after.sent_bytes == before.sent_bytes

    async def test_what_goes_out_is_counted_to_the_byte(
        self, host: Host, meter: KernelMeter
    ) -> None:
        tun = host.tun("wv0")
        host.run("ip addr add 10.9.9.1/24 dev wv0")
        while _taken(tun):
            pass
        before = await read(meter)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(bytes(100), ("10.9.9.2", 9))
        taken = _taken(tun)
        after = await read(meter)
        assert after.sent_bytes - before.sent_bytes == taken == 128

    async def test_interface_made_anew_is_another_source(
        self, host: Host, meter: KernelMeter
    ) -> None:
        os.write(host.tun("wv0"), DATAGRAM)
        before = await read(meter)
        host.run("ip link del wv0")
        assert await meter.read("wv0") is None
        host.tun("wv0")
        after = await read(meter)
        assert before.received_bytes == len(DATAGRAM)
        assert after.received_bytes == 0
        assert before.source != after.source

    async def test_source_names_this_boot(self, host: Host, meter: KernelMeter) -> None:
        boot = host.run("cat /proc/sys/kernel/random/boot_id").strip()
        assert (await read(meter, "lo")).source.startswith(f"{boot}/")

    async def test_interface_that_is_not_there_is_none(
        self, host: Host, meter: KernelMeter
    ) -> None:
        del host
        assert await meter.read("wv9") is None

    async def test_reading_goes_on_after_a_name_that_is_not_there(
        self, host: Host, meter: KernelMeter
    ) -> None:
        host.tun("wv0")
        assert await meter.read("wv9") is None
        assert (await read(meter)).received_bytes == 0


def _taken(tun: int) -> int:
    try:
        return len(os.read(tun, 2_000))
    except BlockingIOError:
        return 0


def test_link_without_counters_has_none() -> None:
    assert read_volume(bytes(16)) is None
