"""Every route with every token that must not open it: the table is read off the application."""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar.routes import ASGIRoute, HTTPRoute

from tests.server.accounts.people import Person, new_phone, sign_in, sign_up
from tests.server.conformance.conftest import OldClient
from tests.server.conformance.routes import EVERY
from tests.server.conftest import MovingClock
from worldvpn_server.accounts.values import Audience
from worldvpn_server.http.app import build
from worldvpn_server.ids import new_id
from worldvpn_server.keys.ring import Use
from worldvpn_server.services import Services

pytestmark = pytest.mark.anyio

#: What anybody may ask. A route that is not here asks for a token, whatever its author thought.
PUBLIC: Final = {
    "GET /health",
    "GET /health/ready",
    "GET /.well-known/jwks.json",
    "GET /schema",
    "GET /schema/openapi.json",
    "GET /schema/{path}",
    "GET /v1/directory",
    "GET /v1/directory/{region}",
    "GET /v1/directory/{region}/{version}",
    "GET /v1/keys",
    "GET /v1/ledger/checkpoint",
    "GET /v1/ledger/checkpoints",
    "GET /v1/ledger/consistency",
    "GET /v1/ledger/proof",
    "POST /auth/login",
    "POST /auth/register",
    "POST /v1/auth/recover",
    "POST /v1/auth/refresh",
    "POST /v1/auth/register",
    "POST /v1/auth/token",
}
#: What an operator's own secret opens, and no user's token.
OPERATOR: Final = {"GET /metrics"}
COMPATIBLE: Final = {each.name for each in EVERY if each.needs_token}


def routes_of(services: Services) -> dict[str, str]:
    """Return every route as "METHOD /path", with a path that can be called."""
    found = {}
    for route in build(services).routes:
        methods: list[str] = []
        if isinstance(route, HTTPRoute):
            methods = [str(each) for each in route.methods if each != "OPTIONS"]
        elif isinstance(route, ASGIRoute):
            methods = ["GET"]
        shown = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
        called = re.sub(r"\{\w+:int\}", "1", route.path)
        called = re.sub(r"\{\w+:\w+\}", str(UUID(int=7)), called)
        found.update({f"{method} {shown.rstrip('/') or '/'}": called for method in methods})
    return {name: path for name, path in found.items() if not name.startswith("HEAD ")}


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def claims(person: Person) -> dict[str, Any]:
    """Return what a good token says."""
    body = person.signed["access_token"].split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return read


def forged(person: Person, header: dict[str, str], sign: Callable[[bytes], bytes]) -> str:
    """Return a token with the claims of a good one under a header and signature of ours."""
    head = encoded(json.dumps(header).encode())
    signed = f"{head}.{encoded(json.dumps(claims(person)).encode())}"
    return f"{signed}.{encoded(sign(signed.encode()))}"


def with_public_key_as_secret(services: Services, message: bytes) -> bytes:
    public = services.keys.signer(Use.TOKEN).key.public_key()
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hmac.digest(pem, message, sha256)


def bad_tokens(services: Services, ada: Person) -> dict[str, str]:
    """Return tokens that open nothing, by what is wrong with them."""
    kid = services.keys.signer(Use.TOKEN).kid.hex()
    raw = services.keys.signer(Use.TOKEN).key.public_key().public_bytes_raw()
    good = {"alg": "EdDSA", "kid": kid, "typ": "JWT"}
    expired = services.tokens.issue(
        account=UUID(claims(ada)["sub"]),
        username="ada",
        sid=new_id(),
        audience=Audience.V1,
        lifetime_s=-1,
    )
    return {
        "expired": expired,
        "another key": forged(ada, good, Ed25519PrivateKey.generate().sign),
        "no algorithm": forged(ada, {**good, "alg": "none"}, lambda _: b""),
        "HS256 with the public key": forged(
            ada, {**good, "alg": "HS256"}, lambda each: hmac.digest(raw, each, sha256)
        ),
        "HS256 with the public key in PEM": forged(
            ada, {**good, "alg": "HS256"}, lambda each: with_public_key_as_secret(services, each)
        ),
    }


async def refusals(
    http: httpx.AsyncClient, routes: dict[str, str], headers: dict[str, str]
) -> dict[str, int]:
    """Return the status of each route that does not answer 401."""
    found = {}
    for name, path in routes.items():
        method = name.partition(" ")[0]
        answer = await http.request(method, path, content=b"{", headers=headers)
        found[name] = answer.status_code
    return {name: status for name, status in found.items() if status != 401}


@pytest.fixture
async def ada(client: httpx.AsyncClient, services: Services) -> Person:
    return await sign_up(client, services, "ada")


