"""No space is left on the disk of the database: refused, and nothing is lost or invented."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.faults.conftest import SMALL, Money, back, made, money, started_again
from worldvpn_server.database.cluster import Cluster
from worldvpn_server.errors import UnavailableError

pytestmark = [pytest.mark.anyio, pytest.mark.netns]

_BLOCK = 4096
_MOST_HOLDS = 20_000


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 160 MB."""
    place = folder / "disk"
    place.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=160m,mode=755", "tmpfs", str(place)], check=True
    )
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


async def test_full_disk_refuses_holds_and_space_makes_it_go_on(small_disk: Path) -> None:
    running = await Cluster.start(small_disk / "pg", options=SMALL)
    await made(running)
    async with money(running.dsn("worldvpn"), small_disk / "keys") as purse:
        ballast = small_disk / "ballast"
        _fill(ballast)
        unanswered = 0
        for _ in range(_MOST_HOLDS):
            unanswered += await _refused(purse)
            if unanswered >= 3:
                break
        ballast.unlink()
        # PostgreSQL may have given up on its full log; the supervisor starts it again then.
        await asyncio.sleep(1)
        if running.exited():
            running = await started_again(running)
        await back(purse)
        await purse.check(unanswered)
        await purse.hold(1)
        await purse.check(unanswered)

    await running.stop()
    assert unanswered >= 3


async def _refused(purse: Money) -> int:
    try:
        await purse.hold(1)
    except UnavailableError:
        return 1
    return 0


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(_BLOCK))
