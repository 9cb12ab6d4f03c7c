"""What a server told its clients, and what its database says of it afterwards."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import attrs

from worldvpn_server.database.pool import Connection

_PEOPLE: Final = """
SELECT told.name FROM unnest($1::text[]) AS told (name)
LEFT JOIN account USING (name) WHERE account.id IS NULL
"""
_NODES: Final = """
SELECT told.id FROM unnest($1::uuid[]) AS told (id) LEFT JOIN node USING (id) WHERE node.id IS NULL
"""
_CLAIMS: Final = """
SELECT told.name, told.claims, count(claim.account) AS found
FROM unnest($1::text[], $2::bigint[]) AS told (name, claims)
JOIN account USING (name) LEFT JOIN claim ON claim.account = account.id
GROUP BY told.name, told.claims HAVING count(claim.account) < told.claims
"""
#: State 2 is open: only then may a session have what it was granted, or more.
_SESSIONS: Final = """
SELECT told.*, s.state, s.cap_bytes AS cap, s.settled_bytes AS settled
FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::boolean[])
    AS told (id, granted_bytes, signed_bytes, ended)
LEFT JOIN session AS s USING (id)
WHERE s.id IS NULL OR s.settled_bytes < told.signed_bytes OR s.settled_bytes > s.cap_bytes
   OR s.settled_bytes > coalesce(least(node_up + node_down, guest_up + guest_down), 0)
   OR (s.state = 2 AND (told.ended OR s.cap_bytes < told.granted_bytes))
"""


@attrs.define(eq=False)
class Standing:
    """The most that anybody was told of one session."""

    granted_bytes: int = 0
    signed_bytes: int = 0
    ended: bool = False


@attrs.define(eq=False)
class Told:
    """Every answer that promises something."""

    people: set[str] = attrs.field(factory=set)
    nodes: set[UUID] = attrs.field(factory=set)
    claims: dict[str, int] = attrs.field(factory=dict)
    sessions: dict[UUID, Standing] = attrs.field(factory=dict)

    def of(self, session: UUID) -> Standing:
        return self.sessions.setdefault(session, Standing())

    async def broken(self, sql: Connection) -> list[str]:
        """Return the promises that the database does not keep."""
        # Clients are told more while this asks: what is asked for is what had been told before.
        people, nodes, claims = list(self.people), list(self.nodes), dict(self.claims)
        sessions = [(id_, *attrs.astuple(each)) for id_, each in self.sessions.items()]
        columns: list[list[object]] = [[each[at] for each in sessions] for at in range(4)]
        found = [
            *await sql.fetch(_PEOPLE, people),
            *await sql.fetch(_NODES, nodes),
            *await sql.fetch(_CLAIMS, list(claims), list(claims.values())),
            *await sql.fetch(_SESSIONS, *columns),
        ]
        return [str(dict(each)) for each in found]
