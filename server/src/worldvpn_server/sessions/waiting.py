"""Waiting for a node's answer, which may reach another process than the one that waits."""

from __future__ import annotations

import asyncio
import time
from typing import Final
from uuid import UUID

from worldvpn_server.events.values import Subscription
from worldvpn_server.sessions import rows
from worldvpn_server.sessions.parts import Parts
from worldvpn_server.sessions.values import Session, State

#: A node that has not answered by then is passed over.
ANSWER_S: Final = 2.0
#: An event can be lost to a reader that fell behind: the row is looked at this often anyway.
_LOOK_S: Final = 0.5


async def answered(parts: Parts, session_id: UUID, heard: Subscription) -> Session | None:
    """Return the session once its node has answered or the time is up.

    Still offered: there was no answer. None: the node refused, or the offer is gone.
    """
    end_s = time.monotonic() + ANSWER_S
    listening = asyncio.create_task(_first(heard))
    try:
        while True:
            left_s = max(0.0, end_s - time.monotonic())
            await asyncio.wait({listening}, timeout=min(_LOOK_S, left_s))
            async with parts.database.read() as sql:
                session = await rows.found(sql, session_id)
            if session is None or session.state is not State.OFFERED or left_s <= 0:
                return session
            if listening.done():
                await asyncio.sleep(min(_LOOK_S, left_s))
    finally:
        listening.cancel()


async def _first(heard: Subscription) -> None:
    async for _ in heard:
        return
