"""Refreshing: one at a time, kept before it is used, and lost answers asked for again."""

from __future__ import annotations

import asyncio

import attrs
import pytest

from tests.plugins.central.desk import Device, table
from tests.plugins.central.line import Line
from tests.server.operations.process import ServerProcess
from worldvpn_core.central import calls, news, replies
from worldvpn_core.central.statement import Purpose
from worldvpn_core.errors import SignedOutError, VaultError

pytestmark = pytest.mark.anyio

WALLET = calls.Look(subject=calls.Subject.WALLET)


def refreshes(device: Device) -> int:
    return sum(each.purpose is Purpose.REFRESH for each in device.desk.signed)


async def test_ten_calls_at_once_share_one_refresh(device: Device) -> None:
    await device.register("ten")
    async with device.again().running() as fresh:
        before = len(fresh.desk.tokens)
        fresh.client._mine.tokens._access = None

        answers = await asyncio.gather(*(fresh.client.call(WALLET) for _ in range(10)))

        assert {type(each) for each in answers} == {replies.Text}
        assert len(fresh.desk.tokens) - before == 1


async def test_refresh_token_is_kept_before_the_next_request(device: Device) -> None:
    entered = await device.register("kept")

    async with device.again().running() as fresh:
        await fresh.client.call(WALLET)

        assert refreshes(device) == 1
        assert device.desk.tokens[0] != entered.refresh_token


async def test_lost_answer_is_asked_for_again_with_the_old_token(
    device: Device, server: ServerProcess
) -> None:
    await device.register("lost")
    host, _, port = server.url.removeprefix("https://").partition(":")
    async with Line((host, int(port))) as line:
        far = device.again(table(server, line.address))
        # Only the manifest is fetched for nobody: its answer is not the one to lose.
        far.client._mine.become(far.account())
        line.cuts = 2

        answer = await far.client.call(WALLET)

        assert isinstance(answer, replies.Text)
        assert line.cut == 2
        assert refreshes(device) == 3
        assert len(device.desk.tokens) == 1
        assert device.desk.heard(news.SignedOut) == []
        await far.client.aclose()


async def test_token_that_was_used_up_ends_the_sign_in_and_it_is_told(device: Device) -> None:
    await device.register("reuse")
    stolen = device.account()
    thief = device.again()
    thief.client._mine.become(stolen)
    await thief.client.call(WALLET)
    second = thief.again()
    second.client._mine.become(thief.account())
    await second.client.call(WALLET)
    device.desk.told.clear()

    third = device.again()
    third.client._mine.become(stolen)
    with pytest.raises(SignedOutError):
        await third.client.call(WALLET)

    (out,) = device.desk.heard(news.SignedOut)
    assert (out.code, "token" in out.detail) == ("signed-out", True)
    with pytest.raises(SignedOutError):
        await third.client.call(WALLET)


async def test_device_that_listens_hears_that_its_token_was_used_again(device: Device) -> None:
    await device.register("listens")
    stolen = device.account()
    for _ in range(2):
        other = device.again()
        other.client._mine.become(device.account())
        await other.client.call(WALLET)
    async with device.again().running() as rightful:
        thief = device.again()
        thief.client._mine.become(stolen)
        with pytest.raises(SignedOutError):
            await thief.client.call(WALLET)

        reused = "refresh-token-reused"
        desk = rightful.desk
        await desk.hears(lambda: reused in {each.code for each in desk.heard(news.SignedOut)})
        assert reused in {each.code for each in desk.heard(news.Notice)}


async def test_token_that_cannot_be_kept_is_not_used(device: Device) -> None:
    await device.register("unkept")
    again = device.again()
    again.client._mine.become(device.account())
    device.desk.is_full = True
    with pytest.raises(VaultError):
        await again.client.call(WALLET)
    device.desk.is_full = False

    assert isinstance(await again.client.call(WALLET), replies.Text)
    assert len(device.desk.tokens) == 1


async def test_sign_in_is_taken_over_as_it_was_before_a_refresh(device: Device) -> None:
    await device.register("early")
    early = device.account()
    again = device.again()
    again.client._mine.become(early)
    await again.client.call(WALLET)

    again.client._mine.become(early)

    assert isinstance(await again.client.call(WALLET), replies.Text)
    assert len(device.desk.tokens) == 1
    again.client._mine.become(attrs.evolve(early, refresh_token="another"))  # noqa: S106 - a test's own
    with pytest.raises(SignedOutError):
        await again.client.call(WALLET)
