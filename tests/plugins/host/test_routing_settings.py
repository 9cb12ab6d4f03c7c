"""The settings that routing needs, and those it finds."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import attrs
import pytest

from tests.plugins.host.conftest import Host
from tests.plugins.host.policies import (
    BLOCKED,
    LIVE,
    RELEASED,
    way,
)
from worldvpn_core.errors import RoutingError
from worldvpn_core.policy import RoutingPolicy
from worldvpn_host.routing import KernelRouting

pytestmark = [pytest.mark.anyio, pytest.mark.netns]

MARK = "0x57560000"


def is_answered(destination: str, within_s: float) -> bool:
    """Send from a marked socket to a closed port; say whether the refusal came back."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, int(MARK, 16))
        sock.settimeout(within_s)
        sock.connect((destination, 9))
        sock.send(b"x")
        try:
            sock.recv(1)
        except ConnectionRefusedError:
            return True
        except TimeoutError:
            return False
    raise AssertionError("a closed port has answered")


async def test_a_failed_first_apply_gives_the_settings_back(
    host: Host, routing: KernelRouting
) -> None:
    with pytest.raises(RoutingError, match="wv7"):
        await routing.apply(attrs.evolve(LIVE, live="wv7"))
    assert host.sysctl("ipv4/conf/all/arp_ignore").read_text() == "0\n"


async def test_settings_are_raised_and_given_back(host: Host, routing: KernelRouting) -> None:
    files = [host.sysctl(f"ipv4/conf/all/{name}") for name in ("arp_ignore", "src_valid_mark")]
    await routing.apply(BLOCKED)
    held = [file.read_text() for file in files]
    await routing.apply(RELEASED)
    assert held == ["2\n", "1\n"]
    assert [file.read_text() for file in files] == ["0\n", "0\n"]


async def test_a_setting_that_somebody_changed_meanwhile_is_kept(
    host: Host, routing: KernelRouting
) -> None:
    file = host.sysctl("ipv4/conf/all/arp_ignore")
    await routing.apply(BLOCKED)
    file.write_text("1")
    await routing.apply(RELEASED)
    assert file.read_text() == "1\n"


async def test_a_setting_that_asks_for_more_is_left_alone(
    host: Host, routing: KernelRouting
) -> None:
    file = host.sysctl("ipv4/conf/all/arp_ignore")
    file.write_text("8")
    await routing.apply(BLOCKED)
    held = file.read_text()
    await routing.apply(RELEASED)
    assert (held, file.read_text()) == ("8\n", "8\n")


@pytest.mark.parametrize(("strictness", "policy"), [("1", LIVE), ("2", BLOCKED)])
async def test_marked_replies_pass_a_reverse_path_filter(
    host: Host, routing: KernelRouting, strictness: str, policy: RoutingPolicy
) -> None:
    host.sysctl("ipv4/conf/eth0/rp_filter").write_text(strictness)
    # What the firewall does for the outer endpoint's packets; here for every one.
    host.run("nft add table ip t")
    host.run("nft add chain ip t c { type filter hook prerouting priority -150 ; }")
    host.run(f"nft add rule ip t c iifname eth0 meta mark set {MARK}")
    await routing.apply(policy)
    assert is_answered("192.168.1.1", within_s=30)
    host.sysctl("ipv4/conf/all/src_valid_mark").write_text("0")
    assert not is_answered("192.168.1.1", within_s=0.5)


async def test_a_host_with_ipv6_switched_off_is_routed_in_ipv4(
    host: Host, routing: KernelRouting
) -> None:
    host.sysctl("ipv6/conf/all/disable_ipv6").write_text("1")
    await routing.apply(attrs.evolve(LIVE, retired=(ip_address("fd63::2"),)))
    assert (way(host, "198.51.100.7"), way(host, "2001:db8::7")) == ("wv0", "refused")
    host.sysctl("ipv6/conf/all/disable_ipv6").write_text("0")
    await routing.apply(LIVE)
    assert way(host, "2001:db8::7") == "wv0"
