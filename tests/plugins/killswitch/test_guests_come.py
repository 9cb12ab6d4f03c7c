"""A guest that comes or goes is an element: what comes of it is what a whole load makes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from ipaddress import ip_address

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plugins.killswitch.here import OnlyHere
from tests.plugins.killswitch.street import Street
from tests.plugins.killswitch.test_node import POLICY
from worldvpn_core.errors import FirewallError
from worldvpn_core.policy import NodePolicy
from worldvpn_core.types import IpAddress
from worldvpn_killswitch.libnftables import LibNftables
from worldvpn_killswitch.node_rules import NodeRules
from worldvpn_killswitch.rule import TABLE

pytestmark = pytest.mark.netns

_MOST = 8
_WHOLE = f"delete table inet {TABLE}"
PLACES = st.sets(st.integers(0, _MOST - 1))


class Kept:
    """nft's library, and what it was given."""

    name = "kept"

    def __init__(self) -> None:
        self._engine = LibNftables()
        self.scripts: list[str] = []
        self.refuses = False

    async def run(self, commands: str, *, stateless: bool = True, handles: bool = False) -> str:
        self.scripts.append(commands)
        if self.refuses and commands.startswith("add element"):
            raise FirewallError("not in part")
        return await self._engine.run(commands, stateless=stateless, handles=handles)

    @property
    def loads(self) -> list[bool]:
        """Of each change, whether it loaded all anew."""
        return [_WHOLE in each for each in self.scripts if not each.startswith("list ")]


def guests(places: Iterable[int]) -> tuple[IpAddress, ...]:
    """Return both addresses of those who have ``places``."""
    return tuple(
        ip_address(f"{net}{place + 4:x}" if ":" in net else f"{net}{place + 4}")
        for place in sorted(places)
        for net in ("10.90.0.", "fd90::")
    )


def of(*places: int, drains: bool = False) -> NodePolicy:
    return attrs.evolve(
        POLICY,
        guests=guests(places),
        sent=guests(places)[::3],
        sent_rate_bps=8_000_000,
        most_guests=_MOST,
        most_flows=64,
        is_draining=drains,
    )


def rules_by(engine: Kept) -> NodeRules:
    return NodeRules(OnlyHere(), lambda _space: engine)


async def stands() -> set[str]:
    """Return what stands, each set's elements on their own; numbers of quotas are left out."""
    text = await LibNftables().run("list ruleset")
    text = re.sub(r"elements = \{([^}]*)\}", lambda found: _lines(found[1]), text)
    return set(text.splitlines())


def _lines(elements: str) -> str:
    return "\n".join(sorted(" ".join(each.split()) for each in elements.split(",")))


async def anew(policy: NodePolicy) -> set[str]:
    """Return what stands after ``policy`` was loaded as the first."""
    engine = LibNftables()
    await engine.run("flush ruleset")
    await NodeRules(OnlyHere(), lambda _space: engine).apply(policy)
    return await stands()


def test_guests_come_and_go_as_elements_and_end_where_a_whole_load_does(street: Street) -> None:
    assert street

    @settings(deadline=None, max_examples=20)
    @given(st.lists(PLACES, min_size=1, max_size=5))
    def follow(course: list[set[int]]) -> None:
        asyncio.run(_followed(course))

    follow()


async def _followed(course: list[set[int]]) -> None:
    engine = Kept()
    rules = rules_by(engine)
    for places in course:
        await rules.apply(of(*places))
    found = await stands()

    assert engine.loads[:1] == [True]
    assert not any(engine.loads[1:])
    assert found == await anew(of(*course[-1]))


@pytest.mark.anyio
async def test_rules_that_change_are_loaded_whole_and_guests_alone_after(street: Street) -> None:
    assert street
    engine = Kept()
    rules = rules_by(engine)

    for policy in (of(1), of(1, 2), of(1, 2, drains=True), of(2, drains=True)):
        await rules.apply(policy)

    assert engine.loads == [True, False, True, False]
    assert await stands() == await anew(of(2, drains=True))


@pytest.mark.anyio
async def test_what_others_have_touched_is_loaded_whole(street: Street) -> None:
    engine = Kept()
    rules = rules_by(engine)
    await rules.apply(of(1))
    street.nft(f"flush chain inet {TABLE} forward\n")

    await rules.apply(of(1, 2))

    assert engine.loads == [True, True]
    assert await stands() == await anew(of(1, 2))


@pytest.mark.anyio
async def test_rooms_that_are_given_touch_nothing_of_others(street: Street) -> None:
    assert street
    engine = Kept()
    rules = rules_by(engine)
    await rules.apply(of(1))

    await rules.allow({guests([1]): 1_000_000})
    await rules.apply(of(1, 2))

    assert engine.loads == [True, False, False]


@pytest.mark.anyio
async def test_a_change_that_is_refused_is_made_whole(street: Street) -> None:
    assert street
    engine = Kept()
    rules = rules_by(engine)
    await rules.apply(of(1))
    engine.refuses = True

    await rules.apply(of(1, 2))

    assert engine.loads == [True, False, True]
    assert await stands() == await anew(of(1, 2))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
