"""What was carried is told to those who watch it, and to nobody but the owner and root."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.core.ipc.stranger import GROUP, UID, as_stranger, conversation
from tests.core.ipc.wire import RecordingDaemon, Wire, line, serving, until
from worldvpn_core.ipc.traffic import TrafficShow, TrafficWatch

pytestmark = pytest.mark.anyio

ANOTHER_UID = UID + 1
CHANGE: dict[str, object] = {"total": {"received_bytes": 700}}


async def test_who_watches_gets_each_change_after_the_answer(
    daemon: RecordingDaemon, path: Path
) -> None:
    async with serving(daemon, path) as server:
        wire = await Wire.connect(path)
        assert (await wire.ask("traffic.watch"))["result"] == {}
        assert server.publish_traffic(CHANGE)
        assert await wire.next() == {"jsonrpc": "2.0", "method": "traffic", "params": CHANGE}
        await wire.close()
    assert daemon.requests == [TrafficWatch()]


async def test_who_only_asks_or_subscribes_gets_no_changes(
    daemon: RecordingDaemon, path: Path
) -> None:
    async with serving(daemon, path) as server:
        wire = await Wire.connect(path)
        await wire.ask("traffic.show")
        await wire.ask("subscribe")
        await wire.next()
        assert not server.publish_traffic(CHANGE)
        assert (await wire.ask("profiles.list"))["id"] == 1
        await wire.close()
    assert daemon.requests[0] == TrafficShow()


async def test_nobody_watches_once_the_last_has_left(daemon: RecordingDaemon, path: Path) -> None:
    async with serving(daemon, path) as server:
        wire = await Wire.connect(path)
        await wire.ask("traffic.watch")
        await wire.close()
        await until(lambda: not server._connections)
        assert not server.publish_traffic(CHANGE)


async def test_watcher_that_is_the_owner_no_more_is_told_nothing_more(
    daemon: RecordingDaemon, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(daemon, path) as server:
        wire = await Wire.connect(path)
        await wire.ask("traffic.watch")
        (held,) = server._callers
        # As if another user had connected: root stays trusted whoever owns the daemon.
        caller: Any = server._callers[held]
        monkeypatch.setitem(server._callers, held, type(caller)(pid=1, uid=UID, gid=GROUP))
        daemon.owner_uid = UID
        assert server.publish_traffic(CHANGE)
        daemon.owner_uid = ANOTHER_UID
        assert not server.publish_traffic(CHANGE)
        await wire.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="switches users")
async def test_another_user_of_this_computer_is_told_neither_totals_nor_changes(
    daemon: RecordingDaemon, open_path: Path
) -> None:
    daemon.owner_uid = ANOTHER_UID
    asked = [line("traffic.show"), line("traffic.watch")]
    async with serving(daemon, open_path, group_gid=GROUP) as server:
        hello, *answers = await as_stranger(conversation(open_path, *asked))
        assert not server.publish_traffic(CHANGE)
    assert hello["result"]["role"] == "group"
    assert [answer["error"]["data"]["code"] for answer in answers] == ["denied", "denied"]
    assert daemon.requests == []
