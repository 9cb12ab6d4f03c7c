"""Once a session is over for the server and for this end, the node says its last word on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import attrs
import pytest

from tests.core.receipts import samples
from tests.core.receipts.sides import Counters
from tests.core.share.central_fakes import OTHER_SECRETS, session
from tests.core.share.inn import Inn, opened
from tests.core.vault.power import CuttableDisk
from worldvpn_core.central.news import GuestsListed, News
from worldvpn_core.central.node_calls import LastClaim
from worldvpn_core.errors import (
    CentralBusyError,
    CentralOfflineError,
    CentralRefusedError,
    WorldVpnError,
)
from worldvpn_core.receipts.node_side import NodeSide
from worldvpn_core.share.farewells import Farewells

pytestmark = pytest.mark.anyio

RECEIPT = b"r" * 162


@attrs.define
class Claimed:
    """What was claimed of the sessions here."""

    going_on: set[str] = attrs.field(factory=set)
    claims: dict[str, bytes] = attrs.field(factory=dict)

    def holds(self, session: str) -> bool:
        return session in self.going_on

    def last(self, session: str) -> bytes | None:
        return self.claims.get(session)


@pytest.fixture
async def inn(tmp_path: Path) -> AsyncIterator[Inn]:
    """A node that has served session 1, and knows of no other."""
    async with opened(tmp_path / "node.json") as made:
        await made.hear(made.offer())
        made.server.asked.clear()
        yield made


def said(inn: Inn) -> list[LastClaim]:
    return [call for call in inn.server.asked if isinstance(call, LastClaim)]


async def told(farewells: Farewells, *sessions: str) -> None:
    farewells.ended(*sessions)
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_of_a_session_without_any_claim_it_says_that_nothing_was_carried(inn: Inn) -> None:
    await told(Farewells(inn.server, inn.file, Claimed()), session(1))

    assert said(inn) == [LastClaim(node_id=inn.node_id, session_id=session(1))]


async def test_of_others_it_says_its_last_claim_once_that_is_made(inn: Inn) -> None:
    claimed = Claimed(going_on={session(1)}, claims={session(1): RECEIPT})
    farewells = Farewells(inn.server, inn.file, claimed)
    await told(farewells, session(1))
    early = said(inn)
    claimed.going_on.clear()
    farewells.over(session(1))
    await inn.settled()
    await told(farewells, session(1))

    assert early == []
    assert said(inn) == [
        LastClaim(node_id=inn.node_id, session_id=session(1), final_receipt=RECEIPT)
    ]


async def test_what_ends_here_alone_may_go_on_with_another_ticket(inn: Inn) -> None:
    farewells = Farewells(inn.server, inn.file, Claimed())
    farewells.over(session(1))
    await inn.settled()

    assert said(inn) == []


async def test_of_a_session_that_it_does_not_know_a_node_says_nothing(inn: Inn) -> None:
    await told(Farewells(inn.server, inn.file, Claimed()), session(2))

    assert said(inn) == []


async def test_without_receipts_nothing_is_known_and_nothing_said(inn: Inn) -> None:
    await told(Farewells(inn.server, inn.file, None), session(1))

    assert said(inn) == []


async def test_nobody_who_is_signed_in_instead_speaks_for_the_node(inn: Inn) -> None:
    inn.server.account = OTHER_SECRETS
    await told(Farewells(inn.server, inn.file, Claimed()), session(1))

    assert said(inn) == []


@pytest.mark.parametrize("away", [CentralOfflineError("no answer"), CentralBusyError("later")])
async def test_a_server_that_is_away_is_told_once_it_lists_the_guests_again(
    inn: Inn, caplog: pytest.LogCaptureFixture, away: WorldVpnError
) -> None:
    caplog.set_level("INFO")
    farewells = Farewells(inn.server, inn.file, Claimed())
    inn.server.failure = away
    await told(farewells, session(1))
    assert "does not know it" in caplog.text
    inn.server.asked.clear()
    inn.server.failure = None
    await told(farewells, session(1))
    await told(farewells, session(1))

    assert said(inn) == [LastClaim(node_id=inn.node_id, session_id=session(1))]


async def test_a_word_that_the_server_refuses_is_not_said_again(inn: Inn) -> None:
    farewells = Farewells(inn.server, inn.file, Claimed())
    inn.server.failure = CentralRefusedError("this session is not yours")
    await told(farewells, session(1))
    inn.server.asked.clear()
    inn.server.failure = None
    await told(farewells, session(1))

    assert said(inn) == []


@pytest.mark.parametrize("how", ["ended", "listed"])
async def test_the_servers_news_say_which_sessions_are_over(tmp_path: Path, how: str) -> None:
    book = await samples.book(CuttableDisk())
    async with opened(tmp_path / "node.json") as inn:
        side = NodeSide(
            Counters(), lambda: book, lambda name, _why: hosting.drained(name), lambda _ticket: None
        )
        hosting = inn.started(side)
        hosting.heard(inn.offer())
        await inn.settled()
        assert side.holds(session(1))
        news: dict[str, News] = {
            "ended": inn.offer(action="ended", x25519=None),
            "listed": GuestsListed(session_ids=()),
        }
        hosting.heard(news[how])
        await inn.settled()
        hosting.close()

        assert said(inn) == [LastClaim(node_id=inn.node_id, session_id=session(1))]
