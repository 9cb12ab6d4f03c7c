"""Sessions are opened where the owner lets them be, with keys that nobody has seen before."""

from __future__ import annotations

import asyncio

import attrs
import pytest

from tests.core.central.brokering import Brokering
from tests.core.central.server_side import node
from worldvpn_core.central import failed
from worldvpn_core.central.calls import End, Open
from worldvpn_core.central.news import Reach, Reached, SessionNews
from worldvpn_core.central.replies import Done
from worldvpn_core.central.tried import Measured
from worldvpn_core.errors import (
    ContractError,
    NoCreditProofError,
)

pytestmark = pytest.mark.anyio

ONLINE = Reached(reach=Reach.ONLINE)


async def test_each_session_has_keys_of_its_own_and_a_call_of_its_own(case: Brokering) -> None:
    profiles = [await case.profile("fastest") for _ in range(3)]

    calls = case.agent.of(Open)
    assert len({call.keys.x25519 for call in calls}) == 3
    assert len({call.keys.ed25519 for call in calls}) == 3
    assert len({call.key for call in calls}) == 3
    assert len({dict(profile.options)["private_key"] for profile in profiles}) == 3


async def test_profile_goes_where_the_session_was_granted_and_names_no_resolver(
    case: Brokering,
) -> None:
    profile = await case.profile("DE")

    assert [str(each.host) for each in profile.servers] == ["203.0.113.7"]
    assert [str(each) for each in profile.addresses] == ["10.99.0.2/32", "fd99::2/128"]
    assert dict(profile.options)["remote_key"] == case.agent.nodes[node(1)].hex()
    assert profile.dns_servers == ()
    assert profile.name == "DE"


async def test_favourites_and_blocked_nodes_reach_the_call(case: Brokering) -> None:
    case.choose(blocked_nodes=(node(1),), favourite_nodes=(node(3), node(2)))

    await case.profile("fastest")

    (call,) = case.agent.of(Open)
    assert (call.avoided, call.favourites) == ((node(1),), (node(3), node(2)))
    assert set(case.agent.open.values()) == {node(2)}


async def test_what_own_tunnels_have_shown_reaches_the_call(case: Brokering) -> None:
    case.measured = (Measured(node_id=node(2), latency_us=21_000, failing_percent=30),)

    await case.profile("fastest")

    (call,) = case.agent.of(Open)
    assert call.measured == case.measured


async def test_session_at_a_blocked_node_is_ended_and_not_used(case: Brokering) -> None:
    case.choose(blocked_nodes=(node(2),))

    with pytest.raises(ContractError, match="blocked"):
        await case.profile(node(2))
    await case.agent.asked_times(End, 1)

    assert case.agent.open == {}


async def test_retry_avoids_the_node_that_failed_and_names_the_session_it_replaces(
    case: Brokering,
) -> None:
    case.choose(blocked_nodes=(node(3),))
    first = await case.profile("fastest")

    second = await case.profile("fastest", again=True)

    assert case.agent.of(Open)[-1].replaces == first.id
    assert case.agent.of(Open)[-1].avoided == (node(3), node(1))
    assert case.agent.open == {second.id: node(2)}


async def test_where_all_have_failed_the_one_that_failed_last_is_left_out(case: Brokering) -> None:
    case.choose(blocked_nodes=(node(3),))
    await case.profile("fastest")
    await case.profile("fastest", again=True)

    third = await case.profile("fastest", again=True)
    fourth = await case.profile("fastest", again=True)

    assert [call.avoided for call in case.agent.of(Open)[2:]] == [
        (node(3), node(1), node(2)),
        (node(3), node(2)),
        (node(3), node(2), node(1)),
        (node(3), node(1)),
    ]
    assert third.id not in case.agent.open
    assert case.agent.open == {fourth.id: node(2)}


async def test_the_only_node_there_is_is_asked_again_at_once(case: Brokering) -> None:
    del case.agent.nodes[node(2)], case.agent.nodes[node(3)]
    await case.profile("fastest")

    again = await case.profile("fastest", again=True)

    assert [call.avoided for call in case.agent.of(Open)[1:]] == [(node(1),), ()]
    assert case.agent.open == {again.id: node(1)}


