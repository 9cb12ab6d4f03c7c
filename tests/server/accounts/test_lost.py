"""Lost passwords, changed passwords, and signing out."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.server.accounts.people import PASSWORD, Person, new_phone, sign_in
from worldvpn_server.accounts import recoverycode
from worldvpn_server.services import Services

pytestmark = pytest.mark.anyio

NEW = "another long secret 8"


def _recover(username: str, code: str, new: str = NEW) -> dict[str, str]:
    return {"username": username, "recovery_code": code, "new_password": new}


async def _login(http: httpx.AsyncClient, password: str) -> int:
    body = {"username": "ada", "password": password}
    return (await http.post("/auth/login", json=body)).status_code


async def test_recovery_code_gives_a_new_password_once_and_signs_everybody_out(
    ada: Person,
) -> None:
    recovered = await ada.http.post("/v1/auth/recover", json=_recover("ada", ada.recovery_code))
    again = await ada.http.post(
        "/v1/auth/recover", json=_recover("ada", ada.recovery_code, "a third long one 9")
    )

    assert (recovered.status_code, again.status_code) == (200, 401)
    assert recovered.json()["recovery_code"] != ada.recovery_code
    assert (await _login(ada.http, PASSWORD), await _login(ada.http, NEW)) == (401, 200)
    assert (await ada.get("/v1/account")).status_code == 401
    assert (await ada.refresh()).status_code == 401


async def test_recovery_code_used_twice_at_once_works_once(ada: Person) -> None:
    answers = await asyncio.gather(
        *(
            ada.http.post("/v1/auth/recover", json=_recover("ada", ada.recovery_code))
            for _ in range(3)
        )
    )

    assert sorted(each.status_code for each in answers) == [200, 401, 401]


async def test_recovery_does_not_tell_whether_there_is_such_a_user(ada: Person) -> None:
    wrong_code = recoverycode.draw()
    bodies = (
        (_recover("ada", wrong_code), _recover("nobody-here", wrong_code)),
        (_recover("ada", wrong_code, "short"), _recover("nobody-here", wrong_code, "short")),
    )
    answers = [
        [await ada.http.post("/v1/auth/recover", json=body) for body in pair] for pair in bodies
    ]

    assert [[each.status_code for each in pair] for pair in answers] == [[401, 401], [422, 422]]
    assert all(known.content == unknown.content for known, unknown in answers)


async def test_guessing_codes_is_slowed_down_for_unknown_users_too(ada: Person) -> None:
    answers = {
        name: [
            (
                await ada.http.post("/v1/auth/recover", json=_recover(name, recoverycode.draw()))
            ).status_code
            for _ in range(6)
        ]
        for name in ("ada", "nobody-here")
    }

    assert answers["ada"] == answers["nobody-here"] == [401] * 5 + [429]


def test_code_is_read_however_it_was_copied() -> None:
    code = recoverycode.draw()
    copied = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")

    assert recoverycode.matches(copied, recoverycode.stored(code))
    assert not recoverycode.matches(copied, None)
    assert not recoverycode.matches("\ud800" * 10_000, recoverycode.stored(code))
    assert len(code.replace("-", "")) * 5 == 160


async def test_lost_code_is_replaced_by_the_password(ada: Person) -> None:
    refused = await ada.send("POST", "/v1/account/recovery-code", {"password": NEW})
    renewed = await ada.send("POST", "/v1/account/recovery-code", {"password": PASSWORD})
    old = await ada.http.post("/v1/auth/recover", json=_recover("ada", ada.recovery_code))
    new = await ada.http.post(
        "/v1/auth/recover", json=_recover("ada", renewed.json()["recovery_code"])
    )

    assert (refused.status_code, old.status_code, new.status_code) == (401, 401, 200)


async def test_new_password_signs_out_everybody_else(ada: Person, services: Services) -> None:
    laptop = await sign_in(ada.http, new_phone(services, "laptop"), "ada")
    body = {"username": "ada", "password": PASSWORD}
    compat = (await ada.http.post("/auth/login", json=body)).json()["token"]
    wrong = await ada.send("POST", "/v1/auth/password", {"old_password": NEW, "new_password": NEW})
    common = await ada.send(
        "POST", "/v1/auth/password", {"old_password": PASSWORD, "new_password": "password12"}
    )
    changed = await ada.send(
        "POST", "/v1/auth/password", {"old_password": PASSWORD, "new_password": NEW}
    )
    by_compat = await ada.http.get(
        "/credits/balance", headers={"Authorization": f"Bearer {compat}"}
    )

    assert (wrong.status_code, common.status_code, changed.status_code) == (401, 422, 204)
    assert (await ada.get("/v1/account")).status_code == 200
    assert (await ada.refresh()).status_code == 200
    assert (await laptop.get("/v1/account")).status_code == by_compat.status_code == 401
    assert (await laptop.refresh()).status_code == 401
    assert (await _login(ada.http, PASSWORD), await _login(ada.http, NEW)) == (401, 200)


async def test_signing_out_ends_this_sign_in_or_all(ada: Person, services: Services) -> None:
    laptop = await sign_in(ada.http, new_phone(services, "laptop"), "ada")
    tablet = await sign_in(ada.http, new_phone(services, "tablet"), "ada")
    out = await laptop.send("POST", "/v1/auth/logout")
    others = (await ada.get("/v1/account"), await tablet.get("/v1/account"))
    everywhere = await ada.send("POST", "/v1/auth/logout", {"everywhere": True})

    assert (out.status_code, everywhere.status_code) == (204, 204)
    assert [each.status_code for each in others] == [200, 200]
    assert (await laptop.refresh()).status_code == 401
    assert (await tablet.get("/v1/account")).status_code == 401
    assert (await ada.refresh()).status_code == 401
