"""Small tickets are held for when the server is away: few, kept through a restart, given back."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.core.central.brokering import Brokering
from tests.core.central.server_side import node
from worldvpn_core.central import ahead
from worldvpn_core.central.ahead import HELD_TICKS, LEAST_SPENDABLE_TICKS, MOST
from worldvpn_core.central.calls import End, Open
from worldvpn_core.central.news import Balance, Reach, Reached, SessionNews
from worldvpn_core.errors import CentralBusyError, NoCreditProofError, VaultError
from worldvpn_core.testing.samples import plan
from worldvpn_core.tunnel.states import Disconnected
from worldvpn_core.types import Counters

DAY_S = 86_400
RICH_TICKS = LEAST_SPENDABLE_TICKS + (MOST - 1) * HELD_TICKS
#: What the tests hold for as long as the server lets them.
CURRENT = node(1)


@pytest.fixture
def case(case: Brokering, monkeypatch: pytest.MonkeyPatch) -> Brokering:
    monkeypatch.setattr(ahead, "STEADY_S", 0.0)
    case.agent.ticket_s = DAY_S
    return case


def balance(spendable_ticks: int) -> Balance:
    return Balance(
        credits=0,
        promo_ticks=spendable_ticks,
        available_ticks=0,
        held_ticks=0,
        vesting_ticks=0,
        debt_ticks=0,
    )


def held(case: Brokering) -> list[Open]:
    """The calls by which tickets were fetched ahead."""
    return [call for call in case.agent.of(Open) if call.ahead]


async def stocked(case: Brokering, place: str = "fastest", tickets: int = MOST) -> str:
    """Connect, and wait until ``tickets`` are held; return the session in use."""
    case.broker.heard(balance(RICH_TICKS))
    session = await case.connected(place)
    await case.agent.asked_times(Open, 1 + tickets)
    await case.kept(tickets)
    return session


def disconnected(case: Brokering) -> None:
    case.broker.followed(Disconnected())


class TestHolding:
    pytestmark = pytest.mark.anyio

    async def test_they_are_given_back_where_the_tunnel_needs_all_credit_that_there_is(
        self, case: Brokering
    ) -> None:
        session = await stocked(case)
        opened = set(case.agent.open) - {session}

        for total in (0, case.agent.ticket_bytes - 1):
            case.broker.counted(plan(1), Counters(received_bytes=total, sent_bytes=0))
        await case.kept(0)
        await case.agent.asked_times(End, MOST)

        assert {call.session_id for call in case.agent.of(End)} == opened
        assert case.posted == []

    async def test_two_tickets_are_fetched_at_nodes_that_are_not_in_use(
        self, case: Brokering
    ) -> None:
        session = await stocked(case)

        assert [call.avoided for call in held(case)] == [(CURRENT,), (node(2), CURRENT)]
        assert set(case.agent.open.values()) == {CURRENT, node(2), node(3)}
        assert case.shown()["node_id"] == CURRENT
        assert session in case.agent.open

    async def test_place_of_one_node_alone_has_one_ticket_there(self, case: Brokering) -> None:
        await stocked(case, node(3), tickets=1)
        await case.settled()

        (call,) = held(case)
        assert (call.place.node, call.avoided) == (node(3), ())

    async def test_node_in_use_is_better_than_none(self, case: Brokering) -> None:
        case.agent.nodes = {CURRENT: b"k" * 32}
        case.broker.heard(balance(RICH_TICKS))
        await case.connected("fastest")
        case.agent.fails[Open] = [CentralBusyError("no other node")]
        await case.kept(1)

        assert [call.avoided for call in held(case)][:2] == [(CURRENT,), ()]

    async def test_who_has_little_credit_keeps_it_for_the_tunnel(self, case: Brokering) -> None:
        case.broker.heard(balance(RICH_TICKS - 1))
        await case.connected("fastest")
        await case.kept(1)
        await case.settled()

        assert len(held(case)) == 1

    async def test_nothing_is_fetched_before_the_balance_is_known(self, case: Brokering) -> None:
        await case.connected("fastest")
        await case.settled()

        assert held(case) == []

    async def test_nothing_is_fetched_for_who_only_looks_in(
        self, case: Brokering, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ahead, "STEADY_S", 60.0)
        case.broker.heard(balance(RICH_TICKS))
        await case.connected("fastest")
        disconnected(case)
        await case.settled()

        assert held(case) == []

    async def test_they_outlive_the_tunnel_and_are_ended_with_the_account(
        self, case: Brokering
    ) -> None:
        session = await stocked(case)
        disconnected(case)
        await case.agent.asked_times(End, 1)
        assert [call.session_id for call in case.agent.of(End)] == [session]

        async with case.broker.leaving():
            pass

        assert case.agent.open == {}

    async def test_another_place_has_its_own(self, case: Brokering) -> None:
        await stocked(case)
        disconnected(case)
        before = set(case.agent.open)

        await case.connected(node(2))
        await case.agent.asked_times(End, 2)

        # The one at that node serves; the other one does not.
        assert len(before & set(case.agent.open)) == 1
        assert len(held(case)) == MOST

    async def test_one_that_the_server_ended_is_forgotten(self, case: Brokering) -> None:
        await stocked(case)
        disconnected(case)
        case.agent.offline = True
        for session in tuple(case.agent.open):
            case.broker.heard(SessionNews(session_id=session, action="ended"))

        with pytest.raises(NoCreditProofError):
            await case.profile("fastest")


class TestUsing:
    pytestmark = pytest.mark.anyio

    async def test_connects_while_the_server_is_away(self, case: Brokering) -> None:
        await stocked(case)
        disconnected(case)
        case.agent.offline = True

        profile = await case.profile("fastest")

        assert case.agent.open[profile.id] in {node(2), node(3)}
        assert {each.id: each.used for each in await case.kept(MOST)}[profile.id]

    async def test_moves_to_another_node_when_its_own_is_gone_with_the_server(
        self, case: Brokering, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await stocked(case)
        case.agent.offline = True
        # None of these tunnels lasts.
        monkeypatch.setattr(ahead, "STEADY_S", 60.0)

        nodes = [case.agent.open[await case.connected("fastest", again=True)] for _ in range(3)]

        assert nodes == [node(2), node(3), node(2)]

    async def test_daemon_that_starts_without_the_server_has_them(self, case: Brokering) -> None:
        await stocked(case)
        case.broker.close()
        case.agent.offline = True

        again = case.restarted()
        profile = await again.profile("fastest")
        again.broker.close()

        assert case.agent.open[profile.id] == node(2)

    async def test_only_what_is_there_is_used_for_a_place(self, case: Brokering) -> None:
        await stocked(case)
        disconnected(case)
        case.agent.offline = True

        with pytest.raises(NoCreditProofError):
            await case.profile("FR")
        with pytest.raises(NoCreditProofError):
            await case.profile("DE/Berlin")
        await case.profile("DE")
        await case.profile(node(3))

    async def test_blocked_node_is_not_used(self, case: Brokering) -> None:
        await stocked(case)
        disconnected(case)
        case.agent.offline = True
        case.choose(blocked_nodes=(node(2), node(3)))

        with pytest.raises(NoCreditProofError):
            await case.profile("fastest")

    async def test_expired_one_is_not_used(
        self, case: Brokering, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await stocked(case)
        disconnected(case)
        case.agent.offline = True
        now_s = time.time()
        monkeypatch.setattr(time, "time", lambda: now_s + DAY_S - 10)

        with pytest.raises(NoCreditProofError):
            await case.profile("fastest")

    async def test_one_that_was_used_is_replaced_when_the_server_is_back(
        self, case: Brokering
    ) -> None:
        await stocked(case)
        disconnected(case)
        case.agent.offline = True
        used = await case.connected("fastest")
        disconnected(case)
        case.agent.offline = False
        case.broker.heard(Reached(reach=Reach.ONLINE))

        await case.connected("fastest")
        await case.agent.asked_times(Open, 1 + MOST + 1 + 1 + 1)
        await case.settled()

        assert used not in case.agent.open
        assert len(case.agent.open) == 1 + MOST

    async def test_disk_that_refuses_costs_the_ticket_only_at_a_restart(
        self, case: Brokering, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def full(*_: object) -> None:
            await asyncio.sleep(0)
            raise VaultError("the disk is full")

        monkeypatch.setattr(case.vault, "store", full)
        case.broker.heard(balance(RICH_TICKS))
        await case.connected("fastest")
        await case.agent.asked_times(Open, 1 + MOST)
        await case.settled()
        disconnected(case)
        case.agent.offline = True

        assert (await case.profile("fastest")).id in case.agent.open