async def test_node_that_failed_last_is_asked_where_the_others_are_gone(case: Brokering) -> None:
    del case.agent.nodes[node(3)]
    await case.profile("fastest")
    await case.profile("fastest", again=True)
    del case.agent.nodes[node(1)]

    again = await case.profile("fastest", again=True)

    assert [call.avoided for call in case.agent.of(Open)[2:]] == [
        (node(1), node(2)),
        (node(2),),
        (),
    ]
    assert case.agent.open == {again.id: node(2)}


async def test_node_that_failed_is_not_avoided_by_who_asks_for_that_node(case: Brokering) -> None:
    await case.profile(node(2))

    await case.profile(node(2), again=True)

    assert case.agent.of(Open)[-1].avoided == ()
    assert list(case.agent.open.values()) == [node(2)]


async def test_node_that_failed_is_taken_again_after_a_while(
    case: Brokering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failed, "AVOIDED_S", 0.0)
    await case.profile("fastest")

    await case.profile("fastest", again=True)

    assert case.agent.of(Open)[-1].avoided == ()
    assert list(case.agent.open.values()) == [node(1)]


async def test_another_wish_replaces_nothing_while_the_first_may_still_carry(
    case: Brokering,
) -> None:
    await case.profile("fastest")

    await case.profile("DE")

    assert case.agent.of(Open)[-1].replaces is None
    assert len(case.agent.open) == 2


async def test_nodes_that_failed_never_crowd_out_blocked_ones(case: Brokering) -> None:
    await case.profile("fastest")
    blocked = tuple(node(number) for number in range(1_000, 1_256))
    case.choose(blocked_nodes=blocked)

    await case.profile("fastest", again=True)

    assert case.agent.of(Open)[-1].avoided == blocked


async def test_session_with_time_left_is_used_again_while_the_server_is_away(
    case: Brokering,
) -> None:
    first = await case.profile("fastest")
    case.agent.offline = True

    assert await case.profile("fastest", again=True) == first


async def test_without_a_ticket_and_a_server_it_is_tried_again_later(case: Brokering) -> None:
    case.agent.offline = True

    with pytest.raises(NoCreditProofError) as raised:
        await case.profile("fastest")

    assert raised.value.retryable


async def test_session_whose_ticket_is_nearly_over_is_not_begun_with(case: Brokering) -> None:
    case.agent.ticket_s = 10
    await case.profile("fastest")
    case.agent.offline = True

    with pytest.raises(NoCreditProofError):
        await case.profile("fastest", again=True)


async def test_another_place_is_not_served_by_the_session_of_the_first(case: Brokering) -> None:
    await case.profile("fastest")
    case.agent.offline = True

    with pytest.raises(NoCreditProofError):
        await case.profile("DE")


async def test_session_that_the_server_has_ended_is_not_used_while_it_is_away(
    case: Brokering,
) -> None:
    first = await case.connected("fastest")
    case.broker.heard(SessionNews(session_id=first, action="ended", reason="node-offline"))
    case.agent.offline = True

    with pytest.raises(NoCreditProofError):
        await case.profile("fastest", again=True)


async def test_changed_key_of_a_node_is_told_once(case: Brokering) -> None:
    code = f"node.key.{node(1)}"
    await case.profile("fastest")
    assert code not in case.told()
    case.agent.nodes[node(1)] = b"\xff" * 32

    await case.profile("fastest")
    assert "no longer has the key" in case.told()[code]
    case.notices.forget(code)
    await case.profile("fastest")

    assert code not in case.told()


async def test_answer_that_is_no_session_opens_nothing(case: Brokering) -> None:
    case.agent.replies[Open] = Done()

    with pytest.raises(ContractError, match="report it"):
        await case.profile("fastest")


async def test_secret_keys_are_in_no_text(case: Brokering) -> None:
    profile = await case.profile("fastest")
    (lease,) = case.broker._leases.values()
    secret = dict(profile.options)["private_key"]

    for text in (repr(lease), repr(case.agent.asked), repr(attrs.asdict(lease.granted))):
        assert secret not in text
    assert repr(lease.keys.x25519) not in repr(lease)


async def test_session_that_nobody_waits_for_any_more_is_ended(case: Brokering) -> None:
    opening = asyncio.create_task(case.profile("fastest"))
    await case.agent.asked_times(Open, 1)
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    await case.agent.asked_times(End, 1)
    assert case.agent.open == {}
