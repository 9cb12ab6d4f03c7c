"""How long the server's guests, and its own peer, stay."""

from __future__ import annotations

import asyncio
import time
from ipaddress import ip_address
from typing import Any
from uuid import UUID

import attrs
import pytest

from tests.core.share.central_fakes import (
    MIB,
    PROBE,
    probe,
    session,
)
from tests.core.share.inn import Inn
from worldvpn_core.central.news import GuestsListed, SignedOut
from worldvpn_core.central.node_calls import Probed
from worldvpn_core.credit.ticket import Ticket
from worldvpn_core.share.events import ShareHeld
from worldvpn_core.share.states import Draining
from worldvpn_core.testing.samples import SILENT, guest

pytestmark = pytest.mark.anyio


async def test_a_guest_leaves_by_itself_when_its_ticket_ends(inn: Inn) -> None:
    inn.server.changes = {"not_after_s": int(time.time()) + 2}
    await inn.hear(inn.offer())
    assert inn.inside == {guest().public_key}
    await inn.empties()

    assert inn.inside == set()
    assert inn.hosting.guests == 0


@pytest.mark.parametrize("action", ["ended", "withdraw"])
async def test_a_guest_leaves_when_the_server_says_so(inn: Inn, action: str) -> None:
    await inn.hear(inn.offer())
    await inn.hear(inn.offer(action=action, x25519=None, ticket=b"any"))

    assert inn.inside == set()
    assert inn.hosting.guests == 0


async def test_a_guest_leaves_when_the_server_lists_it_no_more(inn: Inn) -> None:
    inn.server.guests[session(2)] = guest(2).public_key
    await inn.hear(inn.offer(1), inn.offer(2), probe(inn.node_id))
    await inn.hear(GuestsListed(session_ids=(session(2),)))

    assert inn.inside == {guest(2).public_key, b"p" * 32}


async def test_guests_leave_with_the_account_that_they_were_sent_to(inn: Inn) -> None:
    inn.server.guests[session(2)] = guest(2).public_key
    await inn.hear(inn.offer(1), inn.offer(2))
    await inn.hear(SignedOut(code="signed-out", detail="this device was signed out"))

    assert inn.inside == set()
    assert inn.hosting.guests == 0


def _longer(ticket: Ticket) -> Ticket:
    return attrs.evolve(
        ticket,
        cap_bytes=90 * MIB,
        previous=ticket.hash(),
        not_after_s=int(time.time()) + 1_800,
    )


async def test_a_newer_ticket_prolongs_the_stay(inn: Inn) -> None:
    inn.server.changes = {"not_after_s": int(time.time()) + 2}
    await inn.hear(inn.offer())
    longer = _longer(inn.server.tickets[0])
    await inn.hear(inn.offer(action="open", ticket=inn.server.signed(longer)))
    await asyncio.sleep(inn.server.tickets[0].not_after_s + 0.5 - time.time())
    await inn.settled()
    hosted = inn.file.get(session(1))

    assert inn.inside == {guest().public_key}
    assert hosted is not None
    assert (hosted.expires_s, hosted.counted.cap_bytes) == (longer.not_after_s, 90 * MIB)


async def test_an_older_ticket_shortens_nothing(inn: Inn) -> None:
    await inn.hear(inn.offer())
    first = inn.server.tickets[0]
    longer = _longer(first)
    await inn.hear(inn.offer(action="open", ticket=inn.server.signed(longer)))
    await inn.hear(inn.offer(action="open", ticket=inn.server.signed(first)))
    hosted = inn.file.get(session(1))

    assert hosted is not None
    assert hosted.counted.ticket == longer.hash()
    assert inn.inside == {guest().public_key}


async def test_the_servers_own_peer_is_let_in_and_told_of_and_gone_after_its_time(
    inn: Inn,
) -> None:
    seen: list[set[bytes]] = []
    inn.server.at_ask = lambda: seen.append(inn.inside)
    await inn.hear(probe(inn.node_id, lasts_s=2))

    assert inn.server.asked == [Probed(node_id=inn.node_id, probe_id=PROBE)]
    assert seen == [{b"p" * 32}]
    assert inn.hosting.guests == 0
    await inn.empties()
    assert inn.inside == set()


async def test_the_servers_own_peer_reaches_nothing_beyond_the_node(inn: Inn) -> None:
    await inn.hear(inn.offer(), probe(inn.node_id))

    node = inn.world.firewall.applied[-1].node
    assert node is not None
    assert node.guests == guest().addresses


async def test_a_full_node_is_still_checked_by_the_server(inn: Inn) -> None:
    inn.fill()
    await inn.settled()
    await inn.hear(probe(inn.node_id))

    assert inn.inside == {guest(2).public_key, guest(3).public_key, b"p" * 32}
    assert inn.hosting.guests == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"node_id": str(UUID(int=9))},
        {"assigned4": ip_address("10.66.0.9"), "assigned6": ip_address("fd66::9")},
        {"assigned4": ip_address("10.66.0.1")},
        {"assigned6": ip_address("2001:db8::1")},
    ],
    ids=repr,
)
async def test_nobody_comes_without_a_ticket_by_calling_itself_a_probe(
    inn: Inn, changes: dict[str, Any]
) -> None:
    await inn.hear(attrs.evolve(probe(inn.node_id), **changes))

    assert inn.inside == set()
    assert inn.server.asked == []


async def test_a_node_that_is_gone_has_no_guests_of_the_servers(inn: Inn) -> None:
    await inn.hear(inn.offer(), probe(inn.node_id))
    inn.hosting.forget()

    assert inn.hosting.guests == 0


async def test_guests_of_a_node_that_drains_may_finish(inn: Inn) -> None:
    await inn.hear(inn.offer())
    inn.runner.post(ShareHeld(cause=SILENT))
    await inn.settled()

    assert isinstance(inn.runner.state, Draining)
    assert inn.inside == {guest().public_key}
