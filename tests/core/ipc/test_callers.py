"""Rights at a real socket: the kernel says who calls, and the table what they may."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.core.ipc.stranger import GID, GROUP, UID, as_stranger, conversation
from tests.core.ipc.wire import RecordingDaemon, code_of, line, serving
from worldvpn_core.ipc.messages import ProfilesImport, TunnelConnect
from worldvpn_core.ipc.peer import caller_of
from worldvpn_core.ipc.server import MAX_CONNECTIONS

pytestmark = pytest.mark.anyio

CONNECT = line("tunnel.connect", {"profile_id": "home"})
DISCONNECT = line("tunnel.disconnect")
IMPORT = line("profiles.import", {"name": "home", "text": "[Interface]"})
ANOTHER_UID = 4_000_000


def let_everyone_in(path: Path) -> None:
    path.chmod(0o666)


async def test_caller_without_rights_learns_only_that_the_daemon_is_there(
    daemon: RecordingDaemon, open_path: Path
) -> None:
    daemon.owner_uid = ANOTHER_UID
    async with serving(daemon, open_path):
        let_everyone_in(open_path)
        requests = (line("status"), line("subscribe"), CONNECT, DISCONNECT, IMPORT)
        hello, *answers = await as_stranger(conversation(open_path, *requests))
    assert hello["result"]["role"] == "other"
    assert [code_of(answer) for answer in answers] == ["denied"] * len(requests)
    assert daemon.requests == []


@pytest.mark.parametrize("group_gid", [GROUP, GID])
async def test_member_of_the_group_may_connect_but_not_disconnect(
    daemon: RecordingDaemon, open_path: Path, group_gid: int
) -> None:
    daemon.owner_uid = ANOTHER_UID
    async with serving(daemon, open_path, group_gid=group_gid):
        hello, connect, disconnect = await as_stranger(conversation(open_path, CONNECT, DISCONNECT))
    assert hello["result"]["role"] == "group"
    assert connect["result"] == {}
    assert code_of(disconnect) == "denied"
    assert "you are here as group" in disconnect["error"]["message"]
    assert [type(request) for request in daemon.requests] == [TunnelConnect]


async def test_owner_may_disconnect_but_not_reset(daemon: RecordingDaemon, open_path: Path) -> None:
    daemon.owner_uid = UID
    async with serving(daemon, open_path, group_gid=GROUP):
        reset = line("host.reset", {"confirm": True})
        hello, *answers = await as_stranger(conversation(open_path, DISCONNECT, reset))
    assert hello["result"]["role"] == "owner"
    assert answers[0]["result"] == {}
    assert code_of(answers[1]) == "denied"


async def test_member_may_import_while_nobody_owns_the_daemon(
    daemon: RecordingDaemon, open_path: Path
) -> None:
    daemon.owner_uid = None
    async with serving(daemon, open_path, group_gid=GROUP):
        _, first = await as_stranger(conversation(open_path, IMPORT))
        daemon.owner_uid = ANOTHER_UID
        _, second = await as_stranger(conversation(open_path, IMPORT))
    assert first["result"] == {}
    assert code_of(second) == "denied"
    assert [type(request) for request in daemon.requests] == [ProfilesImport]
    assert daemon.callers[0].uid == UID


async def test_right_lost_meanwhile_is_refused_on_the_same_connection(
    daemon: RecordingDaemon, open_path: Path
) -> None:
    daemon.owner_uid = UID
    owners = iter([UID, UID, ANOTHER_UID])
    async with serving(daemon, open_path, group_gid=GROUP) as server:
        server._owner_uid = lambda: next(owners)
        answers = await as_stranger(conversation(open_path, DISCONNECT, DISCONNECT))
    assert answers[1]["result"] == {}
    assert code_of(answers[2]) == "denied"


async def test_one_user_cannot_hold_every_connection(
    daemon: RecordingDaemon, open_path: Path
) -> None:
    def hold_too_many() -> object:
        clients = [socket.socket(socket.AF_UNIX) for _ in range(MAX_CONNECTIONS + 1)]
        answered = 0
        for client in clients:
            client.settimeout(20)
            client.connect(str(open_path))
            try:
                client.sendall(line("hello", {"version": 1}))
                answered += bool(client.recv(4_096))
            except OSError:
                pass  # sent away before or while it spoke
        return answered

    async with serving(daemon, open_path, group_gid=GROUP):
        first = await as_stranger(hold_too_many)
        again = await as_stranger(conversation(open_path, line("status")))
    assert first == MAX_CONNECTIONS
    assert again[1]["result"] == {"version": 1}


async def test_kernel_names_the_caller() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        caller = caller_of(ours)
    assert (caller.pid, caller.uid, caller.gid) == (os.getpid(), os.getuid(), os.getgid())
    assert caller.groups == frozenset(os.getgroups())


async def test_caller_with_more_groups_than_python_can_read_keeps_its_primary_one() -> None:
    def who() -> object:
        ours, theirs = socket.socketpair(socket.AF_UNIX)
        with ours, theirs:
            caller = caller_of(ours)
            return [caller.uid, caller.gid, len(caller.groups) <= 300]

    assert await as_stranger(who, groups=tuple(range(5_000, 5_300))) == [UID, GID, True]
