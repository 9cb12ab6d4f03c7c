"""The books, recomputed from postings alone: no wallet row, hash or function is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from worldvpn_server.ledger.findings import Findings

if TYPE_CHECKING:
    from worldvpn_server.database.pool import Connection

_MOST_ROWS: Final = 1_000

#: Balances as postings have them, by account. Sums of bigint are numeric: they cannot overflow.
_SUMS: Final = """
WITH sums AS (
    SELECT journal.account,
        coalesce(sum(ticks) FILTER (WHERE bucket = 1), 0) AS promo,
        coalesce(sum(ticks) FILTER (WHERE bucket = 2), 0) AS available,
        coalesce(sum(ticks) FILTER (WHERE bucket = 3), 0) AS held,
        coalesce(sum(ticks) FILTER (WHERE bucket = 4), 0) AS vesting,
        coalesce(-sum(ticks) FILTER (WHERE bucket = 5), 0) AS debt
    FROM posting JOIN journal ON journal.id = posting.journal GROUP BY journal.account
)
"""
#: Kind of finding, the rows that break it, and how one reads.
_CHECKS: Final = (
    (
        "wallet",
        _SUMS
        + """
SELECT coalesce(wallet.account, sums.account) AS account,
    (sums.promo, sums.available, sums.held, sums.vesting, sums.debt)::text AS due,
    (wallet.promo, wallet.available, wallet.held, wallet.vesting, wallet.debt)::text AS said
FROM sums FULL JOIN wallet USING (account)
WHERE (coalesce(sums.promo, 0), coalesce(sums.available, 0), coalesce(sums.held, 0),
       coalesce(sums.vesting, 0), coalesce(sums.debt, 0))
   IS DISTINCT FROM
      (wallet.promo::numeric, wallet.available::numeric, wallet.held::numeric,
       wallet.vesting::numeric, wallet.debt::numeric)
""",
        "account {account} has {said} where its postings say {due}",
    ),
    (
        "negative balance",
        _SUMS
        + """
SELECT account, (promo, available, held, vesting, debt)::text AS due FROM sums
WHERE least(promo, available, held, vesting, debt) < 0
""",
        "account {account} has {due}",
    ),
    (
        "debt",
        _SUMS
        + """
SELECT account, debt, available FROM sums WHERE debt > 0 AND available > 0
""",
        "account {account} owes {debt} ticks and has {available} available",
    ),
    (
        "held",
        _SUMS  # noqa: S608 - two constants of this module
        + """
SELECT account, coalesce(sums.held, 0) AS due, coalesce(open.held, 0) AS said
FROM sums FULL JOIN (
    SELECT payer AS account,
        sum(price_ticks::numeric * (cap_bytes::numeric - settled_bytes)) AS held
    FROM session GROUP BY payer
) AS open USING (account)
WHERE coalesce(sums.held, 0) <> coalesce(open.held, 0)
""",
        "account {account} has {due} ticks held, its sessions need {said}",
    ),
    (
        "vesting",
        _SUMS  # noqa: S608 - two constants of this module
        + """
SELECT account, coalesce(sums.vesting, 0) AS due, coalesce(dated.vesting, 0) AS said
FROM sums FULL JOIN (
    SELECT account, sum(ticks) AS vesting FROM vesting GROUP BY account
) AS dated USING (account)
WHERE coalesce(sums.vesting, 0) <> coalesce(dated.vesting, 0)
""",
        "account {account} has {due} ticks vesting, of which {said} have a date",
    ),
    (
        "clearing",
        """
SELECT due, said FROM
    (SELECT coalesce(sum(ticks), 0) AS due FROM posting WHERE bucket = 13) AS postings,
    (SELECT coalesce(sum(
        available_ticks::numeric + vesting_ticks - subsidy_ticks + burned_ticks
    ), 0) AS said FROM payout) AS unpaid
WHERE due <> said
""",
        "clearing has {due} ticks, unpaid payouts are {said}",
    ),
    (
        "system account",
        """
SELECT bucket, sum(ticks) AS ticks FROM posting WHERE bucket IN (12, 13, 14) GROUP BY bucket
HAVING sum(ticks) * CASE WHEN bucket = 12 THEN -1 ELSE 1 END < 0
""",
        "bucket {bucket} has {ticks} ticks, which is the wrong sign",
    ),
    (
        "mint",
        """
SELECT issued, owned FROM
    (SELECT coalesce(-sum(ticks), 0) AS issued FROM posting WHERE bucket IN (11, 12)) AS system,
    (SELECT (SELECT coalesce(sum(promo::numeric + available + held + vesting - debt), 0)
             FROM wallet)
          + (SELECT coalesce(sum(ticks), 0) FROM posting WHERE bucket IN (13, 14)) AS owned) AS all_
WHERE issued <> owned
""",
        "{issued} ticks were minted and not burned, {owned} are in wallets, clearing and penalty",
    ),
    (
        "orphan",
        """
SELECT posting.journal FROM posting LEFT JOIN journal ON journal.id = posting.journal
WHERE journal.id IS NULL
""",
        "a posting belongs to journal {journal}, which is not there",
    ),
    (
        "repeated",
        "SELECT account FROM journal GROUP BY account, key HAVING count(*) > 1",
        "account {account} has two journals of one key",
    ),
    (
        "reversal",
        """
SELECT coalesce(reversal.journal, new.id) AS journal
FROM reversal FULL JOIN (SELECT * FROM journal WHERE kind = 9) AS new
    ON new.id = reversal.journal
LEFT JOIN journal AS old ON old.id = reversal.reverses
WHERE new.id IS NULL OR old.id IS NULL OR new.account <> old.account OR new.id = old.id
   OR new.position < old.position
""",
        "journal {journal} corrects no earlier journal of its account",
    ),
)
_TOTALS: Final = """
SELECT coalesce(-sum(ticks) FILTER (WHERE bucket = 11 AND ticks < 0), 0)::numeric AS minted,
       coalesce(sum(ticks) FILTER (WHERE bucket = 11 AND ticks > 0), 0)::numeric AS burned,
       coalesce(-sum(ticks) FILTER (WHERE bucket = 12), 0)::numeric AS subsidy
FROM posting
"""


@attrs.frozen(kw_only=True)
class Totals:
    """What was ever issued and taken back, in ticks."""

    minted: int
    burned: int
    subsidy: int


async def check(sql: Connection, findings: Findings) -> Totals:
    """Add what does not add up to ``findings``; return the totals. Within one snapshot."""
    for kind, statement, sentence in _CHECKS:
        async for row in sql.cursor(statement, prefetch=_MOST_ROWS):
            findings.add(kind, sentence.format_map(row))
    (row,) = await sql.fetch(_TOTALS)
    return Totals(minted=int(row["minted"]), burned=int(row["burned"]), subsidy=int(row["subsidy"]))
