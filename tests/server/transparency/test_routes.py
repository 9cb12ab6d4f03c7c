"""The transparency routes: the fields that clients read, and a guest's own view of them."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from tests.server.conftest import MovingClock
from tests.server.transparency.rows import session
from worldvpn_core.credit.units import MEBIBYTE
from worldvpn_server.accounts.values import Audience
from worldvpn_server.ids import new_id
from worldvpn_server.services import Services
from worldvpn_server.transparency import carried

pytestmark = pytest.mark.anyio

_OWNER, _NODE, _GUEST = new_id(), new_id(), new_id()


def _as(services: Services, account: UUID, audience: Audience) -> dict[str, str]:
    token = services.tokens.issue(
        account=account, username="tester", sid=new_id(), audience=audience
    )
    return {"Authorization": f"Bearer {token}"}


async def test_owner_sees_guests_coarsely(
    services: Services, client: httpx.AsyncClient, clock: MovingClock
) -> None:
    made = await session(
        services.database,
        owner=_OWNER,
        node=_NODE,
        began=clock.now(),
        carried_bytes=10 * MEBIBYTE + 5,
    )
    clock.pass_by(minutes=20)
    headers = _as(services, _OWNER, Audience.COMPAT)
    answer = await client.get("/transparency/sessions", headers=headers)

    assert answer.json() == {
        "active_sessions": [
            {
                "session_id": str(made),
                "client_country": "XX",
                "traffic_type": "unclassified",
                "bytes_transferred": 10 * MEBIBYTE,
                "duration_seconds": 900,
                "credits_earned": 12,
            }
        ],
        "count": 1,
        "total_bytes_shared": 10 * MEBIBYTE,
        "total_credits_earning": 12,
        "formatted_bandwidth": "10.00 MB",
    }


async def test_guest_sees_exactly_the_row_that_its_nodes_owner_sees(
    services: Services, client: httpx.AsyncClient, clock: MovingClock
) -> None:
    now = clock.now()
    for guest in (_GUEST, new_id()):
        await session(
            services.database,
            owner=_OWNER,
            node=_NODE,
            began=now,
            ended=now,
            payer=guest,
            state=4,
            carried_bytes=5 * MEBIBYTE,
        )
    await carried.record_rest(services.database, now)
    theirs = await client.get(
        "/transparency/history?days=1", headers=_as(services, _OWNER, Audience.COMPAT)
    )
    mine = await client.get("/v1/privacy", headers=_as(services, _GUEST, Audience.V1))

    (kept,) = mine.json()["kept"]
    assert kept["node_id"] == str(_NODE)
    assert {key: kept[key] for key in theirs.json()["history"][0]} in theirs.json()["history"]
    assert theirs.json()["total_sessions"] == 2


@pytest.mark.parametrize("days", ["0", "31", "-1", "x", "1.5"])
async def test_period_that_is_none_is_refused(
    services: Services, client: httpx.AsyncClient, days: str
) -> None:
    headers = _as(services, _OWNER, Audience.COMPAT)
    answer = await client.get(f"/transparency/history?days={days}", headers=headers)

    assert answer.status_code == 422


async def test_account_without_a_node_has_no_statistics(
    services: Services, client: httpx.AsyncClient
) -> None:
    headers = _as(services, _OWNER, Audience.COMPAT)
    answer = await client.get("/transparency/stats", headers=headers)

    assert (answer.status_code, set(answer.json())) == (404, {"error", "hint"})
