"""Trying again: sooner at first, later each time, at once when the network changed."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.reconnect import FIRST_S, LONGEST_S, Reconnector, delay_s
from worldvpn_core.testing.samples import REFUSED, SILENT, connected, connecting
from worldvpn_core.tunnel.states import Blocked, Disconnected

pytestmark = pytest.mark.anyio


class Tries:
    """Counts attempts; ``begins`` says whether each could be planned."""

    def __init__(self, *, begins: bool = True) -> None:
        self.failures: list[int] = []
        self.begins = begins
        self.tried = asyncio.Event()

    async def __call__(self, failures: int) -> bool:
        self.failures.append(failures)
        self.tried.set()
        return self.begins


@given(st.integers(0, 1_000), st.randoms())
def test_delay_stays_between_half_the_first_and_the_longest(failures: int, random: Random) -> None:
    assert FIRST_S / 2 <= delay_s(failures, random) <= LONGEST_S


async def test_retryable_block_is_tried_again() -> None:
    tries = Tries()
    reconnector = Reconnector(tries)

    reconnector.heard(connected(), Blocked(cause=SILENT))
    await asyncio.wait_for(tries.tried.wait(), 5)

    assert tries.failures == [1]


async def test_block_that_trying_cannot_help_is_left_alone() -> None:
    reconnector = Reconnector(Tries())

    reconnector.heard(connecting(), Blocked(cause=REFUSED))

    assert reconnector.retry_in_s is None


async def test_disconnecting_cancels_the_waiting_attempt() -> None:
    tries = Tries()
    reconnector = Reconnector(tries)
    reconnector.heard(connected(), Blocked(cause=SILENT))

    reconnector.heard(Blocked(cause=SILENT), Disconnected())
    await asyncio.sleep(2 * FIRST_S)

    assert tries.failures == []


async def test_what_cannot_be_planned_is_tried_again_by_itself() -> None:
    tries = Tries(begins=False)
    reconnector = Reconnector(tries)

    reconnector.heard(connected(), Blocked(cause=SILENT))
    async with asyncio.timeout(5):
        while len(tries.failures) < 2:
            tries.tried.clear()
            await tries.tried.wait()
    reconnector.heard(Blocked(cause=SILENT), Disconnected())

    assert tries.failures[:2] == [1, 2]


async def test_changed_network_cuts_the_waiting_short() -> None:
    reconnector = Reconnector(Tries())
    for _ in range(12):
        reconnector.heard(connecting(), Blocked(cause=SILENT))
        reconnector._failures += 1

    before = reconnector.retry_in_s
    reconnector.hurry()
    after = reconnector.retry_in_s
    reconnector.stop()

    assert before is not None
    assert after is not None
    assert after < before
