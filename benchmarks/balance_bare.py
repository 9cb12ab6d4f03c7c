"""The other side of ``balance.py``: Litestar, asyncpg and one SELECT, for whoever asks."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
import uvicorn
from litestar import Litestar, get
from litestar.datastructures import State

from worldvpn_core.credit.units import credits_of

DSN_VARIABLE: Final = "BALANCE_DSN"
ACCOUNT_VARIABLE: Final = "BALANCE_ACCOUNT"

_SELECT: Final = "SELECT promo, available, held, vesting, debt FROM wallet WHERE account = $1"


class Credits(msgspec.Struct, frozen=True):
    """As ours."""

    credits: int


@get("/balance")
async def balance(state: State) -> Credits:
    """Return the credits of the one account there is."""
    async with state.pool.acquire() as connection:
        row = await connection.fetchrow(_SELECT, state.account)
    return Credits(credits=credits_of(row["promo"] + row["available"] + row["held"]))


@asynccontextmanager
async def _pool(app: Litestar) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ[DSN_VARIABLE], min_size=10, max_size=10) as pool:
        app.state.pool = pool
        app.state.account = UUID(os.environ[ACCOUNT_VARIABLE])
        yield


def main() -> None:
    """Serve on the port that is given."""
    app = Litestar([balance], lifespan=[_pool], openapi_config=None, logging_config=None)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
