"""What NetworkManager says of the network, asked on a real bus of the test's own."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_host import uplink
from worldvpn_host.helpers import ProcessHelpers
from worldvpn_host.uplink import NetworkManagerUplink, read

pytestmark = pytest.mark.anyio

_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>custom</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>
<allow user="*"/></policy></busconfig>
"""


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Path]:
    path, config = tmp_path / "bus", tmp_path / "bus.conf"
    config.write_text(_CONFIG.format(socket=path))
    argv = ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"]
    daemon = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert daemon.stdout is not None
    with daemon.stdout:
        daemon.stdout.readline()
        yield path
        daemon.kill()
        daemon.wait()


class Manager:
    """NetworkManager, as far as it is asked."""

    def __init__(self) -> None:
        self.metered = 0
        self.asked = 0

    def hear(self, message: Message) -> Message | None:
        if message.message_type is not MessageType.METHOD_CALL or message.member != "Get":
            return None
        self.asked += 1
        assert message.body == ["org.freedesktop.NetworkManager", "Metered"]
        return Message.new_method_return(message, "v", [Variant("u", self.metered)])


@pytest.fixture
async def manager(bus: Path) -> AsyncIterator[Manager]:
    connection = await MessageBus(bus_address=f"unix:path={bus}").connect()
    made = Manager()
    connection.add_message_handler(made.hear)
    await connection.request_name("org.freedesktop.NetworkManager")
    yield made
    connection.disconnect()
    # Untyped in the library.
    await cast("Any", connection).wait_for_disconnect()


@pytest.mark.parametrize(
    ("metered", "costs"), [(0, None), (1, True), (2, False), (3, True), (4, False)]
)
async def test_it_is_as_network_manager_knows_or_guesses_it(
    bus: Path,
    manager: Manager,
    metered: int,
    costs: bool | None,  # noqa: FBT001 - a row
) -> None:
    manager.metered = metered
    assert await NetworkManagerUplink(ProcessHelpers(), bus).is_metered() is costs


async def test_it_is_not_asked_over_and_over(
    bus: Path, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = NetworkManagerUplink(ProcessHelpers(), bus)
    for _ in range(5):
        await asking.is_metered()
    assert manager.asked == 1
    monkeypatch.setattr(uplink, "_FRESH_S", 0.0)
    manager.metered = 1
    assert await asking.is_metered() is True


async def test_nothing_is_known_where_it_does_not_run(bus: Path, tmp_path: Path) -> None:
    assert await NetworkManagerUplink(ProcessHelpers(), bus).is_metered() is None
    assert await NetworkManagerUplink(ProcessHelpers(), tmp_path / "none").is_metered() is None


@given(st.text(max_size=20))
def test_any_answer_is_one_that_is_known_or_none(text: str) -> None:
    assert read(text) in {True, False, None}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
