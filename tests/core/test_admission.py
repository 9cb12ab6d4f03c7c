"""Core trusts no plugin with the policy: lies about what was opened are caught (I8)."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest

from worldvpn_core.testing.fakes import FakeLinks
from worldvpn_core.testing.running import World, running
from worldvpn_core.testing.samples import plan, tunnel
from worldvpn_core.tunnel.states import Blocked, State
from worldvpn_core.types import Endpoint, Link

pytestmark = pytest.mark.anyio


class Bridges(FakeLinks):
    """Makes bridges, whatever kind was asked for."""

    async def add(self, name: str, kind: str) -> None:
        del kind
        await super().add(name, "bridge")


def _is(kind: type[State]) -> Callable[[State], bool]:
    return lambda state: isinstance(state, kind)


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        ("uplink", "was told to make"),
        ("endpoint", "not admitted"),
        ("more endpoints", "not admitted"),
    ],
)
async def test_plugin_that_lies_about_what_it_opened_is_protection_failed(
    lie: str, why: str
) -> None:
    honest = tunnel(plan())
    foreign = Endpoint(host=plan(9).remotes[0].host, port=53)
    lies = {
        "uplink": attrs.evolve(honest, path=Link(name="eth0")),
        "endpoint": attrs.evolve(honest, outer_endpoints=(foreign,)),
        "more endpoints": attrs.evolve(honest, outer_endpoints=(*honest.outer_endpoints, foreign)),
    }
    async with running(World()) as world:
        world.transport.lie = lies[lie]
        world.connect(plan())
        state = await world.until(_is(Blocked))

    assert isinstance(state, Blocked)
    assert not state.enforced
    assert state.cause.code == "plugin.contract"
    assert why in state.cause.detail


async def test_interface_that_exists_before_it_was_made_is_refused() -> None:
    async with running(World()) as world:
        await world.links.add("wv1", "tun")
        world.connect(plan())
        state = await world.until(_is(Blocked))

    assert isinstance(state, Blocked)
    assert "exists before" in state.cause.detail
    assert "open" not in world.log


async def test_interface_that_is_no_tunnel_is_refused() -> None:
    async with running(World(links=Bridges())) as world:
        world.connect(plan())
        state = await world.until(_is(Blocked))

    assert isinstance(state, Blocked)
    assert "is no tunnel" in state.cause.detail
