"""A client in a child process under another uid, as the kernel shows it to the server."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.core.ipc.wire import PATIENCE_S, line
from tests.folders import public_folder
from worldvpn_core.ipc.protocol import PROTOCOL_VERSION

#: Who the child is. Without root nobody can become another, but then we are not root ourselves.
UID: Final = 65_534 if os.geteuid() == 0 else os.getuid()
GID: Final = 65_534 if os.geteuid() == 0 else os.getgid()
#: A group of the child's, beside its primary one.
GROUP: Final = 4_242 if os.geteuid() == 0 else os.getgid()


@pytest.fixture
def open_path() -> Iterator[Path]:
    """Return a socket path whose folder every uid may enter, unlike tmp_path's."""
    with public_folder() as folder:
        yield folder / "daemon.sock"


async def as_stranger(act: Callable[[], object], *, groups: tuple[int, ...] = (GROUP,)) -> Any:  # noqa: ANN401 - JSON
    """Run ``act`` in a child under ``UID``; return its result, or its error's name."""
    read_fd, write_fd = os.pipe()
    pid = os.fork()
    if pid == 0:
        _live(act, groups, write_fd)
    os.close(write_fd)
    try:
        async with asyncio.timeout(PATIENCE_S):
            raw = await asyncio.to_thread(_read_all, read_fd)
    finally:
        _reap(pid)
    return json.loads(raw)


def conversation(path: Path, *requests: bytes) -> Callable[[], object]:
    """Return what a child does: greet, send ``requests``, return all answers in order."""

    def act() -> object:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE_S)
            client.connect(str(path))
            hello = line("hello", {"version": PROTOCOL_VERSION})
            client.sendall(b"".join((hello, *requests)))
            answers = client.makefile("rb")
            return [json.loads(answers.readline()) for _ in (hello, *requests)]

    return act


def _live(act: Callable[[], object], groups: tuple[int, ...], write_fd: int) -> None:
    """Never returns: a child of a test must not go on with the tests."""
    try:
        if os.geteuid() == 0:
            os.setgroups(groups)
            os.setgid(GID)
            os.setuid(UID)
        result = act()
    except BaseException as error:  # noqa: BLE001 - the parent is told
        result = type(error).__name__
    os.write(write_fd, json.dumps(result).encode())
    os._exit(0)


def _reap(pid: int) -> None:
    os.waitpid(pid, 0)


def _read_all(read_fd: int) -> bytes:
    with os.fdopen(read_fd, "rb") as file:
        return file.read()
