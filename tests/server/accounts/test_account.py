"""All that is stored of a user is theirs to have, and goes when they go."""

from __future__ import annotations

import logging
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.server.accounts.people import PASSWORD, Person, from_address, sign_up
from tests.server.conftest import Fresh
from worldvpn_server.accounts.lookalike import skeleton
from worldvpn_server.accounts.portability import SECTIONS
from worldvpn_server.services import Services

pytestmark = pytest.mark.anyio

EMAIL = "ada@analytical.example.org"
NAME = "ada.lovelace-1815"

#: Columns that hold the number of an account, and where the export has what they lead to. What is
#: in no section says why.
_HELD = {
    ("device", "account"): "devices",
    ("login", "account"): "sign_ins",
    ("wallet", "account"): "wallet",
    ("journal", "account"): "journals",
    ("payout", "owner"): "payouts",
    ("vesting", "account"): "vesting",
    ("node", "account"): "nodes",
    ("session", "payer"): "sessions",
    ("sent_away", "account"): "sent_away",
    ("carried", "owner"): "carried",
    ("carried_country", "owner"): "carried_countries",
    ("claim", "account"): "claims",
    ("idempotency", "account"): "requests",
    ("outbox", "topic"): "events",
    ("session", "owner"): None,  # the guest's: an owner has it as "carried"
}
_ACCOUNTS = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND data_type = 'uuid'
    AND column_name IN ('account', 'owner', 'payer', 'topic', 'holder', 'user')
