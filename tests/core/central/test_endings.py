"""What the server ends takes the tunnel with it, in words that say whether trying again helps."""

from __future__ import annotations

import pytest

from tests.core.central.brokering import Brokering
from worldvpn_core.central import causes, endings
from worldvpn_core.central.calls import End
from worldvpn_core.central.news import SessionNews, SignedOut
from worldvpn_core.tunnel.states import Blocked

pytestmark = pytest.mark.anyio


def ended(session: str, reason: str | None) -> SessionNews:
    return SessionNews(session_id=session, action="ended", reason=reason)


@pytest.mark.parametrize("reason", ["node-offline", "node-refused", "expired"])
async def test_end_that_was_the_nodes_is_tried_again(case: Brokering, reason: str) -> None:
    case.broker.heard(ended(await case.connected("fastest"), reason))

    cause = await case.fallen()

    assert (cause.code, cause.retryable) == ("session.ended", True)
    assert reason in cause.detail


@pytest.mark.parametrize("reason", ["device-revoked", "account-closed", "something-new", None])
async def test_end_that_was_the_servers_is_not_tried_again(
    case: Brokering, reason: str | None
) -> None:
    case.broker.heard(ended(await case.connected("fastest"), reason))

    cause = await case.fallen()

    assert (cause.code, cause.retryable) == ("session.ended", False)
    assert (reason or "ended") in cause.detail


async def test_end_for_want_of_credit_shows_the_ways_on(case: Brokering) -> None:
    case.broker.heard(ended(await case.connected("fastest"), "out-of-credit"))

    assert await case.fallen() == causes.OUT_OF_CREDIT


@pytest.mark.parametrize("reason", ["client", "replaced"])
async def test_end_that_was_asked_for_here_changes_nothing(case: Brokering, reason: str) -> None:
    case.broker.heard(ended(await case.connected("fastest"), reason))
    await case.settled()

    assert case.posted == []


async def test_end_of_a_session_that_carries_nothing_changes_nothing(case: Brokering) -> None:
    await case.connected("fastest")
    other = await case.profile("DE")

    case.broker.heard(ended(other.id, "node-offline"))
    case.broker.heard(SessionNews(session_id=case.live(), action="extended"))
    await case.settled()

    assert case.posted == []


async def test_tunnel_falls_once_however_often_its_end_is_told(case: Brokering) -> None:
    session = await case.connected("fastest")

    case.broker.heard(ended(session, "node-offline"))
    case.broker.heard(ended(session, "node-offline"))

    assert (await case.fallen()).retryable


async def test_node_whose_session_was_ended_is_avoided_next(case: Brokering) -> None:
    case.broker.heard(ended(await case.connected("fastest"), "node-offline"))
    cause = await case.fallen()
    case.broker.followed(Blocked(cause=cause))
    first = set(case.agent.open.values())

    await case.profile("fastest", again=True)

    assert first.isdisjoint(case.agent.open.values())


async def test_tunnel_falls_for_good_when_the_account_is_signed_out(case: Brokering) -> None:
    await case.connected("fastest")

    case.broker.heard(SignedOut(code="device-revoked", detail="This device was revoked."))
    cause = await case.fallen()
    case.broker.followed(Blocked(cause=cause))
    await case.settled()

    assert (cause.code, cause.retryable) == ("central.signed_out", False)
    assert cause.detail == "This device was revoked."
    assert case.broker.shown() is None
    # Nobody is signed in any more who could end them; the server has.
    assert case.agent.of(End) == []


async def test_leaving_the_account_ends_the_tunnel_and_its_session(case: Brokering) -> None:
    await case.connected("fastest")

    async with case.broker.leaving():
        pass

    assert await case.fallen() == causes.SIGNED_OUT
    assert case.agent.open == {}


async def test_leaving_without_a_tunnel_posts_nothing(case: Brokering) -> None:
    await case.profile("fastest")

    async with case.broker.leaving():
        pass

    assert case.posted == []


async def test_leaving_does_not_wait_for_ever(
    case: Brokering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "LEAVE_S", 0.05)
    await case.connected("fastest")
    case.agent.answers.clear()

    async with case.broker.leaving():
        pass

    assert len(case.agent.of(End)) == 1
    assert len(case.agent.open) == 1