@pytest.fixture
def guarded(services: Services) -> dict[str, str]:
    """Every route that asks for a user's token."""
    open_to_others = PUBLIC | OPERATOR
    return {name: path for name, path in routes_of(services).items() if name not in open_to_others}


async def test_every_public_route_is_there(services: Services) -> None:
    assert routes_of(services).keys() >= PUBLIC | OPERATOR | COMPATIBLE


async def test_no_token_opens_nothing(client: httpx.AsyncClient, guarded: dict[str, str]) -> None:
    assert len(guarded) > 40
    assert await refusals(client, guarded, {}) == {}


@pytest.mark.parametrize(
    "kind",
    [
        "expired",
        "another key",
        "no algorithm",
        "HS256 with the public key",
        "HS256 with the public key in PEM",
    ],
)
async def test_bad_token_opens_nothing(
    client: httpx.AsyncClient,
    services: Services,
    guarded: dict[str, str],
    ada: Person,
    kind: str,
) -> None:
    headers = {"Authorization": f"Bearer {bad_tokens(services, ada)[kind]}"}

    assert await refusals(client, guarded, headers) == {}


async def test_compatible_token_opens_no_new_route_and_the_other_way_round(
    client: httpx.AsyncClient, guarded: dict[str, str], ada: Person
) -> None:
    body = {"username": "ada", "password": "a long enough secret 7"}
    old = OldClient(client, "ada", (await client.post("/auth/login", json=body)).json()["token"])
    new_routes = {name: path for name, path in guarded.items() if name not in COMPATIBLE}
    old_routes = {name: path for name, path in guarded.items() if name in COMPATIBLE}

    assert await refusals(client, new_routes, old.headers) == {}
    assert await refusals(client, old_routes, ada.headers) == {}


async def test_token_of_a_revoked_device_opens_nothing(
    client: httpx.AsyncClient, services: Services, guarded: dict[str, str], ada: Person
) -> None:
    tablet = await sign_in(client, new_phone(services, "tablet"), "ada")
    gone = await ada.send("DELETE", f"/v1/devices/{tablet.signed['device_id']}")
    assert gone.status_code == 204, gone.text
    new_routes = {name: path for name, path in guarded.items() if name not in COMPATIBLE}

    assert await refusals(client, new_routes, tablet.headers) == {}
    assert (await ada.get("/v1/wallet")).status_code == 200


async def test_user_s_token_opens_nothing_of_an_operator_s(
    client: httpx.AsyncClient, services: Services, ada: Person
) -> None:
    paths = {name: path for name, path in routes_of(services).items() if name in OPERATOR}

    assert set(await refusals(client, paths, ada.headers)) <= set()


async def test_token_outlives_its_time_nowhere(
    client: httpx.AsyncClient, guarded: dict[str, str], ada: Person, clock: MovingClock
) -> None:
    clock.pass_by(minutes=16)

    assert await refusals(client, guarded, ada.headers) == {}


async def test_what_is_another_user_s_is_not_there(
    client: httpx.AsyncClient, services: Services, ada: Person
) -> None:
    eve = await sign_up(client, services, "eve")
    node = new_id()
    made = await ada.send(
        "PUT",
        f"/v1/nodes/{node}",
        {
            "country_code": "DE",
            "protocols": ["WireGuard"],
            "x25519": ada.phone.body["x25519"],
            "endpoints": [{"host": "203.0.113.7", "port": 51820, "carrier": "udp"}],
            "bandwidth_mbps": 100,
        },
    )
    assert made.status_code in {200, 201}, made.text
    theirs = {
        "DELETE device": await eve.send("DELETE", f"/v1/devices/{ada.signed['device_id']}"),
        "GET node": await eve.get(f"/v1/nodes/{node}"),
        "PUT node": await eve.send("PUT", f"/v1/nodes/{node}", made.request.content and {}),
        "DELETE node": await eve.send("DELETE", f"/v1/nodes/{node}"),
        "GET guests": await eve.get(f"/v1/nodes/{node}/guests"),
        "GET nonce": await eve.get(f"/v1/nodes/{node}/nonce"),
        "POST reach": await eve.send("POST", f"/v1/nodes/{node}/reach"),
        "GET session": await eve.get(f"/v1/sessions/{new_id()}"),
        "DELETE session": await eve.send("DELETE", f"/v1/sessions/{new_id()}"),
    }

    statuses = {name: answer.status_code for name, answer in theirs.items()}
    assert {name: status for name, status in statuses.items() if status < 400} == {}
    assert (await ada.get(f"/v1/nodes/{node}")).status_code == 200
