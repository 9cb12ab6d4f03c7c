"""What passing on the packets of guests changes on a host, and that it is given back."""

from __future__ import annotations

import attrs
import pytest

from tests.plugins.host.conftest import Host
from tests.plugins.host.policies import BLOCKED, RELEASED, SHARING
from worldvpn_core.contracts import Change
from worldvpn_host.forwarding import HeldForwarding
from worldvpn_host.route_socket import RouteSocket
from worldvpn_host.routing import KernelRouting

pytestmark = [pytest.mark.anyio, pytest.mark.netns]

SHARED = attrs.evolve(RELEASED, node=SHARING)
NAMES = ("ipv4/ip_forward", "ipv6/conf/all/forwarding", "ipv6/conf/eth0/accept_ra")


def values(host: Host) -> list[str]:
    return [host.sysctl(name).read_text().strip() for name in NAMES]


@pytest.fixture
def quiet(host: Host) -> Host:
    """A host that passes nothing on, and takes router advertisements."""
    for name, value in zip(NAMES, "001", strict=True):
        host.sysctl(name).write_text(value)
    return host


async def test_packets_are_passed_on_only_while_it_shares(
    quiet: Host, routing: KernelRouting
) -> None:
    await routing.apply(SHARED)
    shared = values(quiet)
    await routing.apply(RELEASED)

    assert shared == ["1", "1", "2"]
    assert values(quiet) == ["0", "0", "1"]


async def test_a_host_that_is_blocked_meanwhile_goes_on_sharing(
    quiet: Host, routing: KernelRouting
) -> None:
    await routing.apply(SHARED)
    await routing.apply(attrs.evolve(BLOCKED, node=SHARING))
    await routing.apply(BLOCKED)

    assert values(quiet) == ["0", "0", "1"]


async def test_a_host_that_was_a_router_stays_one(host: Host, routing: KernelRouting) -> None:
    host.sysctl(NAMES[0]).write_text("1")
    await routing.apply(SHARED)
    await routing.apply(RELEASED)

    assert values(host)[0] == "1"


async def test_a_later_run_gives_back_what_a_crashed_one_changed(quiet: Host) -> None:
    crashed = KernelRouting(RouteSocket())
    recorded = await crashed.record(SHARED)
    await crashed.apply(SHARED)
    later = KernelRouting(RouteSocket())
    later.adopt(recorded)
    await later.apply(RELEASED)

    assert values(quiet) == ["0", "0", "1"]


async def test_only_what_sharing_needs_is_recorded_and_only_while_it_shares(quiet: Host) -> None:
    assert quiet
    routing = KernelRouting(RouteSocket())

    assert await routing.record(RELEASED) == ()
    assert {change.kind for change in await routing.record(SHARED)} == {"forwarding"}
    assert {change.kind for change in await routing.record(BLOCKED)} == {"sysctl"}


@pytest.mark.parametrize(
    "name",
    ["../../kernel/core_pattern", "ipv6/conf/../../x/accept_ra", "ipv4/conf/all/accept_ra", ""],
)
def test_a_forged_record_names_no_other_file(host: Host, name: str) -> None:
    held = HeldForwarding()
    held.adopt((Change(kind="forwarding", name=name, old="1"),))

    assert name not in {change.name for change in held.record()}
    assert host


async def test_a_network_is_closed_to_guests_before_the_link_that_was_down_has_it_again(
    host: Host, routing: KernelRouting
) -> None:
    refused = "to fd00:1::/64 iif wvnode"
    await routing.apply(SHARED)
    before = host.run("ip -6 rule")
    # As the kernel does when a link goes down.
    host.run("ip -6 addr flush dev eth0")
    await routing.apply(SHARED)
    meanwhile = host.run("ip -6 rule")
    await routing.apply(RELEASED)

    assert refused in before
    assert refused in meanwhile
    assert refused not in host.run("ip -6 rule")
