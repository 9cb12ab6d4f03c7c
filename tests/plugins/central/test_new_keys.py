"""New keys whose answer is lost: the device is signed in by whichever pair the server has."""

from __future__ import annotations

import pytest

from tests.plugins.central.desk import Device, public
from worldvpn_core.central import calls, news, replies
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.statement import Purpose
from worldvpn_core.errors import SignedOutError

pytestmark = pytest.mark.anyio

WALLET = calls.Look(subject=calls.Subject.WALLET)


async def offers(device: Device) -> replies.Reply:
    """Offer the keys that the daemon keeps beside the device's own."""
    assert device.desk.new_keys is not None
    return await device.client.call(calls.ReplaceKeys(keys=public(device.desk.new_keys)))


def refreshes(device: Device) -> list[bool]:
    """Return by which keys each refresh was signed; True: by the newest."""
    signed = device.desk.signed
    return [each.by_new_keys for each in signed if each.purpose is Purpose.REFRESH]


async def test_answer_that_is_lost_leaves_the_device_signed_in_after_a_restart_too(
    device: Device,
) -> None:
    await device.register("iris")
    device.desk.new_keys = DeviceKeys.fresh()
    first = device.again()
    first.client._mine.become(device.account())
    await offers(first)  # and the power is cut before the daemon has the answer

    async with device.again().running() as fresh:
        assert isinstance(await fresh.client.call(WALLET), replies.Text)
        assert refreshes(device)[-2:] == [False, True]
        assert await offers(fresh) == replies.Done()
    device.desk.keys, device.desk.new_keys = device.desk.new_keys, None
    async with device.again().running() as later:
        assert isinstance(await later.client.call(WALLET), replies.Text)
    assert refreshes(device)[-1] is False
    assert device.desk.heard(news.SignedOut) == []


async def test_request_that_never_arrived_leaves_the_device_signed_in_by_its_own_keys(
    device: Device,
) -> None:
    await device.register("nora")
    device.desk.new_keys = DeviceKeys.fresh()

    async with device.again().running() as fresh:
        assert isinstance(await fresh.client.call(WALLET), replies.Text)
    assert refreshes(device) == [False]


async def test_device_whose_keys_the_server_knows_neither_of_is_signed_out(
    device: Device,
) -> None:
    await device.register("ruth")
    device.desk.keys, device.desk.new_keys = DeviceKeys.fresh(), DeviceKeys.fresh()
    stranger = device.again()
    stranger.client._mine.become(device.account())

    with pytest.raises(SignedOutError):
        await stranger.client.call(WALLET)

    (out,) = device.desk.heard(news.SignedOut)
    assert (out.code, refreshes(device)) == ("signed-out", [False, True])
