"""Registering: one account a name, its credits with it, and nothing for what does not fit."""

from __future__ import annotations

import asyncio
import re
from typing import Final

import asyncpg
import httpx
import pytest

from tests.server.accounts.people import PASSWORD, from_address, new_phone
from tests.server.conftest import Fresh
from worldvpn_server.ledger.welcome import STARTING_TICKS
from worldvpn_server.services import Services

pytestmark = pytest.mark.anyio


def _wants(username: str, password: str = PASSWORD) -> dict[str, str]:
    return {"username": username, "password": password}


async def _names(fresh: Fresh) -> list[str]:
    sql = await asyncpg.connect(fresh.dsn)
    rows = await sql.fetch("SELECT name FROM account")
    await sql.close()
    return [row["name"] for row in rows]


async def test_same_and_look_alike_names_at_once_make_one_account(
    client: httpx.AsyncClient, fresh: Fresh
) -> None:
    names = ("modern", "rnodern", "Modern", "modern")
    answers = await asyncio.gather(
        *(client.post("/auth/register", json=_wants(name)) for name in names)
    )

    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]
    assert len(await _names(fresh)) == 1


async def test_new_account_has_its_credits_and_a_code_it_never_sees_again(
    client: httpx.AsyncClient, services: Services, fresh: Fresh
) -> None:
    made = (await client.post("/auth/register", json=_wants("grace"))).json()
    balance = await services.ledger.balance(made["user_id"])
    sql = await asyncpg.connect(fresh.dsn)
    stored = str(await sql.fetchrow("SELECT * FROM account"))
    await sql.close()

    assert balance.promo_ticks == STARTING_TICKS
    assert re.fullmatch(r"([0-9A-Z]{4}-){7}[0-9A-Z]{4}", made["recovery_code"])
    assert made["recovery_code"] not in stored
    assert PASSWORD not in stored


async def test_registration_that_fails_at_its_end_leaves_nothing(
    client: httpx.AsyncClient, services: Services, fresh: Fresh
) -> None:
    phone = new_phone(services)
    await client.post("/v1/auth/register", json=phone.sign_in("grace"))
    stolen = await client.post("/v1/auth/register", json=phone.sign_in("heidi"))

    assert stolen.status_code == 409
    assert await _names(fresh) == ["grace"]


async def test_new_client_is_signed_in_at_once(
    client: httpx.AsyncClient, services: Services
) -> None:
    made = await client.post("/v1/auth/register", json=new_phone(services).sign_in("grace"))
    token = made.json()["signed_in"]["access_token"]
    answer = await client.get("/v1/account", headers={"Authorization": f"Bearer {token}"})

    assert (answer.status_code, answer.json()["username"]) == (200, "grace")


async def test_device_needs_its_own_signature(
    client: httpx.AsyncClient, services: Services, fresh: Fresh
) -> None:
    phone, other = new_phone(services), new_phone(services)
    forged = {**phone.sign_in("grace"), "proof": other.sign_in("grace")["proof"]}
    for_another = {**phone.sign_in("grace"), "username": "heidi"}

    assert (await client.post("/v1/auth/register", json=forged)).status_code == 401
    assert (await client.post("/v1/auth/register", json=for_another)).status_code == 401
    assert (
        await client.post("/v1/auth/register", json={**_wants("ivan"), "device": phone.body})
    ).status_code == 422
    assert await _names(fresh) == []


async def test_network_is_told_to_come_back_tomorrow_after_three(services: Services) -> None:
    async with from_address(services, "9.9.9.9") as http:
        answers = [
            await http.post("/auth/register", json=_wants(name))
            for name in ("ann", "ben", "carl", "dora")
        ]

    assert [each.status_code for each in answers] == [201, 201, 201, 429]
    assert int(answers[-1].headers["Retry-After"]) == 12 * 3600


UNFIT: Final[tuple[object, ...]] = (
    *({"username": "ada"}, {"password": PASSWORD}, {"username": 7, "password": PASSWORD}),
    *(_wants("ada\x00"), _wants("a"), _wants("ada", "password12"), _wants("ada", "x" * 2000)),
    *(_wants("\u202eada"), _wants("ada", "ada\x00" * 2), [], "ada"),
    {**_wants("ada"), "email": "no address"},
    {**_wants("ada"), "email": "a@b.de\r\nBcc: all@example.org"},
)
HOSTILE: Final = (
    b'{"username": "ada", "password": "\\ud800\\ud800\\ud800\\ud800aaaaaaaa"}',
    b'{"username": "\\udfff\\udfff\\udfff", "password": "tulip basalt 9"}',
    b'{"username": "\xff\xfe", "password": "tulip basalt 9"}',
    b"[" * 15_000,
    b"",
)


async def test_what_does_not_fit_is_422_and_makes_nothing(
    client: httpx.AsyncClient, fresh: Fresh
) -> None:
    answers = [await client.post("/auth/register", json=body) for body in UNFIT]

    assert {each.status_code for each in answers} == {422}
    assert all(isinstance(each.json()["error"], str) for each in answers)
    assert await _names(fresh) == []


async def test_hostile_body_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    answers = [
        await client.post("/auth/register", content=body, headers=headers) for body in HOSTILE
    ]
    huge = b'{"username": "' + b"x" * 10_000_000 + b'"}'
    too_large = await client.post("/auth/register", content=huge, headers=headers)

    assert {each.status_code for each in answers} <= {400, 422}
    assert too_large.status_code == 413


async def test_name_that_speaks_for_the_service_is_taken(client: httpx.AsyncClient) -> None:
    answer = await client.post("/auth/register", json=_wants("w0rldvpn"))

    assert (answer.status_code, answer.json()["error"]) == (409, "Username already exists")
