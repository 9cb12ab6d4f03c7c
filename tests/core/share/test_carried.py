"""What all guests carry is told as a day's curve, and lasts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.share.watchful import watched

pytestmark = pytest.mark.anyio


async def test_what_all_carry_is_told_by_quarters_of_an_hour_and_kept_through_a_restart(
    tmp_path: Path,
) -> None:
    async with watched(tmp_path) as house:
        await house.serves()
        await house.offered(1)
        for up in (1 << 20, 3 << 20, 4 << 20):
            house.does(1, up=up)
            await house.look()
        told = house.sharing.requests.shown()["carried"]

    assert isinstance(told, dict)
    assert (told["step_s"], sum(told["bytes"])) == (900, 4 << 20)
    assert told["rate_bps"] > 0
    async with watched(tmp_path) as house:
        again = house.sharing.requests.shown()["carried"]

    assert isinstance(again, dict)
    assert (sum(again["bytes"]), again["rate_bps"]) == (4 << 20, 0)
