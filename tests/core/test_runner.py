"""The runner: enforce first, act after, and never on an unprotected host."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest

from worldvpn_core.decide import firewall_policy
from worldvpn_core.errors import (
    AuthRejectedError,
    FirewallError,
    HandshakeTimeoutError,
    TransportError,
)
from worldvpn_core.share.states import Off
from worldvpn_core.testing.running import World, running
from worldvpn_core.testing.samples import plan, profile
from worldvpn_core.tunnel.events import (
    DisconnectRequested,
)
from worldvpn_core.tunnel.states import (
    Blocked,
    Connected,
    Connecting,
    Disconnected,
    State,
    Switching,
)

pytestmark = pytest.mark.anyio


def _is(kind: type[State]) -> Callable[[State], bool]:
    return lambda state: isinstance(state, kind)


async def test_policy_of_the_new_state_is_enforced_before_anything_else_happens() -> None:
    async with running(World()) as world:
        world.connect(plan())
        await world.until(_is(Connected))

    expected = [
        *("journal", "firewall", "routing", "dns", "Connecting", "open"),
        *("firewall", "routing", "dns", "Connected"),
    ]
    assert [entry for entry in world.log[world.log.index("journal") :] if entry] == expected


async def test_every_state_is_entered_under_its_own_policy() -> None:
    async with running(World()) as world:
        world.connect(plan())
        await world.until(_is(Connected))
        world.runner.post(DisconnectRequested())
        await world.until(_is(Disconnected))

    wanted = [firewall_policy(state, Off(), world.settings) for state in world.states]
    assert world.firewall.applied[1:] == [
        policy for before, policy in zip([None, *wanted], wanted, strict=False) if policy != before
    ]


async def test_unprotected_host_never_opens_a_tunnel() -> None:
    async with running(World()) as world:
        world.firewall.failure = FirewallError("nft refused")
        world.connect(plan())
        state = await world.until(_is(Blocked))
        await world.settled()

    assert isinstance(state, Blocked)
    assert not state.enforced
    assert "open" not in world.log


async def test_protection_that_keeps_failing_is_retried_once_however_often_it_is_asked_for() -> (
    None
):
    async with running(World()) as world:
        world.firewall.failure = FirewallError("nft refused")
        for attempt in (1, 2, 3):
            world.connect(attrs.evolve(plan(), attempt=attempt, interface=f"wv{attempt}"))
            await world.settled()
        waiting = len(world.runner._timers)

    assert waiting == 1


async def test_resolver_that_cannot_be_held_is_said_and_the_rules_stay() -> None:
    async with running(World()) as world:
        world.dns.failure = FirewallError("resolv.conf is read-only")
        world.connect(plan())
        state = await world.until(_is(Blocked))

    assert isinstance(state, Blocked)
    assert not state.enforced
    assert not world.firewall.applied[-1].host.is_open


async def test_protection_that_works_again_is_noticed() -> None:
    async with running(World()) as world:
        world.firewall.failure = FirewallError("nft refused")
        world.connect(plan())
        await world.until(_is(Blocked))
        world.firewall.failure = None
        world.runner.enforce_again()
        state = await world.until(lambda s: isinstance(s, Blocked) and s.enforced)

    assert isinstance(state, Blocked)
    assert state.cause.detail == "nft refused"


async def test_full_disk_refuses_to_connect_and_touches_nothing() -> None:
    async with running(World()) as world:
        await world.settled()
        world.journal.full = True
        applied = len(world.firewall.applied)
        world.connect(plan())
        await world.settled()

    assert isinstance(world.runner.state, Disconnected)
    assert [error.code for error in world.refused] == ["journal"]
    assert len(world.firewall.applied) == applied
    assert "open" not in world.log


async def test_journal_ends_only_after_all_is_undone() -> None:
    async with running(World()) as world:
        world.connect(plan())
        await world.until(_is(Connected))
        world.runner.post(DisconnectRequested())
        await world.until(_is(Disconnected))

    assert world.log[-5:] == ["firewall", "routing", "dns", "journal end", "Disconnected"]
    assert world.journal.record is None


async def test_journal_names_what_is_wanted_while_connected() -> None:
    async with running(World()) as world:
        world.connect(plan())
        await world.until(_is(Connected))
        record = world.journal.record

    assert record is not None
    assert record.profile_id == "home"
    assert {change.kind for change in record.changes} == {"sysctl", "resolver"}


async def test_tunnel_that_falls_stays_blocked_until_the_user_disconnects() -> None:
    async with running(World()) as world:
        world.connect(plan())
        await world.until(_is(Connected))
        world.transport.opened[0].fall(TransportError("the engine died"))
        state = await world.until(_is(Blocked))
        still = world.firewall.applied[-1]
        world.runner.post(DisconnectRequested())
        await world.until(_is(Disconnected))

    assert isinstance(state, Blocked)
    assert state.cause.detail == "the engine died"
    assert not still.host.is_open
    assert world.firewall.applied[-1].host.is_open


async def test_open_that_fails_is_blocked_with_the_transports_reason() -> None:
    async with running(World()) as world:
        world.transport.failure = AuthRejectedError("the remote refused our keys")
        world.connect(plan())
        state = await world.until(_is(Blocked))

    assert isinstance(state, Blocked)
    assert (state.cause.code, state.cause.retryable) == ("transport.auth_rejected", False)


async def test_unexpected_error_of_a_plugin_is_told_without_its_text() -> None:
    async with running(World()) as world:
        world.transport.failure = RuntimeError("private_key=SECRET")
        world.connect(plan())
        state = await world.until(_is(Blocked))

    assert isinstance(state, Blocked)
    assert state.cause.code == "internal"
    assert "SECRET" not in repr(state)


async def test_cancelled_open_leaves_no_interface() -> None:
    async with running(World()) as world:
        world.transport.hangs = True
        world.connect(plan())
        await world.until(_is(Connecting))
        world.runner.post(DisconnectRequested())
        await world.until(_is(Disconnected))

    assert set(world.links.present) == {"eth0"}


async def test_switch_opens_the_second_tunnel_before_the_first_is_closed() -> None:
    async with running(World()) as world:
        world.connect(plan(1))
        await world.until(_is(Connected))
        world.connect(plan(2))
        state = await world.until(lambda s: isinstance(s, Connected) and s.plan.attempt == 2)
        await world.settled()

    assert isinstance(state, Connected)
    assert state.retired == tuple(interface.ip for interface in plan(1).addresses)
    assert [type(entered) for entered in world.states] == [
        *(Connecting, Connected, Switching, Switching, Connected)
    ]
    assert world.transport.opened[0].closed == 1
    assert world.transport.opened[1].closed == 0 or "wv2" not in world.links.present


async def test_routes_move_before_the_old_endpoint_is_refused() -> None:
    async with running(World()) as world:
        world.connect(plan(1))
        await world.until(_is(Connected))
        world.connect(plan(2))
        await world.until(lambda s: isinstance(s, Connected) and s.plan.attempt == 2)

    moved = next(s for s in world.states if isinstance(s, Switching) and s.moved)
    assert [policy.live for policy in world.routing.applied][-2:] in (
        ["wv1", "wv2"],
        ["wv2", "wv2"],
    )
    assert len(firewall_policy(moved, Off(), world.settings).host.outer) == 2


async def test_switch_that_fails_keeps_the_tunnel_in_use() -> None:
    async with running(World()) as world:
        world.connect(plan(1))
        first = await world.until(_is(Connected))
        world.transport.failure = HandshakeTimeoutError("no answer")
        world.connect(plan(2))
        await world.until(_is(Switching))
        state = await world.until(_is(Connected))

    assert state == first
    assert world.transport.opened[0].closed <= 1


async def test_tunnel_is_closed_when_the_daemon_stops_and_the_rules_stay() -> None:
    async with running(World()) as world:
        world.connect(plan())
        await world.until(_is(Connected))

    assert world.transport.opened[0].closed == 1
    assert not world.firewall.applied[-1].host.is_open


def test_no_secret_of_a_profile_shows_in_any_text() -> None:
    secret = profile().options[0][1]

    assert secret not in repr(profile())
    assert secret not in repr(attrs.evolve(plan(), options=(("key", secret),)))


async def test_news_of_one_part_does_not_swallow_that_of_another() -> None:
    async with running(World()) as world:
        world.connect(plan())
        await world.until(_is(Connected))
        routed, named = len(world.routing.applied), len(world.dns.applied)
        world.runner.enforce_again("routing")
        world.runner.enforce_again("routing")
        world.runner.enforce_again("dns")
        await world.settled()

    assert len(world.routing.applied) == routed + 1
    assert len(world.dns.applied) == named + 1
