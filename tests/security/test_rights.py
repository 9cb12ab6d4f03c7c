"""What a member of the socket's group cannot do by what it may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.security.control import ALLOWED, GUEST_UID, OWNER_UID, caller, desk
from worldvpn_core.errors import DeniedError
from worldvpn_core.ipc.messages import SettingsSet, TunnelConnect
from worldvpn_core.testing.running import World, running
from worldvpn_core.testing.samples import plan
from worldvpn_core.tunnel.states import Connected

pytestmark = pytest.mark.anyio

PARTIAL = TunnelConnect(profile_id="home", partial=True)


async def test_group_member_cannot_open_a_protected_host_by_a_partial_tunnel(
    tmp_path: Path,
) -> None:
    async with running(World()) as world:
        requests = desk(world, tmp_path).requests
        world.connect(plan())
        await world.until(lambda state: isinstance(state, Connected))
        with pytest.raises(DeniedError, match="would open"):
            await requests.dispatch(caller(GUEST_UID), PARTIAL)
        await world.settled()

    assert not any(policy.host.is_partial for policy in world.firewall.applied)


@pytest.mark.parametrize("uid", [0, OWNER_UID])
async def test_owner_and_root_may_choose_to_protect_less(tmp_path: Path, uid: int) -> None:
    async with running(World()) as world:
        requests = desk(world, tmp_path).requests
        world.connect(plan(attempt=9))
        await world.until(lambda state: isinstance(state, Connected))
        await requests.dispatch(caller(uid), PARTIAL)
        state = await world.until(lambda s: isinstance(s, Connected) and s.plan.partial)

    assert isinstance(state, Connected)


async def test_group_member_may_protect_a_part_of_what_is_open(tmp_path: Path) -> None:
    async with running(World()) as world:
        requests = desk(world, tmp_path).requests
        await requests.dispatch(caller(GUEST_UID), PARTIAL)
        state = await world.until(lambda state: isinstance(state, Connected))

    assert isinstance(state, Connected)
    assert world.firewall.applied[-1].host.protects == ALLOWED


async def test_setting_is_in_force_when_the_client_is_told_so(tmp_path: Path) -> None:
    async with running(World()) as world:
        requests = desk(world, tmp_path).requests
        await requests.dispatch(caller(OWNER_UID), SettingsSet(changes={"lockdown": True}))
        applied = world.firewall.applied[-1]

    assert not applied.host.is_open
