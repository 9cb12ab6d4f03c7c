"""A daemon that answers for a vault: the real server, desk and vault, and nothing else."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Self, cast

from tests.core.vault.samples import keeping
from worldvpn_core.ipc.messages import Request
from worldvpn_core.ipc.rights import Caller
from worldvpn_core.ipc.server import LocalServer
from worldvpn_core.ipc.vault import VaultRequest
from worldvpn_core.vault.contents import Secrets
from worldvpn_core.vault.desk import VaultDesk
from worldvpn_core.vault.folder import DiskFolder
from worldvpn_core.vault.vault import Vault


class VaultDaemon:
    """Runs in a thread of its own, for the command line blocks. Its state is in ``directory``."""

    def __init__(self, path: Path, directory: Path) -> None:
        self.directory = directory
        self.requests: list[Request] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self.vault = Vault(keeping(DiskFolder(directory)))
        self._desk = VaultDesk(
            self.vault,
            key_file=directory / "etc" / "vault.key",
            owner_uid=os.getuid,
            claim=lambda _uid: None,
        )
        self._server = LocalServer(
            path,
            dispatch=self._dispatch,
            owner_uid=os.getuid,
            group_gid=None,
            snapshot=dict,
        )

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._server.start())
        return self

    def __exit__(self, *_error: object) -> None:
        self._run(self._server.close())
        self._run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def store(self, secrets: Secrets) -> None:
        """Sign in, as far as the vault is concerned."""
        self._run(self.vault.store(secrets))

    def files(self) -> list[str]:
        """Return the names of the vault's files."""
        return sorted(file.name for file in self.directory.iterdir() if file.is_file())

    def _run(self, work: Coroutine[object, object, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _dispatch(self, caller: Caller, request: Request) -> Mapping[str, object]:
        self.requests.append(request)
        return await self._desk.answer(caller, cast("VaultRequest", request))
