"""A session is kept while its tunnel is, and ended at the server once nobody uses it."""

from __future__ import annotations

from ipaddress import ip_address

import attrs
import pytest

from tests.core.central.brokering import Brokering
from tests.core.central.server_side import node
from worldvpn_core.central.calls import End
from worldvpn_core.central.news import Reach, Reached
from worldvpn_core.errors import (
    CentralRefusedError,
    OutOfCreditError,
)
from worldvpn_core.testing.samples import REFUSED, SILENT, UNTIL, connected, connecting, plan
from worldvpn_core.tunnel.states import Blocked, Disconnected, Paused

pytestmark = pytest.mark.anyio

ONLINE = Reached(reach=Reach.ONLINE)
POOR = OutOfCreditError("4 credits are held, 0 can be spent")


async def test_session_of_the_tunnel_before_is_ended_once_another_carries(case: Brokering) -> None:
    await case.connected("fastest")
    second = await case.connected("DE")
    await case.agent.asked_times(End, 1)

    assert list(case.agent.open) == [second]


async def test_session_is_ended_later_where_the_server_is_away(case: Brokering) -> None:
    await case.connected("fastest")
    case.agent.offline = True
    case.broker.followed(Disconnected())
    await case.agent.asked_times(End, 1)
    await case.settled()
    assert len(case.agent.open) == 1

    case.agent.offline = False
    case.broker.heard(ONLINE)
    await case.agent.asked_times(End, 2)
    await case.settled()
    assert case.agent.open == {}

    case.broker.heard(ONLINE)
    await case.settled()
    assert len(case.agent.of(End)) == 2


async def test_session_that_the_server_does_not_know_is_ended_once(case: Brokering) -> None:
    await case.connected("fastest")
    case.agent.fails[End] = [CentralRefusedError("there is no such session")]

    case.broker.followed(Disconnected())
    await case.agent.asked_times(End, 1)
    await case.settled()
    case.broker.heard(ONLINE)
    await case.settled()

    assert len(case.agent.of(End)) == 1


@pytest.mark.parametrize(
    "state",
    [Disconnected(), Paused(until_utc=UNTIL), Blocked(cause=REFUSED)],
    ids=lambda state: type(state).__name__,
)
async def test_all_sessions_are_ended_where_no_tunnel_follows(
    case: Brokering, state: Disconnected | Paused | Blocked
) -> None:
    await case.connected("fastest")
    await case.profile("DE")

    case.broker.followed(state)
    await case.agent.asked_times(End, 2)

    assert case.agent.open == {}
    assert case.broker.shown() is None


async def test_session_is_kept_while_its_tunnel_is_tried_again(case: Brokering) -> None:
    session = await case.connected("fastest")

    case.broker.followed(Blocked(cause=SILENT))
    await case.settled()

    assert list(case.agent.open) == [session]


async def test_tunnel_by_a_profile_ends_the_sessions_and_has_none(case: Brokering) -> None:
    await case.connected("fastest")

    case.broker.followed(connected(7))
    await case.agent.asked_times(End, 1)

    assert case.agent.open == {}
    assert case.broker.shown() is None


async def test_session_of_an_attempt_that_was_dropped_is_ended(case: Brokering) -> None:
    kept = await case.connected("fastest")
    other = await case.profile("DE")
    case.broker.bind(2, other)

    case.broker.dropped(2)
    await case.agent.asked_times(End, 1)

    assert list(case.agent.open) == [kept]


async def test_session_that_another_attempt_uses_is_not_dropped(case: Brokering) -> None:
    session = await case.connected("fastest")
    case.agent.offline = True
    case.broker.bind(2, await case.profile("fastest", again=True))

    case.broker.dropped(2)
    await case.settled()

    assert list(case.agent.open) == [session]
    assert case.agent.of(End) == []


async def test_session_in_use_is_shown_without_keys_or_tickets(case: Brokering) -> None:
    assert case.broker.shown() is None
    await case.connected("de")

    shown = case.broker.shown()

    assert shown is not None
    assert (shown["node_id"], shown["country"], shown["place"]) == (node(1), "DE", "DE")
    assert set(shown) == {"node_id", "country", "place", "expires_s", "cap_bytes", "carried"}


async def test_session_that_its_tunnel_has_yet_to_hear_of_is_not_over(case: Brokering) -> None:
    await case.connected("fastest")
    coming = await case.profile("DE")
    case.broker.bind(2, coming)

    # News of the first tunnel, and its end, that stood before the second in the runner's inbox.
    case.broker.followed(attrs.evolve(connected(1), retired=(ip_address("10.0.0.9"),)))
    case.broker.followed(Disconnected())
    await case.agent.asked_times(End, 1)
    await case.settled()
    assert list(case.agent.open) == [coming.id]

    case.broker.followed(connecting(2))
    case.broker.followed(Disconnected())
    await case.agent.asked_times(End, 2)
    assert case.agent.open == {}


async def test_session_that_a_newer_wish_came_before_is_ended(case: Brokering) -> None:
    case.broker.bind(1, await case.profile("fastest"))
    newer = await case.profile("DE")
    case.broker.bind(2, newer)

    case.broker.followed(connected(2))
    await case.agent.asked_times(End, 1)

    assert list(case.agent.open) == [newer.id]


async def test_session_of_a_tunnel_that_could_not_be_protected_is_ended(case: Brokering) -> None:
    case.broker.bind(1, await case.profile("fastest"))

    case.broker.followed(Blocked(cause=REFUSED, plan=plan(1), enforced=False))
    await case.agent.asked_times(End, 1)

    assert case.agent.open == {}
