"""A ticket is renewed ahead of its end; where it cannot be, the tunnel falls and says why."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.central.brokering import Brokering
from tests.core.central.server_side import TICKET_BYTES
from worldvpn_core.central import topping
from worldvpn_core.central.calls import End, More
from worldvpn_core.central.replies import Done
from worldvpn_core.central.topping import AHEAD_S, Rate
from worldvpn_core.errors import (
    AgentError,
    CentralRefusedError,
    OutOfCreditError,
    PluginError,
    WorldVpnError,
)
from worldvpn_core.testing.samples import connected, plan
from worldvpn_core.tunnel.states import Disconnected
from worldvpn_core.types import Counters

pytestmark = pytest.mark.anyio

SOON_S = 30
MANY = 1_000


@pytest.fixture
def case(case: Brokering, monkeypatch: pytest.MonkeyPatch) -> Brokering:
    monkeypatch.setattr(topping, "AGAIN_S", 0.01)
    return case


def carried(received_bytes: int, sent_bytes: int) -> Counters:
    return Counters(received_bytes=received_bytes, sent_bytes=sent_bytes)


async def test_ticket_is_renewed_before_it_ends(case: Brokering) -> None:
    case.agent.ticket_s = SOON_S
    session = await case.connected("fastest")
    before = case.shown()
    case.agent.ticket_s, case.agent.ticket_bytes = 600, 2 * TICKET_BYTES

    await case.renewed()

    after = case.shown()
    assert [call.session_id for call in case.agent.of(More)] == [session]
    assert after["cap_bytes"] == 2 * TICKET_BYTES
    assert after["expires_s"] != before["expires_s"]
    assert case.posted == []


async def test_ticket_is_renewed_when_its_bytes_run_low(case: Brokering) -> None:
    await case.connected("fastest")
    case.broker.counted(plan(1), carried(0, 0))
    await case.settled()
    assert case.agent.of(More) == []
    case.agent.ticket_bytes = 2 * TICKET_BYTES

    case.broker.counted(plan(1), carried(TICKET_BYTES // 2, TICKET_BYTES // 2 - 1))
    await case.renewed()

    assert case.shown()["cap_bytes"] == 2 * TICKET_BYTES


async def test_bytes_of_another_tunnel_do_not_count(case: Brokering) -> None:
    await case.connected("fastest")

    for total in (0, TICKET_BYTES):
        case.broker.counted(plan(2), carried(total, 0))
    await case.settled()

    assert case.agent.of(More) == []


async def test_tunnel_that_is_connected_still_is_not_topped_up_twice(case: Brokering) -> None:
    case.agent.ticket_s = SOON_S
    await case.connected("fastest")
    case.agent.ticket_s = 600
    await case.renewed()

    case.broker.followed(connected(1))
    await case.settled()

    assert len(case.agent.of(More)) == 1


async def test_server_that_is_back_before_the_end_costs_nothing(case: Brokering) -> None:
    case.agent.ticket_s = SOON_S
    await case.connected("fastest")
    case.agent.offline = True
    await case.agent.asked_times(More, 3)

    case.agent.offline, case.agent.ticket_s = False, 600
    await case.renewed()

    assert case.posted == []


async def test_tunnel_falls_for_now_where_the_server_is_away_until_the_end(
    case: Brokering,
) -> None:
    case.agent.ticket_s = 2
    await case.connected("fastest")
    case.agent.offline = True

    cause = await case.fallen()

    assert (cause.code, cause.retryable) == ("no-credit-proof", True)
    assert "does not answer" in cause.detail
    assert len(case.agent.open) == 1


async def test_tunnel_falls_with_the_three_ways_on_where_credit_is_used_up(
    case: Brokering,
) -> None:
    case.agent.ticket_s = 2
    case.agent.fails[More] = [OutOfCreditError("0 credits")] * MANY
    await case.connected("fastest")

    cause = await case.fallen()

    assert (cause.code, cause.retryable) == ("out-of-credit", False)
    for way in ("worldvpn share on", "worldvpn disconnect", "worldvpn connect"):
        assert way in cause.detail


@pytest.mark.parametrize(
    "error",
    [AgentError("gone"), PluginError("the client is broken"), CentralRefusedError("no")],
    ids=lambda error: type(error).__name__,
)
async def test_tunnel_never_outlives_its_ticket_whatever_went_wrong(
    case: Brokering, error: WorldVpnError
) -> None:
    case.agent.ticket_s = 2
    case.agent.fails[More] = [error] * MANY
    await case.connected("fastest")

    cause = await case.fallen()

    assert (cause.code, cause.retryable) == ("no-credit-proof", True)
    assert str(error) in cause.detail


async def test_answer_that_is_no_ticket_is_not_taken_for_one(case: Brokering) -> None:
    case.agent.ticket_s = 2
    case.agent.replies[More] = Done()
    await case.connected("fastest")

    assert "report it" in (await case.fallen()).detail


async def test_nothing_is_topped_up_once_the_tunnel_is_gone(case: Brokering) -> None:
    case.agent.ticket_s = SOON_S
    await case.connected("fastest")
    await case.agent.asked_times(More, 2)

    case.broker.followed(Disconnected())
    await case.agent.asked_times(End, 1)
    asked = len(case.agent.of(More))
    await case.settled()

    assert len(case.agent.of(More)) == asked
    assert case.posted == []


TOTALS = st.lists(st.integers(0, 1 << 50), min_size=1, max_size=20)


@given(TOTALS)
def test_rate_is_never_more_than_the_fastest_moment(totals: list[int]) -> None:
    rate = Rate()
    totals = sorted(totals)
    for second, total in enumerate(totals):
        rate.note(total, float(second))

    steps = [later - earlier for earlier, later in pairwise(totals)]
    assert 0 <= rate.bytes_per_s <= max(steps, default=0)


@given(st.lists(st.integers(0, 1 << 50)), st.floats(0, 1e9))
def test_counters_that_fall_and_clocks_that_stand_still_are_no_rate(
    totals: list[int], now_s: float
) -> None:
    rate = Rate()
    for total in totals:
        rate.note(total, now_s)

    assert rate.bytes_per_s == 0
    assert not rate.is_low(0)
    assert rate.is_low(-1)


def test_bytes_are_low_when_they_last_less_than_a_minute() -> None:
    rate = Rate(bytes_per_s=1_000.0)

    assert rate.is_low(int(1_000 * AHEAD_S) - 1)
    assert not rate.is_low(int(1_000 * AHEAD_S))


async def test_tunnel_falls_at_once_where_its_bytes_and_all_credit_are_used_up(
    case: Brokering,
) -> None:
    case.agent.fails[More] = [OutOfCreditError("0 credits")] * MANY
    await case.connected("fastest")

    for total in (0, TICKET_BYTES):
        case.broker.counted(plan(1), carried(total, 0))

    assert (await case.fallen()).code == "out-of-credit"


async def test_as_much_is_asked_for_as_is_used_in_a_minute(case: Brokering) -> None:
    await case.connected("fastest")
    case.agent.ticket_bytes = 1 << 50

    for total in (0, TICKET_BYTES - 1):
        case.broker.counted(plan(1), carried(total, 0))
    await case.renewed()

    (asked,) = case.agent.of(More)
    assert asked.needed_bytes > 10 * TICKET_BYTES


async def test_tunnel_whose_last_ticket_is_used_up_falls_though_the_server_had_answered(
    case: Brokering,
) -> None:
    await case.connected("fastest")
    case.agent.ticket_bytes = TICKET_BYTES + 1

    for total in (0, TICKET_BYTES - 1):
        case.broker.counted(plan(1), carried(total, 0))
    await case.renewed()
    assert case.posted == []
    case.broker.counted(plan(1), carried(TICKET_BYTES + 1, 0))

    # What is left of the credit, if anything, is for the next session.
    cause = await case.fallen()
    assert (cause.code, cause.retryable) == ("no-credit-proof", True)
    assert "used up" in cause.detail


@pytest.mark.parametrize("total", [TICKET_BYTES, TICKET_BYTES - TICKET_BYTES // 32])
async def test_tunnel_whose_bytes_are_used_up_while_the_server_is_asked_falls_for_now(
    case: Brokering, monkeypatch: pytest.MonkeyPatch, total: int
) -> None:
    monkeypatch.setattr(topping, "STALLED_S", 0.01)
    await case.connected("fastest")
    case.agent.answers.clear()

    for each in (0, total):
        case.broker.counted(plan(1), carried(each, 0))

    cause = await case.fallen()
    assert (cause.code, cause.retryable) == ("no-credit-proof", True)
    assert "used up" in cause.detail


async def test_server_that_takes_its_time_ends_no_tunnel_that_goes_on(
    case: Brokering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topping, "STALLED_S", 0.01)
    await case.connected("fastest")
    case.agent.answers.clear()
    for each in (0, TICKET_BYTES // 2):
        case.broker.counted(plan(1), carried(each, 0))
    await case.agent.asked_times(More, 1)
    await asyncio.sleep(0.05)

    case.agent.ticket_bytes = 1 << 50
    case.agent.answers.set()
    await case.renewed()

    assert (len(case.agent.of(More)), case.posted) == (1, [])
