"""Where guests are to find the node, and what stands while that cannot be checked."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import attrs
import pytest

from tests.core.share.registry import SERVING, Registry
from worldvpn_core.errors import ConfigError
from worldvpn_core.share import listed
from worldvpn_core.share.listed import HIDDEN
from worldvpn_core.share.registered import NodeFile
from worldvpn_core.share.sharing import _is_tunnelled
from worldvpn_core.share.states import Off
from worldvpn_core.testing.samples import connected
from worldvpn_core.tunnel.states import Connected, Connecting, Disconnected, State, Switching
from worldvpn_core.types import Endpoint

pytestmark = pytest.mark.anyio


async def test_through_the_owners_tunnel_the_server_is_told_where_it_reached_the_node(
    registry: Registry, tmp_path: Path
) -> None:
    there = Endpoint(host=ip_address("203.0.113.9"), port=SERVING.plan.listen_port)
    registry.server.reached = (there,)
    await registry.until(lambda: registry.listed.is_listed)
    registry.tunnelled = True
    await registry.hurried()
    registry.state = Off()
    await registry.hurried()

    assert [call.listen for call in registry.calls[2:]] == [(there,)] * 3
    assert not registry.calls[-1].accepting
    again = NodeFile(tmp_path / "node.json")
    again.load()
    assert again.reached == (there,)


@pytest.mark.parametrize("known_port", [None, SERVING.plan.listen_port + 1])
async def test_through_the_owners_tunnel_nothing_is_said_of_an_address_not_known(
    registry: Registry, known_port: int | None
) -> None:
    if known_port is not None:
        place = Endpoint(host=ip_address("203.0.113.9"), port=known_port)
        registry.listed.file.keep_reached((place,))
    registry.tunnelled = True
    await registry.until(lambda: bool(registry.told))
    before = len(registry.server.asked)
    registry.tunnelled = False
    registry.listed.hurry()
    await registry.until(lambda: registry.listed.is_listed)

    assert registry.told == [(False, HIDDEN), (True, "guests can come")]
    assert before == 0
    assert [call.listen[0].host.is_unspecified for call in registry.calls] == [True, True]


async def test_a_disk_that_cannot_keep_the_address_lists_the_node_all_the_same(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_places: object) -> None:
        raise ConfigError("the disk is full")

    monkeypatch.setattr(registry.listed.file, "keep_reached", refuse)
    registry.server.reached = (Endpoint(host=ip_address("203.0.113.9"), port=1),)
    await registry.until(lambda: registry.listed.is_listed)

    assert registry.told == [(True, "guests can come")]


async def test_node_that_starts_again_is_listed_as_before_though_it_cannot_be_checked_now(
    registry: Registry,
) -> None:
    registry.server.lists, registry.server.refused_checks = True, 1
    await registry.until(lambda: registry.listed.is_listed)

    assert registry.told == [(True, "guests can come")]


async def test_check_that_was_refused_is_asked_for_again_as_soon_as_it_may_be(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed, "UNREACHED_AGAIN_S", 0.01)
    monkeypatch.setattr(listed, "FIRST_AGAIN_S", 3_600.0)
    registry.server.refused_checks = 5
    await registry.until(lambda: registry.listed.is_listed)

    refused = (False, listed.BUSY)
    assert registry.told == [refused, (True, "guests can come")]
    assert [call.reach for call in registry.calls] == [False, True] * 6


def _whole(attempt: int, *, partial: bool = False) -> Connected:
    state = connected(attempt)
    return attrs.evolve(state, plan=attrs.evolve(state.plan, partial=partial))


def _on_the_way(old: Connected, new: Connected, *, moved: bool) -> Switching:
    tunnel = new.tunnel if moved else None
    return Switching(old=old, plan=new.plan, outer_endpoints=(), moved=tunnel)


@pytest.mark.parametrize(
    ("state", "is_tunnelled"),
    [
        (Disconnected(), False),
        (Connecting(plan=_whole(1).plan, outer_endpoints=()), False),
        (_whole(1), True),
        (_whole(1, partial=True), False),
        (_on_the_way(_whole(1), _whole(2, partial=True), moved=False), True),
        (_on_the_way(_whole(1), _whole(2, partial=True), moved=True), False),
        (_on_the_way(_whole(1, partial=True), _whole(2), moved=True), True),
    ],
)
def test_the_server_sees_a_tunnels_exit_while_all_goes_through_one(
    state: State,
    is_tunnelled: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert _is_tunnelled(state) is is_tunnelled
