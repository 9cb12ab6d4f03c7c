"""Following: what happened while the server was out of reach is told, and that it was."""

from __future__ import annotations

import asyncio

import pytest

from tests.plugins.central.desk import Device, table
from tests.plugins.central.line import Line
from tests.server.operations.process import ServerProcess
from worldvpn_core.central import calls, news
from worldvpn_core.errors import CentralOfflineError, SignedOutError

pytestmark = pytest.mark.anyio

WALLET = calls.Look(subject=calls.Subject.WALLET)


def reaches(device: Device, since: int = 0) -> list[news.Reach]:
    return [each.reach for each in device.desk.told[since:] if isinstance(each, news.Reached)]


async def reuse(username: str, device: Device) -> None:
    """Have the account of ``device`` told of something: a stolen token of another device."""
    other = Device.made(device.central)
    await other.sign_in(username)
    stolen = other.account()
    for account in (stolen, None, stolen):
        again = other.again()
        again.client._mine.become(account or other.account())
        try:
            await again.client.call(WALLET)
        except SignedOutError:
            return
    raise AssertionError("a token was taken twice")


async def test_snapshot_comes_first_and_then_the_server_is_online(device: Device) -> None:
    await device.register("first")
    async with device.running():
        pass
    kinds = [type(each) for each in device.desk.told]
    assert kinds == [news.Reached, news.Balance, news.GuestsListed, news.Reached]
    assert reaches(device) == [news.Reach.CONNECTING, news.Reach.ONLINE]


async def test_event_of_the_time_out_of_reach_is_told_afterwards(
    device: Device, server: ServerProcess
) -> None:
    await device.register("away")
    host, _, port = server.url.removeprefix("https://").partition(":")
    async with (
        Line((host, int(port))) as line,
        device.again(table(server, line.address)).running() as far,
    ):
        since = len(far.desk.told)
        line.is_down = True
        line.hang_up()
        await far.desk.hears(lambda: news.Reach.OFFLINE in reaches(far, since))
        await reuse("away", device)
        assert far.desk.heard(news.Notice) == []
        line.is_down = False
        far.client.moved()

        await far.desk.hears(lambda: bool(far.desk.heard(news.Notice)))

        await far.desk.is_online(since)
        assert reaches(far, since) == [news.Reach.OFFLINE, news.Reach.ONLINE]
        # Resumed: neither another snapshot, nor the same again.
        assert len(far.desk.heard(news.GuestsListed)) == 1
        assert len(far.desk.heard(news.Notice)) == 1
        await far.client.aclose()


async def test_notice_of_another_device_does_not_sign_this_one_out(device: Device) -> None:
    await device.register("others")
    async with device.running():
        await reuse("others", device)

        await device.desk.hears(lambda: bool(device.desk.heard(news.Notice)))
        await device.client.call(WALLET)
        assert device.desk.heard(news.SignedOut) == []


async def test_manifest_is_kept_fresh_for_nobody(device: Device) -> None:
    await device.register("ingrid")
    device.entered = None
    task = asyncio.create_task(device.client.run(None, {}))
    try:
        await device.desk.is_online()
    finally:
        task.cancel()
        await asyncio.wait({task})

    assert device.desk.files["manifest"]
    with pytest.raises(SignedOutError):
        await device.client.call(WALLET)


async def test_full_disk_is_told_as_offline_until_there_is_room(device: Device) -> None:
    await device.register("fuller")
    again = device.again()
    device.desk.is_full = True
    task = asyncio.create_task(again.client.run(device.account(), {}))
    try:
        await device.desk.hears(lambda: news.Reach.OFFLINE in reaches(device))
        device.desk.is_full = False

        await device.desk.is_online()
    finally:
        task.cancel()
        await asyncio.wait({task})
    assert "disk is full" in device.desk.heard(news.Reached)[1].detail
    assert device.desk.heard(news.SignedOut) == []


async def test_server_that_was_killed_is_offline_and_then_online_again(
    device: Device, server: ServerProcess
) -> None:
    """Last: the server that comes back is another process."""
    await device.register("killed")
    async with device.running():
        since = len(device.desk.told)
        server.process.kill()
        server.process.wait()
        await device.desk.hears(lambda: news.Reach.OFFLINE in reaches(device, since))
        with pytest.raises(CentralOfflineError):
            await device.client.call(WALLET)

        port = server.url.rpartition(":")[2]
        again = ServerProcess.start(server.data, "--workers", "1", "--port", port, tls=True)
        try:
            await device.desk.is_online(since)
            await device.client.call(WALLET)
        finally:
            await device.client.aclose()
            again.stop()
    assert device.desk.heard(news.SignedOut) == []
