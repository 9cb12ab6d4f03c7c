"""Each compatible route: fields and types, statuses, texts, and auth before anything else."""

from __future__ import annotations

import httpx
import pytest

from tests.server.conformance.conftest import OldClient
from tests.server.conformance.routes import (
    BALANCE,
    CONNECT,
    DISCONNECT,
    DISCOVER,
    EVERY,
    GUARDED,
    HEALTH,
    HEARTBEAT,
    HISTORY,
    LIVE,
    LOGIN,
    MINE,
    NODE,
    OFFLINE,
    PAST,
    REGISTER,
    STATS,
    SYNC,
    WITH_BODY,
    Route,
)

pytestmark = pytest.mark.anyio


def has_fields(route: Route, answer: httpx.Response) -> bool:
    """Return whether each field of ``route`` is in ``answer``, of its type."""
    body = answer.json()
    return {name: isinstance(body.get(name), kind) for name, kind in route.fields} == {
        name: True for name, _ in route.fields
    } and not any(isinstance(body[name], bool) for name, kind in route.fields if kind is int)


def test_there_are_sixteen() -> None:
    assert len(EVERY) == 16


@pytest.mark.parametrize(
    "route",
    [HEALTH, REGISTER, LOGIN, BALANCE, SYNC, DISCOVER, LIVE, PAST, NODE],
    ids=lambda route: route.name,
)
async def test_route_answers_with_every_field(ada: OldClient, route: Route) -> None:
    answer = await ada.call(route)

    assert answer.status_code == route.status, answer.text
    assert has_fields(route, answer), answer.text


@pytest.mark.parametrize("route", [HEARTBEAT, MINE, STATS, OFFLINE], ids=lambda route: route.name)
async def test_node_s_owner_is_answered_with_every_field(bob: OldClient, route: Route) -> None:
    answer = await bob.call(route)

    assert answer.status_code == route.status, answer.text
    assert has_fields(route, answer), answer.text


@pytest.mark.usefixtures("bob")
async def test_connection_through_a_live_node_has_every_field(ada: OldClient) -> None:
    answer = await ada.call(CONNECT)

    assert answer.status_code == CONNECT.status, answer.text
    assert has_fields(CONNECT, answer), answer.text


async def test_history_is_an_array_with_the_welcome_in_it(ada: OldClient) -> None:
    answer = await ada.call(HISTORY)

    (entry,) = answer.json()
    assert entry.keys() >= {"id", "amount", "transaction_type", "description", "created_at"}
    assert entry["amount"] == 100


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: route.name)
@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({}, "Missing Authorization header"),
        ({"Authorization": "Basic YTpi"}, "Invalid Authorization format"),
        ({"Authorization": "Bearer nonsense"}, "Invalid or expired token"),
    ],
    ids=["missing", "format", "invalid"],
)
async def test_token_is_asked_for_before_the_body_is_looked_at(
    client: httpx.AsyncClient, route: Route, headers: dict[str, str], text: str
) -> None:
    answer = await client.request(route.method, route.path, content=b"{", headers=headers)

    assert (answer.status_code, answer.json()) == (401, {"error": text})


@pytest.mark.parametrize("route", WITH_BODY, ids=lambda route: route.name)
@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"{}", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b'{"x": "' + b"y" * 2_000_000 + b'"}', "application/json", 413),
    ],
    ids=["malformed", "no utf-8", "missing field", "no object", "form", "huge"],
)
async def test_bad_body_is_told_apart(
    ada: OldClient, route: Route, content: bytes, media: str, status: int
) -> None:
    answer = await ada.http.request(
        route.method, route.path, content=content, headers={**ada.headers, "Content-Type": media}
    )

    assert answer.status_code == status, answer.text
    assert answer.json().keys() == {"error"}


async def test_name_that_is_taken_is_a_conflict(ada: OldClient) -> None:
    answer = await ada.http.post(
        "/auth/register", json={"username": "ada", "password": "a long enough secret 7"}
    )

    assert (answer.status_code, answer.json()) == (409, {"error": "Username already exists"})


async def test_wrong_password_and_unknown_user_answer_alike(ada: OldClient) -> None:
    wrong = await ada.http.post(
        "/auth/login", json={"username": "ada", "password": "wrong word 77"}
    )
    unknown = await ada.http.post(
        "/auth/login", json={"username": "eve", "password": "wrong word 77"}
    )

    assert (wrong.status_code, wrong.json()) == (401, {"error": "Invalid credentials"})
    assert (unknown.status_code, unknown.json()) == (wrong.status_code, wrong.json())


@pytest.mark.parametrize("route", [HEARTBEAT, MINE, STATS], ids=lambda route: route.name)
async def test_who_has_no_node_is_told_so(ada: OldClient, route: Route) -> None:
    answer = await ada.call(route)

    assert answer.status_code == 404
    assert isinstance(answer.json()["error"], str)


@pytest.mark.parametrize("route", [MINE, STATS], ids=lambda route: route.name)
async def test_who_has_no_node_gets_a_hint(ada: OldClient, route: Route) -> None:
    assert (await ada.call(route)).json().keys() == {"error", "hint"}


async def test_unknown_session_cannot_be_ended(ada: OldClient) -> None:
    assert (await ada.call(DISCONNECT)).status_code == 404
