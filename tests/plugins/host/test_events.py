"""News from the host: what is told, what is not, and when."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from ipaddress import ip_address

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.host.conftest import Host
from tests.plugins.host.policies import BLOCKED, LIVE
from worldvpn_core.contracts import HostEvent, LinksChanged, NetworkChanged, Resumed
from worldvpn_host.events import Bursts, KernelEvents
from worldvpn_host.link_codec import RTM_DELLINK, RTM_NEWLINK
from worldvpn_host.netlink import Message, attribute_text
from worldvpn_host.news import NewsReader
from worldvpn_host.resume import ClockJumps, has_slept, slept_ns
from worldvpn_host.route_socket import RouteSocket
from worldvpn_host.routing import KernelRouting

EVENTS: st.SearchStrategy[HostEvent] = st.sampled_from(
    [LinksChanged(), NetworkChanged(), Resumed()]
)
AF_BRIDGE = 7
#: Longer than any burst, for what must not come.
CALM_S = 0.15
EVENTUALLY_S = 10.0


@pytest.fixture
async def heard(host: Host, sock: RouteSocket) -> AsyncIterator[asyncio.Queue[HostEvent]]:
    """What a watcher hears, from now on."""
    host.tun("wv0")
    queue: asyncio.Queue[HostEvent] = asyncio.Queue()

    async def listen() -> None:
        async for event in KernelEvents(sock).watch():
            queue.put_nowait(event)

    task = asyncio.create_task(listen())
    await asyncio.sleep(CALM_S)
    yield queue
    task.cancel()
    await asyncio.wait([task])


async def next_of(queue: asyncio.Queue[HostEvent]) -> HostEvent:
    async with asyncio.timeout(EVENTUALLY_S):
        return await queue.get()


async def all_of(queue: asyncio.Queue[HostEvent]) -> set[HostEvent]:
    await asyncio.sleep(CALM_S)
    return {queue.get_nowait() for _ in range(queue.qsize())}


@pytest.mark.anyio
@pytest.mark.netns
class TestWatch:
    @pytest.mark.parametrize(
        "command",
        [
            "ip link add br0 type bridge",
            "ip link set eth0 down",
            "ip link del wv0",
            "ip link set eth0 alias x name lan0",
        ],
    )
    async def test_links_that_come_go_or_change_are_told(
        self, host: Host, heard: asyncio.Queue[HostEvent], command: str
    ) -> None:
        host.run(command)
        assert await next_of(heard) == LinksChanged()

    async def test_a_link_that_joins_a_bridge_is_told(
        self, host: Host, heard: asyncio.Queue[HostEvent]
    ) -> None:
        host.run("ip link add br0 type bridge")
        await all_of(heard)
        host.run("ip link set eth0 master br0")
        assert await next_of(heard) == LinksChanged()

    @pytest.mark.parametrize(
        "command",
        [
            "ip addr add 192.168.1.9/24 dev eth0",
            "ip route add 198.51.100.0/24 via 192.168.1.1",
            "ip route del default",
            "ip -6 route del default",
            "ip rule add from 192.168.1.5 lookup 99",
        ],
    )
    async def test_addresses_routes_and_rules_of_others_are_told(
        self, host: Host, heard: asyncio.Queue[HostEvent], command: str
    ) -> None:
        host.run(command)
        assert await next_of(heard) == NetworkChanged()

    async def test_our_own_changes_are_no_news(
        self, heard: asyncio.Queue[HostEvent], sock: RouteSocket
    ) -> None:
        routing = KernelRouting(sock)
        retired = (ip_address("10.63.0.2"), ip_address("fd63::2"))
        for policy in (
            BLOCKED,
            attrs.evolve(LIVE, retired=retired, allow_lan=True),
            BLOCKED,
            attrs.evolve(BLOCKED, held=False),
        ):
            await routing.apply(policy)
        assert await all_of(heard) == set()

    @pytest.mark.parametrize(
        "command", ["ip rule del priority 5104", "ip route del default table 22358 dev wv0"]
    )
    async def test_tampering_with_ours_is_told(
        self, host: Host, heard: asyncio.Queue[HostEvent], sock: RouteSocket, command: str
    ) -> None:
        await KernelRouting(sock).apply(LIVE)
        await all_of(heard)
        host.run(command)
        assert await next_of(heard) == NetworkChanged()

    async def test_a_watcher_that_stops_leaves_no_descriptor(
        self, heard: asyncio.Queue[HostEvent], sock: RouteSocket
    ) -> None:
        assert heard.empty()
        watcher = KernelEvents(sock).watch()
        waiting = asyncio.ensure_future(anext(watcher))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        with pytest.raises(StopAsyncIteration):
            await anext(watcher)


@given(st.lists(st.tuples(EVENTS, st.floats(0, 0.2)), max_size=30))
def test_every_event_is_told_within_a_burst(arrivals: list[tuple[HostEvent, float]]) -> None:
    bursts, now_s, waiting = Bursts(), 0.0, dict[HostEvent, float]()
    for event, pause_s in arrivals:
        bursts.add(event, now_s)
        waiting.setdefault(event, now_s)
        now_s += min(pause_s, bursts.wait_s(now_s) or 0.0)
        for told in bursts.take(now_s):
            assert now_s - waiting.pop(told) <= 0.0501
    now_s += 0.0501
    assert set(bursts.take(now_s)) == set(waiting)
    assert bursts.wait_s(now_s) is None


def test_the_first_link_event_is_told_at_once_and_those_behind_it_together() -> None:
    bursts = Bursts()
    bursts.add(LinksChanged(), 10.0)
    assert bursts.take(10.0) == (LinksChanged(),)
    bursts.add(LinksChanged(), 10.01)
    bursts.add(LinksChanged(), 10.02)
    assert bursts.take(10.02) == ()
    assert bursts.take(10.06) == (LinksChanged(),)


def test_what_a_bridge_says_of_its_ports_is_not_the_links_end() -> None:
    reader = NewsReader(own_port=1)
    body = struct.pack("=BBHiII", 0, 0, 1, 9, 1, 0) + attribute_text(3, "eth0")
    whole = Message(kind=RTM_NEWLINK, flags=0, sequence=0, port=0, body=body)
    port_left = attrs.evolve(whole, kind=RTM_DELLINK, body=bytes([AF_BRIDGE]) + body[1:])
    assert reader.read(whole) == LinksChanged()
    assert reader.read(port_left) is None
    assert reader.read(whole) is None


def test_a_resume_is_told_at_once() -> None:
    bursts = Bursts()
    bursts.add(Resumed(), 10.0)
    assert bursts.take(10.0) == (Resumed(),)


@pytest.mark.parametrize(
    ("before_ns", "after_ns", "slept"),
    [(0, 0, False), (5_000, 90_000, False), (0, 3_000_000_000, True)],
)
def test_a_suspend_shows_in_the_difference_of_two_clocks(
    before_ns: int, after_ns: int, slept: object
) -> None:
    assert has_slept(before_ns, after_ns) is slept


def test_a_clock_that_was_set_is_no_resume() -> None:
    jumps = ClockJumps()
    try:
        assert not jumps.has_resumed()
    finally:
        jumps.close()


def test_the_clocks_drift_apart_only_in_suspend() -> None:
    assert not has_slept(slept_ns(), slept_ns())
