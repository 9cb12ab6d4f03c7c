"""A device's keys are replaced after 30 days, whether or not the server's answer arrives.

What a power cut leaves is in ``test_rotation_cut``.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.central.server_side import FakeAgent, linked, open_vault, signed_in
from tests.core.vault.samples import KEY
from worldvpn_core.central import rotation
from worldvpn_core.central.calls import Call, PublicKeys, ReplaceKeys
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.link import CentralLink, device_keys
from worldvpn_core.central.rotation import LIFE, Rotation, is_due
from worldvpn_core.errors import (
    AgentError,
    CentralBusyError,
    CentralOfflineError,
    CentralRefusedError,
    VaultError,
)
from worldvpn_core.vault.contents import Secrets
from worldvpn_core.vault.vault import Vault

pytestmark = pytest.mark.anyio

MADE = datetime(2026, 10, 1, tzinfo=UTC)
DUE = MADE + LIFE


@attrs.frozen
class Device:
    """A device whose keys were made at ``MADE``, and a clock at ``DUE``."""

    agent: FakeAgent
    vault: Vault
    link: CentralLink
    rotation: Rotation
    kept_anew: asyncio.Event

    @property
    def kept(self) -> Secrets:
        secrets = self.vault.secrets
        assert secrets is not None
        return secrets

    @property
    def kept_public(self) -> PublicKeys:
        return public(device_keys(self.kept))

    @property
    def offered(self) -> list[PublicKeys]:
        return [call.keys for call in self.agent.of(ReplaceKeys)]


def public(keys: DeviceKeys) -> PublicKeys:
    return PublicKeys(x25519=keys.x25519_public, ed25519=keys.ed25519_public)


@pytest.fixture
async def device(tmp_path: Path) -> Device:
    agent = FakeAgent()
    vault = await open_vault(tmp_path, signed_in(MADE))
    link = linked(agent, vault, tmp_path)
    kept_anew = asyncio.Event()
    vault.on_change = kept_anew.set
    return Device(agent, vault, link, Rotation(link, now_utc=lambda: DUE), kept_anew)


@given(st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=400)))
def test_keys_are_due_after_thirty_days(age: timedelta) -> None:
    assert is_due(signed_in(MADE), MADE + age) is (age >= timedelta(days=30))


async def test_new_keys_are_offered_and_kept(device: Device) -> None:
    before = device.kept

    assert await device.rotation.rotate()

    after = device.kept
    assert device.offered == [device.kept_public]
    assert device.kept_public != public(device_keys(before))
    assert after.device_keys_made_utc == DUE
    assert after == attrs.evolve(
        before,
        x25519_private=after.x25519_private,
        ed25519_private=after.ed25519_private,
        device_keys_made_utc=DUE,
    )
    assert not await device.rotation.rotate()


async def test_keys_that_are_not_due_are_left_alone(device: Device) -> None:
    early = Rotation(device.link, now_utc=lambda: DUE - timedelta(seconds=1))

    assert not await early.rotate()

    assert device.offered == []


async def test_nothing_is_offered_while_the_vault_is_locked(device: Device) -> None:
    await device.vault.lock()

    assert not await device.rotation.rotate()

    assert device.offered == []


async def test_nothing_is_offered_while_somebody_signs_in(device: Device) -> None:
    drawn = device.link.drawn = DeviceKeys.fresh()

    assert not await device.rotation.rotate()

    assert device.link.drawn is drawn
    assert device.offered == []


async def test_new_keys_sign_during_the_call_and_not_after_it(device: Device) -> None:
    during: list[DeviceKeys | None] = []

    async def seen(_call: Call) -> None:
        during.append(device.link.drawn)

    device.agent.meanwhile = seen
    await device.rotation.rotate()

    assert [each and public(each) for each in during] == device.offered
    assert device.link.drawn is None


@pytest.mark.parametrize("error", [CentralOfflineError("away"), AgentError("gone")])
async def test_same_keys_are_offered_again_when_the_answer_is_lost(
    device: Device, error: Exception
) -> None:
    before = device.kept
    device.agent.fails[ReplaceKeys] = [error]

    with pytest.raises(type(error)):
        await device.rotation.rotate()
    assert attrs.evolve(device.kept, next_keys=None) == before
    assert device.link.drawn is None
    assert await device.rotation.rotate()

    first, second = device.offered
    assert first == second == device.kept_public


@pytest.mark.parametrize("error", [CentralRefusedError("not today"), CentralBusyError("later")])
async def test_same_keys_are_offered_again_after_a_refusal(
    device: Device, error: Exception
) -> None:
    before = device.kept
    device.agent.fails[ReplaceKeys] = [error]

    # One on the way may have said so, of a request that the server has done.
    with pytest.raises(type(error)):
        await device.rotation.rotate()
    assert attrs.evolve(device.kept, next_keys=None) == before
    assert await device.rotation.rotate()

    first, second = device.offered
    assert first == second == device.kept_public


async def test_keys_that_cannot_be_kept_are_not_offered(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = device.kept

    async def full(_secrets: Secrets | None) -> None:
        raise VaultError("the disk is full")

    monkeypatch.setattr(device.vault, "store", full)
    with pytest.raises(VaultError):
        await device.rotation.rotate()

    assert (device.kept, device.offered, device.link.drawn) == (before, [], None)


async def test_keys_that_were_offered_are_offered_again_by_the_next_run_of_the_daemon(
    device: Device, tmp_path: Path
) -> None:
    device.agent.fails[ReplaceKeys] = [CentralOfflineError("away")]
    with pytest.raises(CentralOfflineError):
        await device.rotation.rotate()
    await device.vault.lock()
    await device.vault.unlock(KEY)
    link = linked(device.agent, device.vault, tmp_path)

    # However little their time: which ones the server has, is not known.
    assert await Rotation(link, now_utc=lambda: MADE).rotate()

    first, second = device.offered
    assert first == second == device.kept_public
    assert device.kept.next_keys is None


async def test_keys_of_a_vault_that_was_locked_meanwhile_are_offered_again(
    device: Device,
) -> None:
    async def locked(_call: Call) -> None:
        await device.vault.lock()

    device.agent.meanwhile = locked
    assert not await device.rotation.rotate()
    device.agent.meanwhile = nothing
    assert not await device.rotation.rotate()
    await device.vault.unlock(KEY)
    assert await device.rotation.rotate()

    first, second = device.offered
    assert first == second == device.kept_public


async def nothing(_call: Call) -> None:
    """Let the answer come at once."""


async def test_account_that_was_left_meanwhile_gets_no_keys(device: Device) -> None:
    other = attrs.evolve(signed_in(MADE), device_id="another-device")

    async def left(_call: Call) -> None:
        await device.vault.store(other)

    device.agent.meanwhile = left
    assert not await device.rotation.rotate()

    assert device.kept == other


@pytest.mark.parametrize("turns", range(0, 12, 3))
async def test_token_of_a_refresh_meanwhile_is_kept(device: Device, turns: int) -> None:
    running = asyncio.create_task(device.link.run())
    await device.agent.served_times(1)
    refreshing: list[asyncio.Task[None]] = []

    async def refreshed(_call: Call) -> None:
        refreshing.append(asyncio.create_task(device.link.keep_token("token-2")))
        for _ in range(turns):
            await asyncio.sleep(0)

    device.agent.meanwhile = refreshed
    assert await device.rotation.rotate()
    await asyncio.gather(*refreshing)
    running.cancel()

    assert device.kept.refresh_token == "token-2"  # noqa: S105 - opens nothing
    assert device.kept_public == device.offered[0]


async def test_refresh_that_ends_after_the_rotation_keeps_the_new_keys(device: Device) -> None:
    running = asyncio.create_task(device.link.run())
    await device.agent.served_times(1)

    rotating = asyncio.create_task(device.rotation.rotate())
    await device.agent.asked_times(ReplaceKeys, 1)
    await asyncio.gather(rotating, device.link.keep_token("token-2"))
    running.cancel()

    assert device.kept.refresh_token == "token-2"  # noqa: S105 - opens nothing
    assert device.kept_public == device.offered[0]


async def test_replacement_that_failed_is_tried_again_by_itself(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "_CHECK_S", 0.01)
    device.agent.fails[ReplaceKeys] = [CentralOfflineError("away"), AgentError("gone")]

    running = asyncio.create_task(device.rotation.run())
    async with asyncio.timeout(5):
        while device.kept.device_keys_made_utc != DUE:
            await device.kept_anew.wait()
            device.kept_anew.clear()
    running.cancel()

    assert device.offered == [device.kept_public] * 3
