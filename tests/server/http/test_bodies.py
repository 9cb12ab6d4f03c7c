"""Bodies as strangers send them: each refused in a sentence, none a fault of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import post
from litestar.datastructures import State
from litestar.params import JSONBody

from worldvpn_server.accounts.values import Audience
from worldvpn_server.http.app import MOST_BODY_BYTES, build
from worldvpn_server.http.edge import Edge
from worldvpn_server.http.guards import signed_in
from worldvpn_server.services import Services

pytestmark = pytest.mark.anyio

_JSON = {"content-type": "application/json"}


class Note(msgspec.Struct, frozen=True):
    text: str
    number: int = 0


@post("/note")
async def note(data: JSONBody[Note], state: State) -> Note:
    """Have the database keep the values for a moment, as any route would."""
    async with state.services.database.read() as sql:
        row = await sql.fetchrow("SELECT $1::text, $2::bigint", data.text, data.number)
    return Note(text=row[0], number=row[1])


@post("/closed", guards=[signed_in(Audience.COMPAT)])
async def closed(data: JSONBody[Note]) -> Note:
    return data


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    app = cast("Any", Edge(build(services, (note, closed))))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://central.test") as made:
        yield made


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b'{"text":"a"}', 201, "a"),
        (b'{"text":"a","text":"b"}', 201, "b"),
        (b"", 422, "the body is missing"),
        (b"{", 400, "not valid JSON"),
        (b"null", 422, "null"),
        (b"{}", 422, "text"),
        (b'{"text":7}', 422, "Expected `str`"),
        (b'{"text":"a","number":1.5}', 422, "Expected `int`"),
        (b'{"text":"a","number":true}', 422, "Expected `int`"),
        (b'{"text":"a","number":"1"}', 422, "Expected `int`"),
        (b'{"text":"a","number":NaN}', 400, "not valid JSON"),
        (b'{"text":"a","number":1e999}', 422, "out of range"),
        (b'{"text":"a","number":' + b"9" * 30 + b"}", 422, "can be kept"),
        (b'{"text":"a","number":' + b"9" * 5000 + b"}", 422, "out of range"),
        (b'{"text":"\xff"}', 400, "not UTF-8"),
        (b'{"text":"\\ud800"}', 400, "not valid JSON"),
        (b'{"text":"a\\u0000b"}', 422, "can be kept"),
        (b'{"text":"a","x":' + b"[" * 20_000 + b"]" * 20_000 + b"}", 400, "nested too deep"),
        (b'{"text":"' + b"x" * MOST_BODY_BYTES + b'"}', 413, "Too Large"),
    ],
    ids=lambda value: repr(value[:40]) if isinstance(value, bytes) else None,
)
async def test_body_is_answered_by_what_is_wrong_with_it(
    client: httpx.AsyncClient, body: bytes, status: int, says: str
) -> None:
    answer = await client.post("/note", content=body, headers=_JSON)

    assert answer.status_code == status, answer.text
    assert says in answer.text


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/jsonp"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
async def test_body_that_does_not_say_it_is_json_is_refused(
    client: httpx.AsyncClient, said: dict[str, str]
) -> None:
    answer = await client.post("/note", content=b'{"text":"a"}', headers=said)

    assert answer.status_code == 415
    assert set(answer.json()) == {"error"}


@pytest.mark.parametrize("said", ["application/json", "Application/JSON; charset=UTF-8"])
async def test_json_may_be_named_in_any_case(client: httpx.AsyncClient, said: str) -> None:
    answer = await client.post("/note", content=b'{"text":"a"}', headers={"content-type": said})

    assert answer.status_code == 201


@pytest.mark.parametrize("body", [b"{", b"\xff", b"x" * 10_000_000, b"[" * 10_000])
async def test_who_asks_is_settled_before_the_body_is_looked_at(
    client: httpx.AsyncClient, body: bytes
) -> None:
    answer = await client.post("/closed", content=body, headers={"content-type": "x/y"})

    assert (answer.status_code, answer.json()) == (401, {"error": "Missing Authorization header"})
    assert answer.headers["www-authenticate"] == "Bearer"


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda t: t.encode())))
async def test_no_bytes_are_a_fault_of_ours(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/note", content=body, headers=_JSON)

    assert answer.status_code < 500


@pytest.mark.parametrize("method", ["DELETE", "TRACE", "PROPFIND", "PATCH"])
async def test_method_that_a_path_does_not_have_is_405(
    client: httpx.AsyncClient, method: str
) -> None:
    answer = await client.request(method, "/health")

    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


async def test_head_is_get_without_its_content(client: httpx.AsyncClient) -> None:
    head, get = await client.head("/health"), await client.get("/health")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


async def test_every_answer_has_the_headers_of_an_api(client: httpx.AsyncClient) -> None:
    for path in ("/health", "/nowhere", "/schema"):
        headers = (await client.get(path)).headers

        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert len(headers["x-request-id"]) == 16


async def test_openapi_is_json_and_loads_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    answer = await client.get("/schema")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["openapi"].startswith("3.")
    assert "/credits/balance" in answer.json()["paths"]


@pytest.mark.parametrize("said", [{}, {"authorization": "Bearer x"}, {"authorization": "Basic x"}])
async def test_figures_are_for_the_operator(
    client: httpx.AsyncClient, said: dict[str, str]
) -> None:
    assert (await client.get("/metrics", headers=said)).status_code == 401
