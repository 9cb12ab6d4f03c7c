"""A server process without its HTTP side, which lives a busy life until it is killed.

Run as a program it waits with everything imported and forks one such process per line it reads,
so that a hundred of them cost no hundred starts of Python. Lines: ``start DSN DATA SEED``
answers with a process id, ``kill PID`` kills it and answers how it had ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg
import attrs

from tests.server.settlement import process
from tests.server.settlement.rig import Opened, Rig
from worldvpn_core.credit.receipt import Role
from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_server.clock import SystemClock
from worldvpn_server.errors import CreditError, UnavailableError
from worldvpn_server.keys.ring import KeyRing
from worldvpn_server.ledger.origin import origin_of
from worldvpn_server.ledger.published import Published
from worldvpn_server.ledger.sealer import Sealer
from worldvpn_server.settlement.service import Settlement
from worldvpn_server.settlement.values import Outcome

_RETRY_S: Final = 0.02
#: Reasons for a start to fail while PostgreSQL is dead or reads its log again.
_AWAY: Final = (
    OSError,
    UnavailableError,
    asyncpg.CannotConnectNowError,
    asyncpg.PostgresConnectionError,
)
_CAP_BYTES: Final = 4 * MEBIBYTE


@attrs.frozen
class Ahead:
    """A clock that is ahead of the machine's."""

    _ahead: timedelta

    def now(self) -> datetime:
        return SystemClock().now() + self._ahead


@attrs.frozen(kw_only=True)
class Parts:
    """What a life needs of a server."""

    rig: Rig
    settlement: Settlement
    sealer: Sealer
    #: The same, eight days later: what waits for time to pass is due.
    later: Settlement


@contextlib.asynccontextmanager
async def opened(dsn: str, data: Path) -> AsyncIterator[Parts]:
    """Open a process that seals, too."""
    clock = SystemClock()
    keys = KeyRing.open(data / "keys", clock)
    async with process.opened(dsn, clock) as parts:
        published = Published(data / "checkpoints")
        yield Parts(
            rig=parts.rig,
            settlement=parts.settlement,
            sealer=Sealer(parts.database, clock, keys, origin_of(keys.root_public()), published),
            later=parts.at(Ahead(timedelta(days=8))),
        )


async def live(dsn: str, data: Path, seed: int) -> None:
    """Register, hold, settle, top up, release, pay, vest and seal until killed."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    with (data / f"acknowledged-{seed}").open("ab", buffering=0) as acknowledged:
        while True:
            # The database is killed under us, too: who cannot start is started again.
            with contextlib.suppress(*_AWAY):
                async with opened(dsn, data) as parts:
                    await asyncio.gather(
                        *(_days(parts, chance, acknowledged.write) for _ in range(2))
                    )
            await asyncio.sleep(_RETRY_S)


async def _days(parts: Parts, chance: random.Random, acknowledge: Callable[[bytes], int]) -> None:
    chores: tuple[Callable[[], Awaitable[object]], ...] = (
        parts.settlement.payouts.pay,
        parts.later.vesting.vest,
        parts.later.expiry.settle_past,
        parts.sealer.seal,
    )
    payer = owner = node = None
    while True:
        try:
            payer = payer or await parts.rig.person()
            owner = owner or await parts.rig.person()
            node = node or await parts.rig.node(owner)
            session = await parts.rig.session(
                payer, node, owner, cap_bytes=_CAP_BYTES, subsidised_bytes=chance.choice((0, 2**30))
            )
            await _use(parts, session, chance, acknowledge)
            await chance.choice(chores)()
        except CreditError:  # all is spent
            payer = None
        except UnavailableError:
            await asyncio.sleep(_RETRY_S)


async def _use(
    parts: Parts, session: Opened, chance: random.Random, acknowledge: Callable[[bytes], int]
) -> None:
    carried = 0
    for sequence in range(1, chance.randint(2, 4)):
        carried += chance.randint(1, MEBIBYTE)
        pair = session.pair(carried, sequence=sequence, elapsed_ms=60_000)
        # At a gigabit this many bytes take a few milliseconds.
        await asyncio.sleep(carried * 8 / 1e9 + 0.001)
        outcomes = await parts.settlement.submit(pair)
        if set(outcomes) == {Outcome.ACCEPTED}:
            acknowledge(f"{session.id} {carried}\n".encode())
        if chance.random() < 0.2:
            await parts.rig.top_up(session, MEBIBYTE)
    if chance.random() < 0.7:
        await parts.rig.end(session)
        last = session.word(Role.GUEST, carried, sequence=99)
        await parts.settlement.finish(session.id, last)


def main() -> None:
    """Fork and kill lives as told by standard input."""
    for line in sys.stdin:
        command, *words = line.split()
        if command == "start":
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                asyncio.run(live(words[0], Path(words[1]), int(words[2])))
            print(pid, flush=True)  # noqa: T201 - the answer
        else:
            ended, status = os.waitpid(int(words[0]), os.WNOHANG)
            if not ended:
                os.kill(int(words[0]), signal.SIGKILL)
                status = os.waitpid(int(words[0]), 0)[1]
            print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
