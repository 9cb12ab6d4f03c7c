"""Refresh tokens: a lost answer may be asked for again, a stolen token gives itself away."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.accounts.people import Person, new_phone
from tests.server.conftest import MovingClock
from worldvpn_server.accounts.families import GRACE, RefreshToken
from worldvpn_server.accounts.refreshing import Standing, Step, step
from worldvpn_server.ids import new_id
from worldvpn_server.services import Services

NOW = datetime(2027, 1, 4, 12, tzinfo=UTC)


@given(
    hashes=st.lists(st.binary(min_size=32, max_size=32), min_size=3, max_size=3, unique=True),
    salted=st.booleans(),
    age_s=st.integers(0, 120),
)
def test_step_repeats_the_one_before_for_a_minute_and_revokes_everything_else(
    *,
    hashes: list[bytes],
    salted: bool,
    age_s: int,
) -> None:
    current, previous, other = hashes
    standing = Standing(
        hash=current,
        previous=previous,
        salt=b"salt" if salted else None,
        rotated_at=NOW - timedelta(seconds=age_s),
    )
    repeats = salted and timedelta(seconds=age_s) <= GRACE

    assert step(standing, current, NOW) is Step.ROTATE
    assert step(standing, previous, NOW) is (Step.REPEAT if repeats else Step.REVOKE)
    assert step(standing, other, NOW) is Step.REVOKE


@given(st.text(max_size=80) | st.binary(min_size=48, max_size=48).map(lambda raw: raw.hex()[:64]))
def test_any_text_is_a_token_or_none(text: str) -> None:
    parsed = RefreshToken.parse(text)

    assert parsed is None or str(parsed) == text


def test_token_reads_what_it_wrote_and_hides_its_secret() -> None:
    token = RefreshToken.drawn(new_id())

    assert RefreshToken.parse(str(token)) == token
    assert token.secret.hex() not in repr(token)
    assert token.successor(bytes(32)) != token.successor(bytes(31) + b"\x01")


@pytest.mark.anyio
async def test_refreshing_goes_on_and_on(ada: Person) -> None:
    second = (await ada.refresh()).json()
    third = await ada.refresh(second["refresh_token"])

    assert third.status_code == 200
    assert (
        len({ada.signed["refresh_token"], second["refresh_token"], third.json()["refresh_token"]})
        == 3
    )
    assert third.json()["device_id"] == ada.signed["device_id"]


@pytest.mark.anyio
async def test_same_token_twice_at_once_has_one_successor(ada: Person) -> None:
    answers = await asyncio.gather(*(ada.refresh() for _ in range(5)))

    assert [each.status_code for each in answers] == [200] * 5
    assert len({each.json()["refresh_token"] for each in answers}) == 1


@pytest.mark.anyio
async def test_lost_answer_may_be_asked_for_again_for_a_minute(
    ada: Person, clock: MovingClock
) -> None:
    first = (await ada.refresh()).json()["refresh_token"]
    clock.pass_by(seconds=60)
    again = (await ada.refresh()).json()["refresh_token"]
    clock.pass_by(seconds=1)
    late = await ada.refresh()

    assert first == again
    assert late.status_code == 401


@pytest.mark.anyio
async def test_reuse_after_the_successor_was_used_revokes_the_family_and_tells(
    ada: Person, services: Services
) -> None:
    second = (await ada.refresh()).json()
    third = (await ada.refresh(second["refresh_token"])).json()
    reused = await ada.refresh()
    orphan = await ada.refresh(third["refresh_token"])
    shut = await ada.http.get(
        "/v1/account", headers={"Authorization": f"Bearer {third['access_token']}"}
    )
    async with services.database.read() as sql:
        notices = await sql.fetch("SELECT body FROM outbox WHERE kind = 'notice'")

    assert (reused.status_code, orphan.status_code, shut.status_code) == (401, 401, 401)
    assert [msgspec.json.decode(row["body"])["code"] for row in notices] == ["refresh-token-reused"]


@pytest.mark.anyio
async def test_stolen_token_is_worthless_without_the_device_and_harms_nobody(
    ada: Person, services: Services
) -> None:
    thief = new_phone(services)
    stolen = await ada.http.post(
        "/v1/auth/refresh", json=thief.refresh(ada.signed["refresh_token"])
    )
    used_up = ada.signed["refresh_token"]
    await ada.refresh()
    stale = await ada.http.post("/v1/auth/refresh", json=thief.refresh(used_up))

    assert (stolen.status_code, stale.status_code) == (401, 401)
    assert (await ada.get("/v1/account")).status_code == 200


@pytest.mark.anyio
async def test_recorded_request_is_worthless(ada: Person) -> None:
    body = ada.phone.refresh(ada.signed["refresh_token"])
    first = await ada.http.post("/v1/auth/refresh", json=body)
    replayed = await ada.http.post("/v1/auth/refresh", json=body)
    next_token = first.json()["refresh_token"]
    moved = await ada.http.post("/v1/auth/refresh", json={**body, "refresh_token": next_token})

    assert (first.status_code, replayed.status_code, moved.status_code) == (200, 401, 401)
    assert (await ada.refresh(next_token)).status_code == 200


@pytest.mark.anyio
async def test_device_that_was_not_used_for_a_month_signs_in_again(
    ada: Person, clock: MovingClock
) -> None:
    clock.pass_by(days=29)
    used = await ada.refresh()
    clock.pass_by(days=29)
    again = await ada.refresh(used.json()["refresh_token"])
    clock.pass_by(days=31)
    idle = await ada.refresh(again.json()["refresh_token"])

    assert (used.status_code, again.status_code, idle.status_code) == (200, 200, 401)


@pytest.mark.anyio
async def test_only_hashes_of_refresh_tokens_are_stored(ada: Person, services: Services) -> None:
    await ada.refresh()
    token = RefreshToken.parse(ada.signed["refresh_token"])
    async with services.database.read() as sql:
        row = await sql.fetchrow("SELECT hash, previous, salt FROM refresh")

    assert token is not None
    assert token.secret not in tuple(row or ())
    assert token.hash() in tuple(row or ())
