"""Devices: five an account, with keys that are nobody else's, and gone when they are revoked."""

from __future__ import annotations

import asyncio
from uuid import UUID

import attrs
import httpx
import pytest

from tests.server.accounts.people import Person, Phone, b64, new_phone, sign_in, sign_up
from worldvpn_server.accounts.devicekeys import _SMALL_ORDER
from worldvpn_server.accounts.proofs import Purpose
from worldvpn_server.accounts.service import Accounts
from worldvpn_server.services import Services

pytestmark = pytest.mark.anyio


def _added(owner: Person, phone: Phone) -> dict[str, object]:
    account = UUID(owner.signed["user_id"])
    proof = phone.sign(Purpose.ADD_DEVICE, account.bytes, phone.x_public, phone.ed_public)
    return {"device": phone.body, "proof": proof}


def _replaced(owner: Person, new: Phone) -> dict[str, object]:
    device = UUID(owner.signed["device_id"])
    about = (device.bytes, new.x_public, new.ed_public)
    return {
        "device": new.body,
        "proof": new.sign(Purpose.REPLACE_KEYS, *about),
        "replaces": str(device),
        "old_proof": owner.phone.sign(Purpose.REPLACE_KEYS, *about),
    }


async def _active(owner: Person) -> list[str]:
    return [each["id"] for each in (await owner.get("/v1/devices")).json()["devices"]]


async def test_sixth_device_is_refused_however_many_ask_at_once(
    ada: Person, services: Services
) -> None:
    phones = [new_phone(services, f"phone {number}") for number in range(8)]
    answers = await asyncio.gather(
        *(ada.send("POST", "/v1/devices", _added(ada, phone)) for phone in phones)
    )
    signing_in = await ada.http.post("/v1/auth/token", json=new_phone(services).sign_in("ada"))

    assert sorted(each.status_code for each in answers) == [201] * 4 + [409] * 4
    assert signing_in.status_code == 409
    assert len(await _active(ada)) == 5


async def test_device_that_was_added_by_another_signs_in_as_itself(
    ada: Person, services: Services
) -> None:
    phone = new_phone(services, "laptop")
    added = await ada.send("POST", "/v1/devices", _added(ada, phone))
    laptop = await sign_in(ada.http, phone, "ada")

    assert added.json()["device_id"] == laptop.signed["device_id"]
    assert await _active(ada) == [ada.signed["device_id"], laptop.signed["device_id"]]


async def test_keys_of_somebody_else_are_refused(
    ada: Person, client: httpx.AsyncClient, services: Services
) -> None:
    bob = await sign_up(client, services, "bob")
    signing_key_of_bob = attrs.evolve(new_phone(services), ed25519=bob.phone.ed25519)
    exchange_key_of_bob = attrs.evolve(new_phone(services), x25519=bob.phone.x25519)
    answers = [
        await ada.send("POST", "/v1/devices", _added(ada, signing_key_of_bob)),
        await ada.send("POST", "/v1/devices", _added(ada, exchange_key_of_bob)),
        await ada.send("POST", "/v1/devices", _replaced(ada, exchange_key_of_bob)),
        await client.post("/v1/auth/token", json=bob.phone.sign_in("ada")),
    ]

    assert [each.status_code for each in answers] == [409] * 4


async def test_keys_that_everybody_knows_and_senseless_names_are_refused(
    ada: Person, services: Services
) -> None:
    phone = new_phone(services)
    good = _added(ada, phone)
    point = b64(min(_SMALL_ORDER).to_bytes(32, "little"))
    bodies = [
        {**good, "device": {**phone.body, field: value}}
        for field, value in [
            *(("x25519", b64(bytes(32))), ("ed25519", point), ("ed25519", "no base64")),
            *(("x25519", b64(bytes(31))), ("name", ""), ("name", "x" * 65), ("name", "a\x00b")),
            ("name", "\u202eenohp"),
        ]
    ]
    answers = [await ada.send("POST", "/v1/devices", body) for body in bodies]
    unknown = await ada.send("POST", "/v1/devices", {**good, "proof": {}})

    assert {each.status_code for each in [*answers, unknown]} == {422}


async def test_new_keys_take_the_place_of_the_old_and_nobody_is_logged_out(
    ada: Person, services: Services
) -> None:
    new = new_phone(services)
    replaced = await ada.send("POST", "/v1/devices", _replaced(ada, new))
    old_key = await ada.refresh()
    new_key = await attrs.evolve(ada, phone=new).refresh()

    assert replaced.json() == {"device_id": ada.signed["device_id"]}
    assert (await ada.get("/v1/account")).status_code == 200
    assert (old_key.status_code, new_key.status_code) == (401, 200)