"""
_LEFT_EMPTY = (
    "account",
    "device",
    "login",
    "refresh",
    "node",
    "claim",
    "carried",
    "carried_country",
)
_CARRIED = """
INSERT INTO carried (id, owner, node, country, traffic, sessions, bytes, credits, started_at)
VALUES (gen_random_uuid(), $1, gen_random_uuid(), 'XX', 'other', 1, 0, 0, now())
"""
_CARRIED_COUNTRY = """
INSERT INTO carried_country (owner, country, sessions, bytes) VALUES ($1, 'DE', 1, 0)
"""
_COLUMNS = """
SELECT c.table_name, c.column_name FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'
"""


@pytest.fixture
async def lovelace(client: httpx.AsyncClient, services: Services) -> Person:
    """Somebody with something in many tables."""
    person = await sign_up(client, services, NAME)
    await person.send("PATCH", "/v1/account", {"email": EMAIL})
    await person.refresh()
    body = {"username": NAME, "password": PASSWORD}
    token = (await client.post("/auth/login", json=body)).json()["token"]
    compat = {"Authorization": f"Bearer {token}"}
    claim = {"shared_bytes": 5, "consumed_bytes": 7}
    assert (await client.post("/credits/sync", json=claim, headers=compat)).status_code == 200
    node = {"country_code": "DE", "protocols": ["WireGuard"]}
    made = await client.post("/nodes/register", json=node, headers=compat)
    assert made.status_code == 201, made.text
    return person


async def _mentions(fresh: Fresh, *needles: str) -> set[str]:
    """Return the columns, of every table, whose text has one of ``needles`` in it."""
    sql = await asyncpg.connect(fresh.dsn)
    found = {
        f"{row['table_name']}.{row['column_name']}"
        for row in await sql.fetch(_COLUMNS)
        for needle in needles
        if await sql.fetchval(
            f'SELECT true FROM "{row["table_name"]}" '  # noqa: S608 - of the catalogue
            f"""WHERE position($1 IN lower("{row["column_name"]}"::text)) > 0
                OR position(encode($1::bytea, 'hex') IN "{row["column_name"]}"::text) > 0
            LIMIT 1""",
            needle.lower(),
        )
    }
    await sql.close()
    return found


async def test_export_has_every_section_and_no_secret(lovelace: Person, services: Services) -> None:
    answer = await lovelace.get("/v1/account/export")
    exported = answer.json()
    async with services.database.read() as sql:
        secrets = await sql.fetchrow("SELECT password_hash, recovery_hash FROM account") or ()

    assert exported.keys() == SECTIONS.keys()
    assert (exported["account"][0]["name"], exported["account"][0]["email"]) == (NAME, EMAIL)
    assert (len(exported["devices"]), len(exported["sign_ins"])) == (1, 2)
    assert (len(exported["claims"]), len(exported["nodes"])) == (1, 1)
    assert sum(line["ticks"] for line in exported["journals"][0]["postings"]) == 0
    assert all(each not in answer.text for each in secrets)


async def test_every_table_that_holds_an_account_is_in_the_export(fresh: Fresh) -> None:
    sql = await asyncpg.connect(fresh.dsn)
    found = {(row["table_name"], row["column_name"]) for row in await sql.fetch(_ACCOUNTS)}
    await sql.close()

    assert found == set(_HELD)
    assert {each for each in _HELD.values() if each} == SECTIONS.keys() - {"account"}


async def test_export_shows_nothing_of_others(
    lovelace: Person, client: httpx.AsyncClient, services: Services
) -> None:
    eve = await sign_up(client, services, "eve")
    theirs = (await eve.get("/v1/account/export")).text

    assert NAME not in theirs
    assert EMAIL not in theirs
    assert lovelace.signed["user_id"] not in theirs


async def test_deletion_leaves_nothing_that_names_the_user(
    lovelace: Person, services: Services, fresh: Fresh
) -> None:
    needles = (NAME, skeleton(NAME), EMAIL, lovelace.phone.ed_public.hex())
    before = await _mentions(fresh, *needles)
    async with services.database.transaction() as tx:
        await tx.sql.execute(_CARRIED, UUID(lovelace.signed["user_id"]))
        await tx.sql.execute(_CARRIED_COUNTRY, UUID(lovelace.signed["user_id"]))
    refused = await lovelace.send("DELETE", "/v1/account", {"password": "not the password"})
    deleted = await lovelace.send("DELETE", "/v1/account", {"password": PASSWORD})
    after = await _mentions(fresh, *needles)
    balance = await services.ledger.balance(UUID(lovelace.signed["user_id"]))
    async with services.database.read() as sql:
        left = [
            await sql.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - of the tuple
            for table in _LEFT_EMPTY
        ]

    assert before == {
        "account.name",
        "account.name_key",
        "account.skeleton",
        "account.email",
        "device.ed25519",
    }
    assert (refused.status_code, deleted.status_code) == (401, 204)
    assert after == set()
    assert left == [0] * len(_LEFT_EMPTY)
    assert balance.promo_ticks > 0


async def test_deleted_account_is_signed_out_and_its_name_is_free(
    lovelace: Person, client: httpx.AsyncClient, services: Services
) -> None:
    await lovelace.send("DELETE", "/v1/account", {"password": PASSWORD})
    gone = (await lovelace.get("/v1/account"), await lovelace.refresh())
    anew = await sign_up(client, services, NAME)

    assert [each.status_code for each in gone] == [401, 401]
    assert anew.signed["user_id"] != lovelace.signed["user_id"]


async def test_address_of_mail_is_checked_and_forgotten(ada: Person) -> None:
    answers = [
        (await ada.send("PATCH", "/v1/account", {"email": email})).status_code
        for email in (EMAIL, "no address", "a@b", "x" * 255 + "@example.org", "a@b.de\nBcc: c@d.ef")
    ]
    kept = (await ada.get("/v1/account")).json()["email"]
    await ada.send("PATCH", "/v1/account", {"email": None})

    assert answers == [204, 422, 422, 422, 422]
    assert kept == EMAIL
    assert (await ada.get("/v1/account")).json()["email"] is None


async def test_no_log_has_a_password_token_address_or_name(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with from_address(services, "9.9.9.9") as http:
        person = await sign_up(http, services, NAME)
        wrong = {"username": NAME, "password": "canary password 5"}
        await http.post("/auth/login", json=wrong)
        await http.post("/v1/auth/token", json={**person.phone.sign_in(NAME), "password": 7})
        refreshed = (await person.refresh()).json()
        await person.refresh("x" * 64)
        await person.send("PATCH", "/v1/account", {"email": EMAIL})
        await person.send("DELETE", "/v1/account", {"password": PASSWORD})
    said = caplog.text + str([vars(record) for record in caplog.records])
    canaries = (
        *(PASSWORD, "canary password 5", NAME, EMAIL, "9.9.9.9", person.recovery_code),
        *(person.signed["access_token"], person.signed["refresh_token"]),
        *(refreshed["access_token"], refreshed["refresh_token"]),
    )

    assert [each for each in canaries if each in said] == []
