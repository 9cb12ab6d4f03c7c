"""Signing in: the same path whoever is named, and nothing that outlives a change meanwhile."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

import attrs
import httpx
import pytest
from argon2 import PasswordHasher

from tests.server.accounts.people import PASSWORD, Person, from_address, new_phone, sign_in
from worldvpn_server.accounts.hashing import Argon2Hasher
from worldvpn_server.accounts.signin import Credentials
from worldvpn_server.errors import UnauthorizedError
from worldvpn_server.services import Services

pytestmark = pytest.mark.anyio


def _login(username: str, password: str = PASSWORD) -> dict[str, str]:
    return {"username": username, "password": password}


async def test_unknown_user_takes_as_many_hashes_as_a_wrong_password(
    ada: Person, services: Services
) -> None:
    hasher = services.accounts.signing_in.hasher
    assert isinstance(hasher, Argon2Hasher)
    before = hasher.verifications
    wrong = await ada.http.post("/auth/login", json=_login("ada", "tulip basalt 9"))
    after_wrong = hasher.verifications
    unknown = await ada.http.post("/auth/login", json=_login("nobody-here", "tulip basalt 9"))
    no_name = await ada.http.post("/auth/login", json=_login("\x00", "tulip basalt 9"))

    assert (after_wrong - before, hasher.verifications - after_wrong) == (1, 2)
    assert wrong.status_code == unknown.status_code == no_name.status_code == 401
    assert wrong.content == unknown.content == no_name.content


async def test_name_is_found_however_it_is_typed(ada: Person) -> None:
    answer = await ada.http.post("/auth/login", json=_login("\uff21DA"))

    assert (answer.status_code, answer.json()["username"]) == (200, "ada")


async def test_compatible_token_opens_no_v1_route_and_the_other_way_round(ada: Person) -> None:
    token = (await ada.http.post("/auth/login", json=_login("ada"))).json()["token"]
    on_v1 = await ada.http.get("/v1/account", headers={"Authorization": f"Bearer {token}"})
    on_compat = await ada.get("/credits/balance")

    assert (on_v1.status_code, on_compat.status_code) == (401, 401)


async def test_known_device_signs_in_again_as_itself_and_its_old_sign_in_ends(
    ada: Person,
) -> None:
    again = await sign_in(ada.http, ada.phone, "ada")

    assert again.signed["device_id"] == ada.signed["device_id"]
    assert (await again.get("/v1/account")).status_code == 200
    assert (await ada.get("/v1/account")).status_code == 401
    assert (await ada.refresh()).status_code == 401


async def test_signature_counts_once_and_not_for_long(ada: Person, services: Services) -> None:
    body = ada.phone.sign_in("ada")
    first = await ada.http.post("/v1/auth/token", json=body)
    replayed = await ada.http.post("/v1/auth/token", json=body)
    late = ada.phone.sign_in("ada")
    late["proof"]["time_s"] -= 121
    off = await ada.http.post("/v1/auth/token", json=late)

    assert (first.status_code, replayed.status_code, off.status_code) == (200, 401, 401)
    assert off.json()["server_time_s"] == int(services.clock.now().timestamp())


async def test_same_signature_at_once_signs_in_once(ada: Person) -> None:
    body = ada.phone.sign_in("ada")
    answers = await asyncio.gather(*(ada.http.post("/v1/auth/token", json=body) for _ in range(4)))

    assert sorted(each.status_code for each in answers) == [200, 401, 401, 401]


async def test_signature_for_another_server_is_worthless(ada: Person) -> None:
    elsewhere = attrs.evolve(ada.phone, audience=bytes(32))
    answer = await ada.http.post("/v1/auth/token", json=elsewhere.sign_in("ada"))

    assert answer.status_code == 401


async def test_guessing_strangers_do_not_lock_out_a_known_device(
    ada: Person, services: Services
) -> None:
    async with from_address(services, "9.9.9.9") as stranger:
        guesses = [
            await stranger.post("/auth/login", json=_login("ada", f"tulip basalt {number}"))
            for number in range(21)
        ]
    locked_out = await ada.http.post("/auth/login", json=_login("ada"))
    new = await ada.http.post("/v1/auth/token", json=new_phone(services).sign_in("ada"))
    known = await ada.http.post("/v1/auth/token", json=ada.phone.sign_in("ada"))

    assert guesses[0].status_code == 401
    assert (guesses[-1].status_code, locked_out.status_code, new.status_code) == (429, 429, 429)
    assert int(locked_out.headers["Retry-After"]) > 0
    assert known.status_code == 200


async def test_outgrown_hash_is_replaced_at_sign_in(ada: Person, services: Services) -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD)
    async with services.database.read() as sql:
        await sql.execute("UPDATE account SET password_hash = $1", weaker)
    answers = [(await ada.http.post("/auth/login", json=_login("ada"))) for _ in range(2)]
    async with services.database.read() as sql:
        stored = await sql.fetchval("SELECT password_hash FROM account")

    assert [each.status_code for each in answers] == [200, 200]
    assert not PasswordHasher().check_needs_rehash(stored)


@pytest.mark.usefixtures("ada")
async def test_password_replaced_between_check_and_sign_in_signs_nobody_in(
    services: Services,
) -> None:
    signing_in = services.accounts.signing_in
    known = await signing_in.know(
        Credentials(username="ada", password=PASSWORD, address=ip_address("203.0.113.7"))
    )
    async with services.database.read() as sql:
        await sql.execute("UPDATE account SET password_hash = 'replaced'")

    with pytest.raises(UnauthorizedError):
        await services.database.run(lambda tx: signing_in.stand_on(tx, known))


async def test_full_line_is_503_with_when_to_come_back(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worldvpn_server.accounts.hashing.MOST_WAITING", 0)
    answer = await client.post("/auth/login", json=_login("ada"))

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
