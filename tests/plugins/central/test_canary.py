"""No password, code, token or ticket is in a text that anybody could come to see."""

from __future__ import annotations

import gc
import logging
import traceback

import pytest

from tests.plugins.central.desk import Device
from worldvpn_core.central import calls
from worldvpn_core.central.server import CentralServer
from worldvpn_core.errors import WorldVpnError

pytestmark = pytest.mark.anyio

CANARY = "canary-in-the-coal-mine-77"


async def test_secrets_are_in_no_log_text_or_traceback(
    device: Device, central: CentralServer, caplog: pytest.LogCaptureFixture
) -> None:
    texts: list[str] = []
    with caplog.at_level(logging.DEBUG):
        entered = await device.register("canary")
        for call in (
            calls.SignIn(username="canary", password=CANARY, device_name="desk", keys=device.keys),
            calls.Recover(username="canary", recovery_code=CANARY, new_password=f"{CANARY} x"),
        ):
            try:
                await Device.made(central).client.call(call)
            except WorldVpnError as error:
                texts += traceback.format_exception(error)
            texts.append(repr(call))
        async with device.again().running() as fresh:
            try:
                await fresh.client.call(
                    calls.ChangePassword(old_password=CANARY, new_password=f"{CANARY} y")
                )
            except WorldVpnError as error:
                texts += traceback.format_exception(error)
            held = fresh.client._mine.tokens._access
            assert held is not None
            secrets = [
                *(CANARY, entered.refresh_token, entered.recovery_code or CANARY),
                *(*device.desk.tokens, held.token),
            ]
            ours = [
                each
                for each in gc.get_objects()
                if str(type(each).__module__).startswith("worldvpn_")
            ]
            texts += [repr(each) for each in ours]
    texts.append(caplog.text)

    assert len(texts) > 10
    shown = [text for text in texts for secret in secrets if secret in text]
    assert shown == []
