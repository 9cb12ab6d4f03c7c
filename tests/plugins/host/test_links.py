"""Links as the kernel shows them, and what a tunnel's link refuses."""

from __future__ import annotations

import struct
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.host.conftest import Host
from worldvpn_core.contracts import LinkFacts
from worldvpn_core.errors import RoutingError
from worldvpn_host.link_codec import INFO_KIND, LINK, LINK_NETNSID, LINKINFO, read_link
from worldvpn_host.links import KernelLinks
from worldvpn_host.netlink import attribute, attributes, messages
from worldvpn_host.route_socket import RouteSocket


@pytest.fixture
def links(sock: RouteSocket) -> KernelLinks:
    return KernelLinks(sock)


@pytest.mark.anyio
@pytest.mark.netns
class TestKernel:
    async def test_every_fact_is_read(self, host: Host, links: KernelLinks) -> None:
        host.run("ip link add br0 type bridge")
        host.run("ip link set eth0 master br0")
        host.run("ip link property add dev br0 altname a-name-longer-than-fifteen")
        host.tun("wv0")
        by_name = {link.name: link for link in await links.all()}
        assert {name: (one.kind, one.is_up) for name, one in by_name.items()} == {
            "lo": ("", True),
            "eth0": ("veth", True),
            "br0": ("bridge", False),
            "wv0": ("tun", True),
        }
        assert by_name["lo"].is_loopback
        assert by_name["eth0"].lower == 0
        assert by_name["eth0"].master == by_name["br0"].index
        assert by_name["br0"].alternative_names == ("a-name-longer-than-fifteen",)

    async def test_a_link_set_up_takes_no_orders(self, host: Host, links: KernelLinks) -> None:
        await links.add("wv0", "bridge")
        await links.set_up("wv0")
        found = {
            name: host.sysctl(f"ipv6/conf/wv0/{name}").read_text().strip()
            for name in ("accept_ra", "accept_redirects", "autoconf", "addr_gen_mode")
        }
        assert found == {
            "accept_ra": "0",
            "accept_redirects": "0",
            "autoconf": "0",
            "addr_gen_mode": "1",
        }
        assert host.sysctl("ipv4/conf/wv0/accept_redirects").read_text() == "0\n"
        assert "inet6" not in host.run("ip addr show dev wv0")

    async def test_a_link_that_is_gone_cannot_be_set_up(self, links: KernelLinks) -> None:
        with pytest.raises(RoutingError, match="wv9"):
            await links.set_up("wv9")

    async def test_an_mtu_that_cannot_be_is_refused_with_the_kernels_words(
        self, links: KernelLinks
    ) -> None:
        await links.add("wv0", "bridge")
        with pytest.raises(RoutingError, match="mtu greater than device maximum"):
            await links.set_mtu("wv0", 1 << 20)


@pytest.mark.parametrize(
    ("kind", "extra", "lower"),
    [
        ("vlan", b"", 3),
        ("veth", b"", 0),
        ("vlan", attribute(LINK_NETNSID, bytes(4)), 0),
    ],
)
def test_what_a_link_lies_on_is_told_unless_it_is_elsewhere(
    kind: str, extra: bytes, lower: int
) -> None:
    header = struct.pack("=BBHiII", 0, 0, 1, 9, 0, 0)
    info = attribute(LINKINFO, attribute(INFO_KIND, kind.encode() + b"\0"))
    assert read_link(header + info + attribute(LINK, b"\3\0\0\0") + extra).lower == lower


READ_ONLY = """
import asyncio
from worldvpn_core.errors import RoutingError
from worldvpn_host.links import KernelLinks
from worldvpn_host.route_socket import RouteSocket

async def main():
    links = KernelLinks(RouteSocket())
    await links.add("wv0", "bridge")
    try:
        await links.set_up("wv0")
    except RoutingError as error:
        print(error)
    print([link.is_up for link in await links.all() if link.name == "wv0"])

asyncio.run(main())
"""


@pytest.mark.netns
def test_where_settings_cannot_be_written_the_link_stays_down_and_says_so() -> None:
    read_only = "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys"
    done = subprocess.run(
        [
            *("unshare", "--net", "--mount", "sh", "-c"),
            f"{read_only} && exec {sys.executable} -c '{READ_ONLY}'",
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    said, up = done.stdout.splitlines()
    assert "Read-only file system" in said
    assert "writable /proc/sys" in said
    assert up == "[False]"


@given(st.binary(max_size=200))
def test_bytes_that_are_no_message_never_raise(data: bytes) -> None:
    assert sum(len(message.body) for message in messages(data)) <= len(data)
    assert sum(len(body) for _, body in attributes(data)) <= len(data)


@given(st.lists(st.tuples(st.integers(0, 0x3FFF), st.binary(max_size=40)), max_size=8))
def test_attributes_are_read_as_they_were_written(pairs: list[tuple[int, bytes]]) -> None:
    written = b"".join(attribute(kind, data) for kind, data in pairs)
    assert list(attributes(written)) == pairs


@given(st.binary(min_size=16, max_size=200))
def test_a_damaged_link_message_is_still_a_link(body: bytes) -> None:
    assert isinstance(read_link(body), LinkFacts)
