"""What an operator does to accounts, and what becomes of old rows."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.server.accounts.people import PASSWORD, Person, new_phone
from tests.server.conftest import MovingClock
from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_server.errors import InvalidError, NotFoundError
from worldvpn_server.services import Services

pytestmark = pytest.mark.anyio

LOGIN = {"username": "ada", "password": PASSWORD}


async def test_ban_signs_out_everywhere_until_it_is_taken_back(
    ada: Person, services: Services
) -> None:
    operator = services.accounts.operator
    await operator.ban("ADA", "spam")
    refused = (await ada.get("/v1/account"), await ada.refresh())
    right = await ada.http.post("/auth/login", json=LOGIN)
    wrong = await ada.http.post("/auth/login", json={**LOGIN, "password": "tulip basalt 9"})
    device = await ada.http.post("/v1/auth/token", json=ada.phone.sign_in("ada"))
    await operator.unban("ada")
    back = await ada.http.post("/v1/auth/token", json=ada.phone.sign_in("ada"))

    assert [each.status_code for each in refused] == [401, 401]
    assert (right.status_code, wrong.status_code, device.status_code) == (403, 401, 403)
    assert "spam" not in right.text
    assert back.status_code == 200


async def test_grant_is_made_once_however_often_it_is_asked_for(
    ada: Person, services: Services
) -> None:
    operator, account = services.accounts.operator, UUID(ada.signed["user_id"])
    granted = [await operator.grant("ada", 50, "ticket 7", "thanks") for _ in range(2)]
    other = await operator.grant("ada", 1, "ticket 8")
    balance = await services.ledger.balance(account)

    assert (granted, other) == ([True, False], True)
    assert balance.available_ticks == 51 * CREDIT_TICKS


@pytest.mark.usefixtures("ada")
async def test_senseless_commands_are_refused_in_words(services: Services) -> None:
    operator = services.accounts.operator

    with pytest.raises(NotFoundError, match="nobody-here"):
        await operator.ban("nobody-here", "spam")
    with pytest.raises(InvalidError, match="reason"):
        await operator.ban("ada", "")
    with pytest.raises(InvalidError, match="credits"):
        await operator.grant("ada", 0, "key")
    with pytest.raises(InvalidError, match="credits"):
        await operator.grant("ada", 10**12, "key")
    with pytest.raises(InvalidError, match="key"):
        await operator.grant("ada", 1, "a\x00b")


async def test_rows_that_served_their_time_go_and_no_others(
    ada: Person, services: Services, clock: MovingClock
) -> None:
    counts = """
        SELECT (SELECT count(*) FROM login), (SELECT count(*) FROM device_proof),
            (SELECT count(*) FROM throttle), (SELECT count(*) FROM device)
    """
    (job,) = services.accounts.jobs()
    phone = new_phone(services, "laptop")
    laptop = (await ada.http.post("/v1/auth/token", json=phone.sign_in("ada"))).json()
    await ada.http.post("/auth/login", json=LOGIN)
    await ada.send("DELETE", f"/v1/devices/{laptop['device_id']}")
    found = []
    for days in (0, 3, 88):
        clock.pass_by(days=days)
        await job.work()
        async with services.database.read() as sql:
            found.append(tuple(await sql.fetchrow(counts) or ()))

    assert found == [(3, 2, 1, 2), (2, 0, 0, 2), (0, 0, 0, 1)]
