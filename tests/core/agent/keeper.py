"""What the daemon keeps of the central server, kept in memory."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from worldvpn_core.central.news import News
from worldvpn_core.central.statement import Statement
from worldvpn_core.errors import VaultLockedError


def sign_nothing(_statement: Statement) -> bytes:
    return bytes(64)


@attrs.define(kw_only=True)
class FakeKeeper:
    """Keeps what it is given; a locked one keeps no token."""

    sign_by: Callable[[Statement], bytes] = sign_nothing
    is_locked: bool = False
    tokens: list[str] = attrs.field(factory=list)
    files: dict[str, bytes] = attrs.field(factory=dict)
    news: list[News] = attrs.field(factory=list)

    def sign(self, statement: Statement) -> bytes:
        return self.sign_by(statement)

    async def keep_token(self, refresh_token: str) -> None:
        if self.is_locked:
            raise VaultLockedError("the vault is locked: unlock it first")
        self.tokens.append(refresh_token)

    def keep_file(self, name: str, data: bytes) -> None:
        self.files[name] = data

    def heard(self, news: News) -> None:
        self.news.append(news)
