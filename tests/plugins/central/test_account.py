"""The account, against a real server: made, entered, recovered, left, looked at."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.plugins.central.desk import PASSWORD, Device, public
from worldvpn_core.central import calls, news, replies
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.server import CentralServer
from worldvpn_core.errors import CentralRefusedError, SignedOutError

pytestmark = pytest.mark.anyio


async def look(device: Device, subject: calls.Subject) -> dict[str, Any]:
    answer = await device.client.call(calls.Look(subject=subject))
    assert isinstance(answer, replies.Text)
    shown: dict[str, Any] = json.loads(answer.text)
    return shown


async def test_account_is_made_and_entered(device: Device) -> None:
    entered = await device.register("ada")

    assert entered.recovery_code
    async with device.running():
        account = await look(device, calls.Subject.ACCOUNT)
        wallet = await look(device, calls.Subject.WALLET)
        history = await look(device, calls.Subject.HISTORY)
        devices = await look(device, calls.Subject.DEVICES)
        sessions = await look(device, calls.Subject.SESSIONS)
        earned = await look(device, calls.Subject.EARNED)
        settled = await look(device, calls.Subject.SETTLED)
        privacy = await look(device, calls.Subject.PRIVACY)
    assert (account["username"], account["user_id"]) == ("ada", entered.user_id)
    assert wallet["credits"] == 100
    assert len(history["entries"]) == 1
    assert [each["current"] for each in devices["devices"]] == [True]
    assert sessions == settled == {"sessions": []}
    assert [earned[f"{name}_ticks"] for name in ("available", "vesting", "repaid")] == [0, 0, 0]
    assert privacy == {"now": [], "shown": [], "kept": [], "guests": [], "carried": []}
    (balance,) = set(device.desk.heard(news.Balance))
    assert balance.credits == 100
    assert device.desk.files["manifest"]


async def test_name_that_another_has_is_refused_in_the_servers_words(
    central: CentralServer, device: Device
) -> None:
    await device.register("bob")

    with pytest.raises(CentralRefusedError, match="already exists"):
        await Device.made(central).register("bob")


async def test_second_device_signs_in_and_is_signed_out_by_the_first(
    central: CentralServer, device: Device
) -> None:
    await device.register("grace")
    second = Device.made(central)
    entered = await second.sign_in("grace")
    assert entered.recovery_code is None
    async with device.running(), second.running():
        await device.client.call(calls.RevokeDevice(device_id=entered.device_id))

        await second.desk.hears(lambda: bool(second.desk.heard(news.SignedOut)))
        with pytest.raises(SignedOutError):
            await look(second, calls.Subject.WALLET)
        assert len((await look(device, calls.Subject.DEVICES))["devices"]) == 1


async def test_device_that_revokes_itself_knows_by_the_answer(device: Device) -> None:
    entered = await device.register("melba")
    async with device.running():
        await device.client.call(calls.RevokeDevice(device_id=entered.device_id))

        (out,) = device.desk.heard(news.SignedOut)
        assert "revoked itself" in out.detail
        with pytest.raises(SignedOutError):
            await look(device, calls.Subject.WALLET)
    assert len(device.desk.heard(news.SignedOut)) == 1


async def test_wrong_password_is_refused(device: Device, central: CentralServer) -> None:
    await device.register("joan")

    with pytest.raises(CentralRefusedError):
        await Device.made(central).sign_in("joan", "not her secret 8")


async def test_forgotten_password_is_recovered_once_by_the_code(
    device: Device, central: CentralServer
) -> None:
    code = (await device.register("mary")).recovery_code
    assert code is not None
    recover = calls.Recover(username="mary", recovery_code=code, new_password=f"{PASSWORD} new")

    answer = await device.client.call(recover)

    assert isinstance(answer, replies.NewCode)
    assert answer.recovery_code != code
    await Device.made(central).sign_in("mary", f"{PASSWORD} new")
    with pytest.raises(CentralRefusedError):
        await device.client.call(recover)


async def test_password_is_changed_and_a_wrong_one_leaves_the_sign_in(device: Device) -> None:
    await device.register("lynn")
    async with device.running():
        with pytest.raises(CentralRefusedError):
            await device.client.call(
                calls.ChangePassword(old_password="not it at all", new_password="another one 99")  # noqa: S106 - a test's own
            )
        done = await device.client.call(
            calls.ChangePassword(old_password=PASSWORD, new_password=f"{PASSWORD} new")
        )

        assert done == replies.Done()
        assert (await look(device, calls.Subject.ACCOUNT))["username"] == "lynn"


async def test_signing_out_is_for_good(device: Device) -> None:
    await device.register("rosa")
    async with device.running():
        await device.client.call(calls.SignOut())

        with pytest.raises(SignedOutError):
            await look(device, calls.Subject.WALLET)


async def test_nobody_is_signed_in_at_first(device: Device) -> None:
    with pytest.raises(SignedOutError, match="nobody"):
        await look(device, calls.Subject.WALLET)


async def test_new_keys_are_signed_by_both_and_refresh_the_same_sign_in(device: Device) -> None:
    await device.register("hedy")
    device.desk.new_keys = DeviceKeys.fresh()
    async with device.running():
        done = await device.client.call(calls.ReplaceKeys(keys=public(device.desk.new_keys)))

        assert done == replies.Done()
        device.desk.keys = device.desk.new_keys
    fresh = device.again()
    async with fresh.running():
        (shown,) = (await look(fresh, calls.Subject.DEVICES))["devices"]
        assert shown["current"]
    assert len(device.desk.tokens) == 1


async def test_clock_that_is_wrong_by_a_day_is_put_right_by_the_server(
    central: CentralServer,
) -> None:
    late = Device.made(central, ahead_s=-80_000.0)

    await late.register("vera")

    assert len(late.desk.signed) == 2
    async with late.again().running() as again:
        assert (await look(again, calls.Subject.WALLET))["credits"] == 100