async def test_lost_answer_to_new_keys_is_asked_for_again_by_the_new_key(
    ada: Person, services: Services
) -> None:
    new, other = new_phone(services), new_phone(services)
    await ada.send("POST", "/v1/devices", _replaced(ada, new))
    again = await ada.send("POST", "/v1/devices", _replaced(ada, new))
    body = _replaced(ada, new)
    by_old = await ada.send("POST", "/v1/devices", {**body, "proof": body["old_proof"]})
    used = await ada.send("POST", "/v1/devices", body)
    used_again = await ada.send("POST", "/v1/devices", body)
    others = await ada.send("POST", "/v1/devices", _replaced(ada, other))
    laptop = await sign_in(ada.http, new_phone(services, "laptop"), "ada")
    elsewhere = await laptop.send("POST", "/v1/devices", _replaced(laptop, new))

    assert (again.status_code, again.json()) == (201, {"device_id": ada.signed["device_id"]})
    assert (used.status_code, used_again.status_code) == (201, 401)
    assert [each.status_code for each in (by_old, others, elsewhere)] == [401, 401, 409]
    assert (await attrs.evolve(ada, phone=new).refresh()).status_code == 200


async def test_keys_are_replaced_by_both_signatures_of_the_device_itself_only(
    ada: Person, services: Services
) -> None:
    new, stranger = new_phone(services), new_phone(services)
    laptop = await sign_in(ada.http, new_phone(services, "laptop"), "ada")
    good = _replaced(ada, new)
    by_stranger = {
        **good,
        "old_proof": _replaced(attrs.evolve(ada, phone=stranger), new)["old_proof"],
    }
    without_old = {**good, "old_proof": None}
    without_new = {**good, "proof": good["old_proof"]}
    answers = [await ada.send("POST", "/v1/devices", body) for body in (by_stranger, without_new)]
    missing = await ada.send("POST", "/v1/devices", without_old)
    by_other = await laptop.send("POST", "/v1/devices", _replaced(ada, new))

    assert [each.status_code for each in answers] == [401, 401]
    assert (missing.status_code, by_other.status_code) == (422, 422)
    assert (await ada.refresh()).status_code == 200


async def test_revoked_device_is_signed_out_and_its_keys_never_come_back(
    ada: Person, services: Services
) -> None:
    laptop = await sign_in(ada.http, new_phone(services, "laptop"), "ada")
    path = f"/v1/devices/{laptop.signed['device_id']}"
    revoked = await ada.send("DELETE", path)
    again = await ada.send("DELETE", path)
    back = await ada.http.post("/v1/auth/token", json=laptop.phone.sign_in("ada"))

    assert (revoked.status_code, again.status_code, back.status_code) == (204, 404, 409)
    assert (await laptop.get("/v1/account")).status_code == 401
    assert (await laptop.refresh()).status_code == 401
    assert await _active(ada) == [ada.signed["device_id"]]


async def test_device_of_somebody_else_cannot_be_revoked_or_told_from_none(
    ada: Person, client: httpx.AsyncClient, services: Services
) -> None:
    bob = await sign_up(client, services, "bob")
    his = await ada.send("DELETE", f"/v1/devices/{bob.signed['device_id']}")
    nobodys = await ada.send("DELETE", f"/v1/devices/{UUID(int=7)}")

    assert (his.status_code, his.content) == (nobodys.status_code, nobodys.content)
    assert (await bob.get("/v1/account")).status_code == 200


@attrs.define
class Ended:
    """Takes note of whose sessions were to be ended."""

    devices: list[tuple[UUID, str]] = attrs.field(factory=list)

    async def end_device(self, device: UUID, reason: str) -> int:
        self.devices.append((device, reason))
        return 0

    async def end_account(self, account: UUID, reason: str) -> int:
        self.devices.append((account, reason))
        return 0


async def test_revoking_ends_the_sessions_and_withdraws_the_node(
    ada: Person, services: Services
) -> None:
    device, account = UUID(ada.signed["device_id"]), UUID(ada.signed["user_id"])
    ended = Ended()
    accounts = Accounts.over(attrs.evolve(services.accounts._ground, sessions=ended))
    async with services.database.read() as sql:
        await sql.execute(_NODE, account, device, services.clock.now())
    await accounts.devices.revoke(account, device)
    async with services.database.read() as sql:
        status = await sql.fetchval("SELECT status FROM node")

    assert ended.devices == [(device, "device-revoked")]
    assert status == 0


_NODE = """
INSERT INTO node (id, account, device, status, listed, country, region, city, node_group,
    protocols, bandwidth_mbps, most_guests, daily_bytes, allow_streaming, allow_torrents,
    inner4, inner6, rated_at, created_at, changed_at)
VALUES ('00000000-0000-0000-0000-000000000001', $1, $2, 1, true, 'DE', 1, '', 'community',
    '{WireGuard}', 50, 10, 1000, true, false, '10.7.0.0/24', 'fd00::/64', $3, $3, $3)
"""
