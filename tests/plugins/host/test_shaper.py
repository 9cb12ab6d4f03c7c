"""Rates are given, changed and taken away in the kernel, and the interface says so."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.host.conftest import Host
from tests.plugins.host.test_namespaces import PLAN, said
from worldvpn_core.contracts import Shaping, Share
from worldvpn_core.contracts.namespaces import class_number
from worldvpn_core.errors import RoutingError
from worldvpn_core.types import NODE_GUESTS, NODE_UPLINK
from worldvpn_host.namespaces import KernelNamespace, KernelNamespaces
from worldvpn_host.route_socket import RouteSocket
from worldvpn_host.shaper import Shaper, changes
from worldvpn_host.shaper_codec import UNLIMITED_BYTES_S

pytestmark = [pytest.mark.anyio, pytest.mark.netns]

#: SO_PRIORITY, asm-generic/socket.h.
_PRIORITY = 12
HALF = Share(sure_bytes_s=50_000, most_bytes_s=100_000)
WHOLE = Shaping(most_bytes_s=100_000, shares={0: HALF, 3: HALF})


@pytest.fixture
async def namespaces(host: Host, tmp_path: Path) -> AsyncIterator[KernelNamespaces]:
    assert host
    made = KernelNamespaces(RouteSocket(), tmp_path / "names")
    yield made
    for name in await made.all():
        await made.remove(name)


@pytest.fixture
async def space(namespaces: KernelNamespaces) -> KernelNamespace:
    made = await namespaces.make(PLAN)
    assert isinstance(made, KernelNamespace)
    await made.links.add(NODE_GUESTS, "bridge")
    await made.links.set_up(NODE_GUESTS)
    await made.lead(NODE_GUESTS)
    return made


async def classes(namespaces: KernelNamespaces, device: str) -> dict[int, tuple[int, int]]:
    """Return what each class is sure of, and its most, in bytes a second."""
    text = await said(namespaces, "tc", "class", "show", "dev", device)
    found = re.findall(r"class htb 1:(\w+) .*?rate (\w+) ceil (\w+)", text)
    return {int(number, 16): (_bytes_s(rate), _bytes_s(most)) for number, rate, most in found}


def _bytes_s(text: str) -> int:
    found = re.fullmatch(r"(\d+)([KMGT]?)bit", text)
    assert found is not None
    number, unit = found.groups()
    bits: int = int(number) * 1_000 ** " KMGT".index(unit or " ")
    return bits // 8


async def test_each_place_has_its_share_in_both_directions(
    namespaces: KernelNamespaces, space: KernelNamespace
) -> None:
    await space.shape(WHOLE)

    for device in (NODE_UPLINK, NODE_GUESTS):
        assert await classes(namespaces, device) == {
            1: (100_000, 100_000),
            class_number(0): (50_000, 100_000),
            class_number(3): (50_000, 100_000),
        }


async def test_what_changes_is_changed_and_what_was_is_gone(
    namespaces: KernelNamespaces, space: KernelNamespace
) -> None:
    await space.shape(WHOLE)
    faster = Share(sure_bytes_s=9_000_000_000, most_bytes_s=10_000_000_000)
    await space.shape(Shaping(shares={3: faster, 7: HALF}))
    assert await classes(namespaces, NODE_UPLINK) == {
        1: (UNLIMITED_BYTES_S, UNLIMITED_BYTES_S),
        class_number(3): (9_000_000_000, 10_000_000_000),
        class_number(7): (50_000, 100_000),
    }
    await space.shape(None)
    assert await classes(namespaces, NODE_UPLINK) == {}
    await space.shape(WHOLE)
    assert len(await classes(namespaces, NODE_GUESTS)) == 3


async def test_without_rates_nothing_is_asked_of_the_kernel(space: KernelNamespace) -> None:
    await space.shape(None)


async def test_interface_that_is_gone_is_told(space: KernelNamespace) -> None:
    await space.shape(WHOLE)
    await space.links.delete(NODE_GUESTS)
    with pytest.raises(RoutingError):
        await space.shape(Shaping(most_bytes_s=1_000))


async def test_namespace_that_is_gone_is_told(
    namespaces: KernelNamespaces, space: KernelNamespace
) -> None:
    await namespaces.remove(space.name)
    with pytest.raises(RoutingError):
        await space.shape(WHOLE)


_shares = st.builds(Share, sure_bytes_s=st.integers(1, 10**10), most_bytes_s=st.integers(1, 10**10))
_shapings = st.none() | st.builds(
    Shaping,
    most_bytes_s=st.integers(0, 10**10),
    shares=st.dictionaries(st.integers(0, 200), _shares, max_size=4),
)


@given(_shapings, _shapings)
def test_only_what_changes_is_asked_for(before: Shaping | None, after: Shaping | None) -> None:
    asked = list(changes(7, before, after))

    assert (asked == []) == (before == after) or None in {before, after}
    if before is not None and after is not None:
        gone = len(before.shares.keys() - after.shares.keys())
        moved = [place for place, one in after.shares.items() if before.shares.get(place) != one]
        whole = before.most_bytes_s != after.most_bytes_s
        assert len(asked) == gone + 2 * len(moved) + whole


async def test_two_who_want_more_than_there_is_have_the_same(host: Host) -> None:
    """Real packets: one sends five times as much as the other, and has as much in the end."""
    far = host.tun("wv9")
    host.run("ip addr add 10.99.0.1/24 dev wv9")
    index = _index("wv9")
    rate = Share(sure_bytes_s=100_000, most_bytes_s=1_000_000)
    shaping = Shaping(most_bytes_s=1_000_000, shares={0: rate, 1: rate})
    await Shaper(RouteSocket()).shape((index,), shaping)
    got = {b"a": 0, b"b": 0}
    lines = {name: _line(place) for place, name in enumerate(got)}
    ends_s = time.monotonic() + 1.5
    while time.monotonic() < ends_s:
        for name, times in ((b"a", 5), (b"b", 1)):
            for _ in range(times):
                lines[name].sendto(name * 1_000, ("10.99.0.2", 9))
        _take(far, got)
    for line in lines.values():
        line.close()

    assert min(got.values()) > 100
    assert max(got.values()) <= 1.3 * min(got.values())


def _index(name: str) -> int:
    return socket.if_nametoindex(name)


def _line(place: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, _PRIORITY, 1 << 16 | class_number(place))
    made.settimeout(0.0)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    return made


def _take(far: int, got: dict[bytes, int]) -> None:
    while True:
        try:
            packet = os.read(far, 65_536)
        except BlockingIOError:
            return
        name = packet[-1:]
        if name in got:
            got[name] += 1
