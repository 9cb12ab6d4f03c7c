"""A desk for the account before a fake server, and what it did besides answering."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import attrs

from tests.core.central.server_side import FakeAgent, linked, node, open_vault
from worldvpn_core.central.around import AroundDesk
from worldvpn_core.central.desk import AccountDesk
from worldvpn_core.central.link import CentralLink
from worldvpn_core.central.tried import Measured
from worldvpn_core.ipc.account import AccountLogin, AccountRegister, AccountRequest
from worldvpn_core.ipc.rights import Caller
from worldvpn_core.settings import Settings
from worldvpn_core.vault.contents import Secrets
from worldvpn_core.vault.vault import Vault

ADA = Caller(pid=1, uid=1_000, gid=1_000)
PASSWORD = "correct horse"  # noqa: S105 - opens nothing
REGISTER = AccountRegister(username="ada", password=PASSWORD)
LOGIN = AccountLogin(username="ada", password=PASSWORD)

MEASURED = (Measured(node_id=node(2), latency_us=21_000),)


@attrs.define
class Asked:
    """A desk whose caller is ``ADA``."""

    agent: FakeAgent
    vault: Vault
    link: CentralLink
    folder: Path
    owners: list[int] = attrs.field(factory=list)
    left: int = 0
    owner_uid: int | None = None
    desk: AccountDesk = attrs.field(init=False)

    @classmethod
    async def made(cls, folder: Path, secrets: Secrets | None) -> Self:
        """Return one whose vault keeps ``secrets``."""
        agent, vault = FakeAgent(), await open_vault(folder, secrets)
        return cls(agent, vault, linked(agent, vault, folder), folder / "vault")

    def __attrs_post_init__(self) -> None:
        self.desk = AccountDesk(
            self.link,
            self.vault,
            AroundDesk(
                settings=lambda: Settings(favourite_nodes=(node(3),), owner_uid=self.owner_uid),
                measured=lambda: MEASURED,
                claim=self.owners.append,
                leaving=self.leaving,
            ),
        )

    @asynccontextmanager
    async def leaving(self) -> AsyncIterator[None]:
        """Take note that the account is left; sessions are ended in its name."""
        assert self.link.secrets is not None
        yield
        self.left += 1

    async def answer(self, request: AccountRequest) -> dict[str, object]:
        """Answer one request of ``ADA``."""
        return dict(await self.desk.answer(ADA, request))
