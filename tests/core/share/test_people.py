"""Who is there, as the owner is shown: soon, together, and nobody else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.share.watchful import watched
from worldvpn_core.ipc.rights import Role
from worldvpn_core.ipc.visible import visible
from worldvpn_core.share import warden

pytestmark = pytest.mark.anyio


async def test_guests_who_come_together_are_looked_at_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warden, "SOON_S", 3_600.0)
    async with watched(tmp_path) as house:
        await house.serves()
        await house.world.settled()
        before = house.meter.looks
        for number in (1, 2, 3):
            assert await house.offered(number, f"{number:032x}")
        assert house.meter.looks == before

        monkeypatch.setattr(warden, "SOON_S", 0.0)
        house.sharing.warden.hurry()
        await house.until(lambda: house.meter.looks == before + 1)
        assert await house.offered(4, f"{4:032x}")
        await house.until(lambda: house.meter.looks == before + 2)


async def test_only_the_owner_sees_who_is_there(tmp_path: Path) -> None:
    async with watched(tmp_path) as house:
        await house.serves()
        await house.offered(1)
        snapshot = {"sharing": house.sharing.requests.shown()}

        for role, count in ((Role.OWNER, 1), (Role.ROOT, 1), (Role.GROUP, 0)):
            sharing = visible(snapshot, role)["sharing"]
            assert isinstance(sharing, dict)
            assert len(sharing["people"]) == count
