"""What every host plugin must do: Links, Routing, Helpers and Journal.

A plugin's tests subclass a suite and give it the fixture it asks for: a host, real
or made up, of the test's own. They run under anyio's pytest plugin.
"""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from typing import Final, Protocol

import pytest

from worldvpn_core.contracts import (
    Change,
    Helpers,
    HelperSpec,
    Journal,
    JournalRecord,
    LinkFacts,
    Links,
    Routing,
)
from worldvpn_core.errors import EngineError
from worldvpn_core.policy import RoutingPolicy

RELEASED: Final = RoutingPolicy(held=False)
_EVENTUALLY_S: Final = 10.0
_MTU_BYTES: Final = 1_312


class RoutingGround(Protocol):
    """A host as its programs see it, with one tunnel interface, up."""

    @property
    def blocked(self) -> RoutingPolicy:
        """A policy that protects everything and has no tunnel."""

    @property
    def live(self) -> RoutingPolicy:
        """The same with the tunnel as the way for both families."""

    def routing(self) -> Routing:
        """Return the routing of this host, remembering nothing, as after a crash."""

    async def state(self) -> str:
        """Return every rule, route, address and setting of the host, as text."""

    async def way(self, destination: str) -> str | None:
        """Return the interface by which a packet without mark leaves, None if refused."""

    async def disturb(self) -> None:
        """Take away one rule and one route of ours, as another program might."""


def _same(seen: object, meant: object) -> None:
    # Not ``assert``: pytest explains those only where it rewrote the module.
    if seen != meant:
        raise AssertionError(f"{seen!r} was seen, {meant!r} was meant")


class LinksContract:
    """Subclass it; give it ``links``, and ``kind``, a kind of link that can be made there."""

    pytestmark = pytest.mark.anyio

    async def test_a_link_made_is_there_and_one_deleted_is_gone(
        self, links: Links, kind: str
    ) -> None:
        """By name and kind."""
        await links.add("wvcontract", kind)
        _same((await _named(links, "wvcontract")).kind, kind)
        await links.delete("wvcontract")
        _same([one for one in await links.all() if one.name == "wvcontract"], [])

    async def test_a_link_that_is_gone_can_be_deleted(self, links: Links) -> None:
        """Closing is idempotent."""
        await links.delete("wvcontract")

    async def test_a_name_is_given_once(self, links: Links, kind: str) -> None:
        """What has our name and is not of this run must be removed first."""
        await links.add("wvcontract", kind)
        with pytest.raises(EngineError, match="wvcontract"):
            await links.add("wvcontract", kind)

    async def test_a_kind_that_the_kernel_lacks_is_an_engine_error(self, links: Links) -> None:
        """A transport then tries its next engine."""
        with pytest.raises(EngineError, match="nonsense"):
            await links.add("wvcontract", "nonsense")

    async def test_a_link_is_raised_and_sized(self, links: Links, kind: str) -> None:
        """As a tunnel needs it."""
        await links.add("wvcontract", kind)
        await links.set_mtu("wvcontract", _MTU_BYTES)
        await links.set_up("wvcontract")
        made = await _named(links, "wvcontract")
        _same((made.is_up, made.mtu_bytes), (True, _MTU_BYTES))


class RoutingContract:
    """Subclass it, and give it the fixture ``ground``; destinations are on the internet."""

    pytestmark = pytest.mark.anyio

    @pytest.mark.parametrize("destination", ["198.51.100.7", "2001:db8::7"])
    async def test_held_without_a_tunnel_refuses(
        self, ground: RoutingGround, destination: str
    ) -> None:
        """In both families, firewall or not."""
        await ground.routing().apply(ground.blocked)
        _same(await ground.way(destination), None)

    @pytest.mark.parametrize("destination", ["198.51.100.7", "2001:db8::7"])
    async def test_live_leads_into_the_tunnel(
        self, ground: RoutingGround, destination: str
    ) -> None:
        """In both families."""
        await ground.routing().apply(ground.live)
        _same(await ground.way(destination), ground.live.live)

    async def test_applying_twice_is_applying_once(self, ground: RoutingGround) -> None:
        """Policies come again with every change of the network."""
        routing = ground.routing()
        await routing.apply(ground.live)
        once = await ground.state()
        await routing.apply(ground.live)
        _same(await ground.state(), once)

    async def test_the_way_there_does_not_matter(self, ground: RoutingGround) -> None:
        """A policy is the whole truth, whatever was before."""
        routing = ground.routing()
        await routing.apply(ground.blocked)
        directly = await ground.state()
        await routing.apply(ground.live)
        await routing.apply(ground.blocked)
        _same(await ground.state(), directly)

    async def test_released_is_as_it_was(self, ground: RoutingGround) -> None:
        """The host is the user's."""
        before = await ground.state()
        routing = ground.routing()
        await routing.apply(ground.blocked)
        await routing.apply(ground.live)
        await routing.apply(RELEASED)
        _same(await ground.state(), before)

    async def test_a_new_run_restores_what_a_crashed_one_recorded(
        self, ground: RoutingGround
    ) -> None:
        """All of ours is found without a record; old values come from it."""
        before = await ground.state()
        crashed = ground.routing()
        recorded = await crashed.record(ground.live)
        await crashed.apply(ground.live)
        later = ground.routing()
        later.adopt((*recorded, Change(kind="nobody's", name="x")))
        await later.apply(RELEASED)
        _same(await ground.state(), before)

    async def test_recording_changes_nothing(self, ground: RoutingGround) -> None:
        """It comes before the journal is written."""
        before = await ground.state()
        await ground.routing().record(ground.live)
        _same(await ground.state(), before)

    async def test_a_record_made_while_held_says_what_was_before(
        self, ground: RoutingGround
    ) -> None:
        """Or our own values would be restored after a crash."""
        routing = ground.routing()
        before = await routing.record(ground.blocked)
        await routing.apply(ground.blocked)
        _same(await routing.record(ground.blocked), before)

    async def test_what_others_broke_is_repaired(self, ground: RoutingGround) -> None:
        """By applying once more."""
        routing = ground.routing()
        await routing.apply(ground.live)
        meant = await ground.state()
        await ground.disturb()
        await routing.apply(ground.live)
        _same(await ground.state(), meant)


