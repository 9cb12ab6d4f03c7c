"""A thousand people with habits, and what the server tells and keeps of a month of their sessions.

Habits are strong on purpose: everybody has an hour, a volume and a country of their own, and a
third has a favourite node. What nodes see of them comes from the functions that the server uses.
"""

from __future__ import annotations

import random
import secrets
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import attrs

from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_server.ids import new_id
from worldvpn_server.transparency.carried import Trace, trace

USERS: Final = 1_000
DAYS: Final = 30
_NODES: Final = 40
_BEGIN: Final = datetime(2027, 1, 4, tzinfo=UTC)
_COUNTRIES: Final = ("DE", "FR", "US", "BR", "IN", "JP", "NG", "SE", "PL", "CL")
_WEIGHTS: Final = (30, 20, 15, 10, 8, 6, 4, 3, 2, 2)


@attrs.frozen(kw_only=True)
class Habit:
    """How one person uses the network."""

    user: UUID
    country: str
    hour: float
    mebibytes: float
    share_of_days: float
    favourite: UUID | None


@attrs.frozen(kw_only=True)
class Seen:
    """One session: whose it was, which no node knows, and the row that its node's owner reads."""

    user: UUID
    node: UUID
    day: int
    kept: Trace


@attrs.frozen(kw_only=True)
class DaySum:
    """A node's row of one day and country, once it has faded."""

    country: str
    sessions: int
    bytes: int


def people(dice: random.Random) -> tuple[list[Habit], list[UUID]]:
    """Return who there is, and the nodes."""
    nodes = [new_id() for _ in range(_NODES)]
    habits = [
        Habit(
            user=uuid4(),
            country=dice.choices(_COUNTRIES, _WEIGHTS)[0],
            hour=dice.gauss(20, 3) if dice.random() < 0.7 else dice.uniform(0, 24),
            mebibytes=dice.lognormvariate(5, 1.2),
            share_of_days=dice.uniform(0.3, 1),
            favourite=dice.choice(nodes) if dice.random() < 1 / 3 else None,
        )
        for _ in range(USERS)
    ]
    return habits, nodes


def month(dice: random.Random) -> list[Seen]:
    """Return a month of sessions as nodes see them."""
    habits, nodes = people(dice)
    seen = []
    for day in range(DAYS):
        key = secrets.token_bytes(32)
        began = {
            each: _BEGIN + timedelta(days=day, hours=dice.gauss(each.hour, 1.0) % 24)
            for each in habits
            if dice.random() < each.share_of_days
        }
        where = {each: each.favourite or dice.choice(nodes) for each in began}
        crowd: dict[tuple[UUID, str], int] = defaultdict(int)
        for each, node in where.items():
            crowd[node, each.country] += 1
        seen += [
            Seen(
                user=each.user,
                node=where[each],
                day=day,
                kept=trace(
                    key=key,
                    node=where[each],
                    guest=each.user,
                    country=each.country,
                    guests=crowd[where[each], each.country],
                    count=round(each.mebibytes * dice.lognormvariate(0, 0.7) * MEBIBYTE),
                    began=time,
                ),
            )
            for each, time in began.items()
        ]
    return seen
