"""A pause ends when the user was told it would, whatever the host did meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import pytest

from tests.security.control import desk
from worldvpn_core import control
from worldvpn_core.testing.running import World, running
from worldvpn_core.testing.samples import plan
from worldvpn_core.tunnel.states import Blocked, Disconnected, Paused

pytestmark = pytest.mark.anyio


async def test_pause_whose_end_was_slept_through_is_over_at_resume(tmp_path: Path) -> None:
    slept = Paused(until_utc=datetime.now(UTC) - timedelta(minutes=5), plan=plan())
    async with running(World(initial=slept)) as world:
        desk(world, tmp_path).control.hurry()
        state = await world.until(lambda state: isinstance(state, Blocked))

    assert isinstance(state, Blocked)
    assert not world.firewall.applied[-1].host.is_open


class SetBack(datetime):
    """A wall clock that somebody has set back by a day."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return super().now(tz) - timedelta(days=1)


async def test_clock_that_is_set_back_does_not_keep_a_pause_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused = Paused(until_utc=datetime.now(UTC) + timedelta(seconds=0.2), plan=plan())
    async with running(World(initial=paused)) as world:
        desk_control = desk(world, tmp_path).control
        desk_control.heard(Disconnected(), paused)
        monkeypatch.setattr(control, "datetime", SetBack)
        desk_control.hurry()
        state = await world.until(lambda state: isinstance(state, Blocked))

    assert isinstance(state, Blocked)
