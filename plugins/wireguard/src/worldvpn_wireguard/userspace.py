"""The userspace engine: one wireguard-go process a tunnel, configured over its socket."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from worldvpn_core.contracts import Helpers, HelperSpec, Links
from worldvpn_core.errors import EngineError
from worldvpn_wireguard.closing import Closing
from worldvpn_wireguard.device import Device, DeviceChange, PeerState
from worldvpn_wireguard.process import Process
from worldvpn_wireguard.tunnel_link import TunnelLink
from worldvpn_wireguard.uapi_socket import UapiSocket, connected, ended, socket_of

PROGRAM: Final = "wireguard-go"

_SEARCH_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LEFTOVER_S: Final = 1.0


class UserspaceEngine:
    """Runs wireguard-go in the foreground, as a helper."""

    def __init__(self, links: Links, helpers: Helpers) -> None:
        self._links = links
        self._helpers = helpers
        self._version: tuple[int, str] | None = None

    async def make(self, interface: str) -> Device:
        program = shutil.which(PROGRAM, path=_SEARCH_PATH)
        if program is None:
            raise EngineError(
                f"{PROGRAM} is not installed: install the package wireguard-go "
                "(on Debian 12 from bookworm-backports: the stock one is far slower)"
            )
        undo = AsyncExitStack()
        try:
            return await self._start(program, interface, undo)
        except BaseException:
            await Closing(undo).run()
            raise

    async def _start(self, program: str, interface: str, undo: AsyncExitStack) -> Device:
        link = TunnelLink(self._links, interface)
        await _end_leftover(link)
        path = socket_of(interface)
        undo.callback(path.unlink, missing_ok=True)
        version = asyncio.create_task(self._read_version(program))
        undo.push_async_callback(_cancel, version)
        helper = await self._helpers.spawn(
            HelperSpec(
                name=f"{PROGRAM}-{interface}",
                argv=(program, "--foreground", interface),
                capabilities=("net_admin", "net_bind_service"),
                # or it advises at length to use the kernel's
                environment=(("WG_PROCESS_FOREGROUND", "1"), ("LOG_LEVEL", "error")),
            )
        )
        process = Process(helper)
        undo.push_async_callback(process.stop)
        undo.push_async_callback(link.remove)
        undo.callback(process.expect_end)
        await process.ready(path)
        socket = UapiSocket(path)
        undo.callback(socket.close)
        return UserspaceDevice(process, socket, f"{PROGRAM} {await version}".strip(), undo)

    async def _read_version(self, program: str) -> str:
        changed_ns = _changed_ns(program)
        if self._version is None or self._version[0] != changed_ns:
            helper = await self._helpers.spawn(
                HelperSpec(name=f"{PROGRAM}-version", argv=(program, "--version"))
            )
            try:
                words = (await helper.read_line() or "").split()
            finally:
                await helper.stop()
            self._version = (changed_ns, words[1].lstrip("v") if len(words) > 1 else "")
        return self._version[1]


class UserspaceDevice:
    """An interface that a wireguard-go process carries."""

    def __init__(
        self, process: Process, socket: UapiSocket, engine: str, undo: AsyncExitStack
    ) -> None:
        self._process = process
        self._socket = socket
        self._engine = engine
        self._closing = Closing(undo)

    @property
    def engine(self) -> str:
        return self._engine

    async def change(self, change: DeviceChange) -> None:
        await self._socket.change(change)

    async def peers(self) -> tuple[PeerState, ...]:
        return await self._socket.peers()

    async def wait_down(self) -> Exception | None:
        await asyncio.wait({self._process.ended})
        if self._closing.begun:
            await self._closing.run()
            return None
        return await self._process.cause()

    async def close(self) -> None:
        await self._closing.run()


async def _end_leftover(link: TunnelLink) -> None:
    """Remove ``link`` and see the engine out that a crash left behind with it.

    It removes its socket when it ends: ours, if we did not wait.
    """
    path = socket_of(link.name)
    try:
        leftover = connected(path)
    except OSError:
        await link.remove()
        path.unlink(missing_ok=True)
        return
    try:
        await link.remove()
        async with asyncio.timeout(_LEFTOVER_S):
            await ended(leftover)
    except TimeoutError:
        raise EngineError(
            f"another {PROGRAM} holds {link.name} and does not end: stop that process, "
            "then connect again"
        ) from None
    finally:
        leftover.close()


async def _cancel(task: asyncio.Task[str]) -> None:
    task.cancel()
    await asyncio.wait({task})


def _changed_ns(program: str) -> int:
    return Path(program).stat().st_mtime_ns
