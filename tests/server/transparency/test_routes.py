"""The transparency routes: the fields that clients read, and a guest's own view of them."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from tests.server.conftest import MovingClock
from tests.server.transparency.rows import session
from worldvpn_core.central.fields import MOST_RELAYED_CHARACTERS
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


async def test_guest_sees_todays_name_before_anything_is_kept_under_it(
    services: Services, client: httpx.AsyncClient, clock: MovingClock
) -> None:
    now = clock.now()
    headers = _as(services, _GUEST, Audience.V1)
    for node in (_NODE, new_id()):
        await session(
            services.database, owner=_OWNER, node=node, began=now, payer=_GUEST, carried_bytes=0
        )
    unnamed = (await client.get("/v1/privacy", headers=headers)).json()["shown"]
    assert [each["alias"] for each in unnamed] == [None, None]
    await session(
        services.database, owner=_OWNER, node=_NODE, began=now, ended=now, payer=_GUEST, state=4
    )
    await carried.record_rest(services.database, now)
    shown = (await client.get("/v1/privacy", headers=headers)).json()

    names = {each["node_id"]: each["alias"] for each in shown["shown"]}
    (kept,) = shown["kept"]
    assert names[str(_NODE)] == kept["alias"]
    assert len(set(names.values())) == 2


async def test_guest_sees_of_a_live_session_what_the_owner_does(
    services: Services, client: httpx.AsyncClient, clock: MovingClock
) -> None:
    owner, node, guest = new_id(), new_id(), new_id()
    for each in (guest, new_id()):
        await session(
            services.database,
            owner=owner,
            node=node,
            began=clock.now(),
            payer=each,
            carried_bytes=9 * MEBIBYTE + 1,
        )
    clock.pass_by(minutes=50)
    theirs = await client.get(
        "/transparency/sessions", headers=_as(services, owner, Audience.COMPAT)
    )
    mine = await client.get("/v1/privacy", headers=_as(services, guest, Audience.V1))

    (shown,) = mine.json()["shown"]
    assert shown["node_id"] == str(node)
    assert shown["guest"] in theirs.json()["active_sessions"]
    assert shown["guest"]["duration_seconds"] == 2_700


async def test_owner_reads_of_guests_what_the_other_routes_say(
    services: Services, client: httpx.AsyncClient, clock: MovingClock
) -> None:
    now = clock.now()
    owner = new_id()
    node = new_id()
    await session(services.database, owner=owner, node=node, began=now, carried_bytes=MEBIBYTE)
    await session(
        services.database, owner=owner, node=node, began=now, ended=now, payer=_GUEST, state=4
    )
    await carried.record_rest(services.database, now)
    theirs, compat = _as(services, owner, Audience.V1), _as(services, owner, Audience.COMPAT)
    shown = (await client.get("/v1/privacy", headers=theirs)).json()
    live = (await client.get("/transparency/sessions", headers=compat)).json()
    past = (await client.get("/transparency/history?days=7", headers=compat)).json()

    assert (shown["guests"], shown["carried"]) == (live["active_sessions"], past["history"])
    assert (len(shown["guests"]), len(shown["carried"]), shown["now"]) == (1, 1, [])


async def test_full_node_and_a_busy_day_fit_what_a_client_takes(
    services: Services, client: httpx.AsyncClient, clock: MovingClock
) -> None:
    now, owner, node = clock.now(), new_id(), new_id()
    for _ in range(200):
        await session(
            services.database, owner=owner, node=node, began=now, carried_bytes=2**50, country="DE"
        )
    for _ in range(80):
        for of, at, by in ((owner, node, _GUEST), (_OWNER, _NODE, owner)):
            await session(
                services.database,
                owner=of,
                node=at,
                payer=by,
                began=now,
                ended=now,
                state=4,
                carried_bytes=2**50,
            )
    await carried.record_rest(services.database, now)
    answer = await client.get("/v1/privacy", headers=_as(services, owner, Audience.V1))
    shown = answer.json()

    assert [len(shown[name]) for name in ("guests", "carried", "kept")] == [200, 40, 64]
    assert len(answer.text) < MOST_RELAYED_CHARACTERS


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
