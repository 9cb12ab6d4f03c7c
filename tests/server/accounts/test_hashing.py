"""Hashes are made in one thread behind everything else, and a full line turns away at once."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest
from argon2 import PasswordHasher, extract_parameters

from worldvpn_server.accounts.hashing import MOST_WAITING, Argon2Hasher, Verdict
from worldvpn_server.errors import UnavailableError

pytestmark = pytest.mark.anyio


async def test_right_password_holds_and_another_does_not() -> None:
    with Argon2Hasher.started() as hasher:
        stored = await hasher.hash("tulip basalt 9")

        assert await hasher.verify(stored, "tulip basalt 9") == Verdict(holds=True)
        assert await hasher.verify(stored, "tulip basalt 8") == Verdict(holds=False)
        assert await hasher.verify("damaged", "tulip basalt 9") == Verdict(holds=False)
        assert await hasher.verify(None, "tulip basalt 9") == Verdict(holds=False)


async def test_parameters_are_the_librarys_and_nobodys_hash_has_the_same() -> None:
    with Argon2Hasher.started() as hasher:
        stored = await hasher.hash("tulip basalt 9")

    made, library = extract_parameters(stored), extract_parameters(PasswordHasher().hash("x"))
    assert made == library


async def test_weaker_hash_is_outgrown() -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=1024).hash("tulip basalt 9")
    with Argon2Hasher.started() as hasher:
        assert await hasher.verify(weaker, "tulip basalt 9") == Verdict(holds=True, outgrown=True)


async def test_full_line_turns_away_before_anything_is_hashed() -> None:
    gate = threading.Event()
    with Argon2Hasher.started() as hasher:
        waiting = [asyncio.create_task(hasher.off_loop(gate.wait)) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)

        with pytest.raises(UnavailableError) as refused:
            await hasher.verify(None, "tulip basalt 9")

        gate.set()
        await asyncio.gather(*waiting)
        assert refused.value.retry_after_s > 0
        assert (await hasher.verify(None, "tulip basalt 9")).holds is False


async def test_caller_that_gives_up_keeps_its_place_until_its_hash_is_made() -> None:
    gate = threading.Event()
    with Argon2Hasher.started() as hasher:
        waiting = [asyncio.create_task(hasher.off_loop(gate.wait)) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)

        with pytest.raises(UnavailableError):
            await hasher.hash("tulip basalt 9")
        gate.set()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_thread_is_behind_the_event_loop_and_on_one_core() -> None:
    def standing() -> tuple[int, int]:
        own = threading.get_native_id()
        return os.getpriority(os.PRIO_PROCESS, own), len(os.sched_getaffinity(0))

    before = os.sched_getaffinity(0)
    with Argon2Hasher.started() as hasher:
        assert await hasher.off_loop(standing) == (10, 1)
    assert os.sched_getaffinity(0) == before
