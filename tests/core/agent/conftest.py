"""Real agents, as root starts them: with a toy plugin, or replaced by a hostile stand-in."""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import socket
import struct
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.core.agent.world import UID, OwnNetwork, Script, StartLink
from worldvpn_core.agent.link import AgentLink
from worldvpn_core.agent.passage import Passage
from worldvpn_core.agent.sockets import Admit
from worldvpn_core.agent.spec import AgentSpec

#: A reader that runs what it reads, and tells what came of it: stands for one taken over.
CANARY = """
from worldvpn_core.errors import ConfigError
from worldvpn_core.hookspecs import hookimpl
from worldvpn_core.types import Profile, Server
from ipaddress import ip_interface

class Canary:
    name = "canary"
    def recognises(self, text):
        return text.startswith("#canary")
    def read(self, text, name):
        try:
            exec(text, {})
        except Exception as error:
            raise ConfigError(f"{type(error).__name__}: {error}")
        return Profile(
            id="canary", name=name, transport="toy", servers=(Server(host="h", port=1),),
            addresses=(ip_interface("10.0.0.2/32"),), options=(("key", "c2VjcmV0"),),
        )

@hookimpl
def worldvpn_profile_readers():
    return [Canary()]
"""


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Makes an executable of Python source, to be started instead of the interpreter."""

    def make(source: str) -> str:
        path = tmp_path / "agent"
        path.write_text(f"#!{sys.executable} -I\nimport sys\n{source}\n")
        path.chmod(0o700)
        return str(path)

    return make


@pytest.fixture
def python_with_canary(tmp_path: Path, script: Script) -> str:
    """The agent's own program, with the canary among what is installed."""
    info = tmp_path / "canary-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: canary\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[worldvpn.network]\ncanary = canary_reader\n")
    (tmp_path / "canary_reader.py").write_text(CANARY)
    return script(
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "sys.argv[1:] = sys.argv[-1:]\n"
        "from worldvpn_core.agent.main import main\n"
        "sys.exit(main())"
    )


@pytest.fixture
def start_link(tmp_path: Path, python_with_canary: str) -> StartLink:
    """Starts a link to an agent with the canary; keywords change the spec."""

    @asynccontextmanager
    async def start(
        admit: Admit = lambda _wanted: Passage.MARKED, **changes: object
    ) -> AsyncIterator[AgentLink]:
        given: dict[str, Any] = {
            "run_dir": tmp_path / "run",
            "plugins": ("canary",),
            "uid": UID,
            "python": python_with_canary,
        }
        link = AgentLink(AgentSpec(**given | changes), admit)
        await link.start()
        try:
            yield link
        finally:
            await link.stop()

    return start


@pytest.fixture
def own_network() -> OwnNetwork:
    """Runs a coroutine in a thread with a network namespace of its own, loopback up."""

    def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        def body() -> None:
            _enter_new_network()
            asyncio.run(main())

        with ThreadPoolExecutor(1) as thread:
            thread.submit(body).result()

    return run


def _enter_new_network() -> None:
    clone_newnet, siocsifflags, iff_up = 0x40000000, 0x8914, 0x1
    if ctypes.CDLL(None, use_errno=True).unshare(clone_newnet):
        raise OSError(ctypes.get_errno(), "unshare")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, siocsifflags, struct.pack("16sH14x", b"lo", iff_up))
