"""Receipts reach the server once it takes them, and nothing is lost or paid twice meanwhile."""

from __future__ import annotations

import asyncio
import contextlib

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.receipts.samples import book, entry
from tests.core.vault.power import CuttableDisk
from worldvpn_core.central.calls import MOST_SUBMITTED, Submit
from worldvpn_core.central.replies import Outcome, Submitted
from worldvpn_core.errors import CentralOfflineError
from worldvpn_core.receipts.submitting import FIRST_S, GATHER_S, LONGEST_S, Submitting, pause_s

anyio_only = pytest.mark.anyio


@attrs.define(eq=False)
class Server:
    """Takes receipts as the real one does, or is away; it may lose its answer."""

    is_away: bool = False
    loses_answers: bool = False
    had: list[bytes] = attrs.field(factory=list)
    was_asked: asyncio.Event = attrs.field(factory=asyncio.Event)
    batches: list[int] = attrs.field(factory=list)

    async def __call__(self, call: Submit) -> Submitted:
        if self.is_away:
            raise CentralOfflineError("the central server is away")
        self.was_asked.set()
        self.batches.append(len(call.receipts))
        outcomes = []
        for signed in call.receipts:
            outcomes.append(Outcome.DUPLICATE if signed in self.had else Outcome.ACCEPTED)
            self.had.append(signed)
        if self.loses_answers:
            raise CentralOfflineError("the answer was lost")
        return Submitted(outcomes=tuple(outcomes))


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_pause_is_never_longer_than_a_quarter_of_an_hour(failures: int, draw: float) -> None:
    assert 0 < pause_s(failures, draw) <= LONGEST_S


def test_pause_doubles_with_each_failure_and_differs_from_host_to_host() -> None:
    assert [pause_s(each, 1.0) for each in (1, 2, 3)] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    assert pause_s(0, 1.0) == GATHER_S
    assert pause_s(3, 0.0) == pause_s(3, 1.0) / 2


@anyio_only
async def test_all_that_waits_is_handed_in_batch_by_batch() -> None:
    made, server = await book(CuttableDisk()), Server()
    await asyncio.gather(*(made.keep(entry(1, session=each)) for each in range(MOST_SUBMITTED + 3)))
    assert await Submitting(made, server).hand_in()
    assert server.batches == [MOST_SUBMITTED, 3]
    assert made.pending_sessions == 0


@anyio_only
async def test_server_that_was_away_gets_the_newest_of_each_session() -> None:
    disk, server = CuttableDisk(), Server(is_away=True)
    made = await book(disk)
    submitting = Submitting(made, server)
    for number in (1, 2, 3):
        await made.keep(entry(number, answered=True))
        assert not await submitting.hand_in()
    server.is_away = False
    assert await Submitting(await book(disk), server).hand_in()
    assert server.had == [entry(3).signed, entry(3, answered=True).kept.other]


@anyio_only
async def test_answer_that_is_lost_costs_a_repetition_and_no_more() -> None:
    made, server = await book(CuttableDisk()), Server(loses_answers=True)
    await made.keep(entry(1))
    submitting = Submitting(made, server)
    assert not await submitting.hand_in()
    server.loses_answers = False
    assert await submitting.hand_in()
    assert server.had == [entry(1).signed] * 2
    assert made.pending_sessions == 0


@anyio_only
async def test_whoever_hurries_does_not_wait() -> None:
    made, server = await book(CuttableDisk()), Server()
    submitting = Submitting(made, server)
    running = asyncio.create_task(submitting.run())
    await made.keep(entry(1))
    submitting.hurry()
    async with asyncio.timeout(GATHER_S / 4):
        await server.was_asked.wait()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert server.had == [entry(1).signed]
