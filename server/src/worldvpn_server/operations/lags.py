"""How far behind the database's own work is: asked by one process, shown by all."""

from __future__ import annotations

from typing import Final

from worldvpn_server.database.pool import Database
from worldvpn_server.operations import measures
from worldvpn_server.operations.jobs import Job

_INTERVAL_S: Final = 10.0

#: Readers of the outbox stay behind the horizon: what is before it waits for an open transaction.
_LAGS: Final = """
SELECT
    (SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8
     FROM outbox WHERE position >= tx_horizon()) AS outbox_s,
    (SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8
     FROM journal
     WHERE position > (SELECT coalesce(max(position), 0) FROM checkpoint)) AS seal_s,
    (SELECT count(*) FROM payout) AS payouts,
    (SELECT count(*) FROM session WHERE state = 2) AS sessions
"""


def jobs(database: Database) -> tuple[Job, ...]:
    """Return what keeps the figures fresh."""

    async def work() -> None:
        async with database.read() as sql:
            row = await sql.fetchrow(_LAGS)
        if row is not None:
            measures.OUTBOX_LAG.set(row["outbox_s"])
            measures.SEAL_LAG.set(row["seal_s"])
            measures.PAYOUTS.set(row["payouts"])
            measures.SESSIONS.set(row["sessions"])

    return (Job(name="lags", interval_s=_INTERVAL_S, work=work),)