class HelpersContract:
    """Subclass it, and give it the fixture ``helpers``; it starts /bin/sh, as root."""

    pytestmark = pytest.mark.anyio

    async def test_lines_come_in_order_and_end_with_none(self, helpers: Helpers) -> None:
        """A helper announces itself on its standard output."""
        helper = await helpers.spawn(shell("echo one; echo two"))
        _same([await helper.read_line() for _ in range(3)], ["one", "two", None])
        await helper.wait()

    async def test_its_status_is_told_to_whoever_waits(self, helpers: Helpers) -> None:
        """As often as asked."""
        helper = await helpers.spawn(shell("exit 7"))
        _same((await helper.wait(), await helper.wait()), (7, 7))

    async def test_it_is_stopped_and_reaped(self, helpers: Helpers) -> None:
        """Nothing of it is left, not even a zombie."""
        helper = await helpers.spawn(shell("echo ready; exec sleep 600"))
        await helper.read_line()
        await helper.stop()
        await helper.stop()
        _same(await helper.wait(), -15)
        with pytest.raises(ProcessLookupError):
            os.kill(helper.pid, 0)

    async def test_one_that_will_not_go_is_killed(self, helpers: Helpers) -> None:
        """After a second's patience."""
        helper = await helpers.spawn(shell("trap '' TERM; echo ready; while :; do sleep 1; done"))
        await helper.read_line()
        async with asyncio.timeout(_EVENTUALLY_S):
            await helper.stop()
        _same(await helper.wait(), -9)

    async def test_it_sees_only_the_environment_it_was_given(self, helpers: Helpers) -> None:
        """No secret of the daemon's is inherited."""
        spec = HelperSpec(
            name="env",
            argv=("/usr/bin/env",),
            environment=(("LOG_LEVEL", "error"),),
        )
        helper = await helpers.spawn(spec)
        _same([await helper.read_line(), await helper.read_line()], ["LOG_LEVEL=error", None])
        await helper.wait()

    async def test_a_program_that_is_missing_is_named(self, helpers: Helpers) -> None:
        """The user can then install it."""
        spec = HelperSpec(name="ghost", argv=("no-such-program", "secret"))
        with pytest.raises(EngineError, match="no-such-program") as raised:
            await helpers.spawn(spec)
        _same(str(raised.value).replace("secret", "?"), str(raised.value))


class JournalContract:
    """Subclass it; give it ``journal``, empty, and ``reopened``, the same one after a crash."""

    pytestmark = pytest.mark.anyio

    async def test_nothing_is_pending_at_first(self, journal: Journal) -> None:
        """Before anything was begun."""
        _same(journal.pending(), None)

    async def test_what_was_begun_survives_a_crash(
        self, journal: Journal, reopened: Journal
    ) -> None:
        """Every field of it."""
        await journal.begin(RECORD)
        _same(reopened.pending(), RECORD)

    async def test_a_later_record_replaces_a_pending_one(
        self, journal: Journal, reopened: Journal
    ) -> None:
        """The newest says all that is to be undone."""
        await journal.begin(RECORD)
        await journal.begin(JournalRecord(profile_id=None))
        _same(reopened.pending(), JournalRecord(profile_id=None))

    async def test_what_was_ended_is_pending_no_more(
        self, journal: Journal, reopened: Journal
    ) -> None:
        """However often it is ended."""
        await journal.begin(RECORD)
        await journal.end()
        await journal.end()
        _same((journal.pending(), reopened.pending()), (None, None))


RECORD: Final = JournalRecord(
    profile_id="home",
    partial=True,
    paused_until_utc=datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC),
    changes=(
        Change(kind="sysctl", name="net.ipv4.conf.all.arp_ignore", old="0"),
        Change(kind="file", name="a name\nof two lines", old=None),
    ),
)


def shell(script: str) -> HelperSpec:
    """Return how to run ``script`` by /bin/sh."""
    return HelperSpec(name="sh", argv=("/bin/sh", "-c", script))


async def _named(links: Links, name: str) -> LinkFacts:
    return next(link for link in await links.all() if link.name == name)
