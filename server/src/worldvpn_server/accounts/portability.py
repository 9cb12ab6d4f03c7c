"""All that is stored of a user, for the user (GDPR article 20): every row, but no secret of ours.

What a guest of their node did is the guest's: an owner gets what owners may know of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

import attrs
import msgspec

from worldvpn_server.database.pool import Database

#: Each section's rows. Whole rows, so that a new column is in it: only secrets are taken out.
SECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "account": """
            SELECT to_jsonb(a) - ARRAY['password_hash', 'recovery_hash']
            FROM account a WHERE id = $1""",
        "devices": """
            SELECT to_jsonb(d) - 'account' FROM device d WHERE account = $1 ORDER BY id""",
        "sign_ins": """
            SELECT to_jsonb(l) - 'account' || jsonb_build_object('refreshed_at', r.rotated_at)
            FROM login l LEFT JOIN refresh r ON r.sid = l.sid
            WHERE l.account = $1 ORDER BY l.sid""",
        "wallet": "SELECT to_jsonb(w) - 'account' FROM wallet w WHERE account = $1",
        "journals": """
            SELECT to_jsonb(j) - 'account' || jsonb_build_object('postings', (
                SELECT jsonb_agg(to_jsonb(p) - 'journal' ORDER BY p.bucket)
                FROM posting p WHERE p.journal = j.id))
            FROM journal j WHERE account = $1 ORDER BY id""",
        "payouts": "SELECT to_jsonb(p) - 'owner' FROM payout p WHERE owner = $1 ORDER BY id",
        "vesting": "SELECT to_jsonb(v) - 'account' FROM vesting v WHERE account = $1 ORDER BY id",
        "nodes": """
            SELECT to_jsonb(n) - 'account' || jsonb_build_object(
                'endpoints', (SELECT jsonb_agg(to_jsonb(e) - 'node')
                    FROM node_endpoint e WHERE e.node = n.id),
                'presence', (SELECT to_jsonb(p) - 'node' FROM presence p WHERE p.node = n.id))
            FROM node n WHERE account = $1 ORDER BY id""",
        "sessions": """
            SELECT to_jsonb(s) - ARRAY['payer', 'owner', 'salt'] || jsonb_build_object(
                'tickets', (SELECT jsonb_agg(to_jsonb(t) - 'session')
                    FROM ticket t WHERE t.session = s.id),
                'receipts', (SELECT jsonb_agg(to_jsonb(r) - 'session')
                    FROM receipt r WHERE r.session = s.id))
            FROM session s WHERE payer = $1 ORDER BY id""",
        "sent_away": """
            SELECT to_jsonb(s) - 'account' FROM sent_away s WHERE account = $1 ORDER BY node""",
        "carried": "SELECT to_jsonb(c) - 'owner' FROM carried c WHERE owner = $1 ORDER BY id",
        "carried_countries": """
            SELECT to_jsonb(c) - 'owner' FROM carried_country c WHERE owner = $1
            ORDER BY country""",
        "claims": """
            SELECT to_jsonb(c) - 'account' FROM claim c WHERE account = $1 ORDER BY created_at""",
        "requests": """
            SELECT to_jsonb(i) - 'account' FROM idempotency i
            WHERE account = $1 ORDER BY created_at""",
        "events": """
            SELECT to_jsonb(o) - ARRAY['topic', 'body']
                || jsonb_build_object('body', convert_from(o.body, 'UTF8')::jsonb)
            FROM outbox o WHERE topic = $1 ORDER BY position, id""",
    }
)


@attrs.frozen(kw_only=True)
class Portability:
    """Exports accounts."""

    database: Database

    async def export(self, account: UUID) -> bytes:
        """Return all that is stored of ``account`` as JSON, one list a section."""
        async with self.database.read() as sql, sql.transaction(readonly=True):
            found = {
                section: [msgspec.Raw(row[0].encode()) for row in await sql.fetch(query, account)]
                for section, query in SECTIONS.items()
            }
        return msgspec.json.encode(found)
