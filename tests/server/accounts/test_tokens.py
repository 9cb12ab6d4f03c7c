"""Whose token is let in, and whose is not."""

from __future__ import annotations

import base64
import hmac
import itertools
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.server.conftest import MovingClock
from worldvpn_server.accounts.values import Audience
from worldvpn_server.errors import UnauthorizedError
from worldvpn_server.ids import new_id
from worldvpn_server.keys.ring import Use
from worldvpn_server.services import Services

pytestmark = pytest.mark.anyio

Header = dict[str, Any]

HOSTILE_HEADERS: tuple[Header, ...] = (
    {"kid": "../../../../etc/passwd"},
    {"kid": "/dev/null"},
    {"kid": "00" * 16},
    {"kid": ""},
    {"kid": None},
    {"kid": ["a"]},
    {"kid": "é" * 32},
    {"kid": "'; DROP TABLE login; --"},
    {"alg": "HS256"},
    {"alg": "Ed25519"},
    {"alg": 7},
    {"jku": "https://evil.test/jwks.json"},
    {"x5u": "https://evil.test/a.pem"},
    {"crit": ["b64"], "b64": False},
    {"typ": "at+jwt", "padding": "x" * 300},
)
HOSTILE_CLAIMS: tuple[dict[str, Any], ...] = (
    {"aud": ["v1", "compat"]},
    {"aud": "v2"},
    {"aud": None},
    {"exp": "9999999999"},
    {"exp": None},
    {"iat": 9_999_999_999},
    {"iss": "evil"},
    {"sub": "1 OR 1=1"},
    {"sid": None},
)


def issue(services: Services, audience: Audience = Audience.V1) -> str:
    return services.tokens.issue(
        account=new_id(), username="ada", sid=new_id(), device=new_id(), audience=audience
    )


def encoded(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def parts(token: str) -> tuple[Header, dict[str, Any]]:
    header, claims, _ = (base64.urlsafe_b64decode(each + "==") for each in token.split("."))
    return json.loads(header), json.loads(claims)


def signed(services: Services, header: object, claims: object) -> str:
    """A token of our own key, whatever it says: what no stranger can make."""
    text = f"{encoded(header)}.{encoded(claims)}"
    return f"{text}.{encoded(services.keys.signer(Use.TOKEN).key.sign(text.encode()))}"


async def refused(services: Services, token: str, audience: Audience = Audience.V1) -> None:
    with pytest.raises(UnauthorizedError) as error:
        await services.tokens.verify(token, audience)
    assert error.value.text == "Invalid or expired token"


async def test_token_says_who_asks(services: Services) -> None:
    account, sid, device = new_id(), new_id(), new_id()
    token = services.tokens.issue(
        account=account, username="ädä", sid=sid, device=device, audience=Audience.V1
    )

    caller = await services.tokens.verify(token, Audience.V1)

    assert (caller.account, caller.sid, caller.device) == (account, sid, device)
    assert caller.username == "ädä"
    assert services.tokens.holds(caller)
    assert parts(token)[0] == {
        "alg": "EdDSA",
        "typ": "JWT",
        "kid": services.keys.signer(Use.TOKEN).kid.hex(),
    }


@pytest.mark.parametrize(("audience", "life_s"), [(Audience.V1, 900), (Audience.COMPAT, 86_400)])
async def test_token_ends_to_the_second_even_when_it_is_remembered(
    services: Services, clock: MovingClock, audience: Audience, life_s: int
) -> None:
    token = issue(services, audience)
    caller = await services.tokens.verify(token, audience)
    clock.pass_by(seconds=life_s - 1)
    await services.tokens.verify(token, audience)
    clock.pass_by(seconds=1)

    await refused(services, token, audience)
    assert not services.tokens.holds(caller)


@pytest.mark.parametrize("audience", list(Audience))
async def test_token_is_good_for_its_audience_alone(services: Services, audience: Audience) -> None:
    token = issue(services, audience)
    other = next(each for each in Audience if each is not audience)

    await refused(services, token, other)
    await services.tokens.verify(token, audience)
    await refused(services, token, other)


async def test_key_of_a_stranger_is_refused(services: Services) -> None:
    header, claims = parts(issue(services))
    text = f"{encoded(header)}.{encoded(claims)}"
    forged = f"{text}.{encoded(Ed25519PrivateKey.generate().sign(text.encode()))}"

    await refused(services, forged)


async def test_unsigned_token_is_refused(services: Services) -> None:
    header, claims = parts(issue(services))

    for name, signature in itertools.product(
        ("none", "None", "NONE", ""), ("", encoded(b"\0" * 64))
    ):
        text = f"{encoded(header | {'alg': name})}.{encoded(claims)}.{signature}"
        await refused(services, text)


async def test_public_key_is_no_secret_of_an_hmac(services: Services) -> None:
    header, claims = parts(issue(services))
    public = services.keys.verifier(Use.TOKEN, bytes.fromhex(header["kid"]))
    assert public is not None
    text = f"{encoded(header | {'alg': 'HS256'})}.{encoded(claims)}"
    for secret in (public, public.hex().encode(), encoded(public).encode()):
        mac = hmac.digest(secret, text.encode(), "sha256")
        await refused(services, f"{text}.{encoded(mac)}")


async def test_header_chooses_among_our_keys_and_nothing_else(services: Services) -> None:
    header, claims = parts(issue(services))

    for change in HOSTILE_HEADERS:
        await refused(services, signed(services, header | change, claims))


async def test_key_in_the_header_is_not_asked(services: Services) -> None:
    stranger = Ed25519PrivateKey.generate()
    x = encoded(stranger.public_key().public_bytes_raw())
    header, claims = parts(issue(services))
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": x}
    text = f"{encoded(header | {'jwk': jwk})}.{encoded(claims)}"

    await refused(services, f"{text}.{encoded(stranger.sign(text.encode()))}")


async def test_claims_are_taken_as_they_are_or_not_at_all(services: Services) -> None:
    header, claims = parts(issue(services))
    await services.tokens.verify(signed(services, header, claims), Audience.V1)

    for change in HOSTILE_CLAIMS:
        await refused(services, signed(services, header, claims | change))


async def test_oversized_and_senseless_tokens_are_refused(services: Services) -> None:
    header, claims = parts(issue(services))
    huge = signed(services, header | {"kid": "a" * 100_000}, claims)

    for token in (huge, "", ".", "..", "...", "a.b.c", "\x00.\x00.\x00", "ü.ü.ü", "e30.e30.e30"):
        await refused(services, token)
    senseless: tuple[object, ...] = ([], [[]] * 50, "alg", 7, None, {"alg": "EdDSA"})
    for header_ in senseless:
        await refused(services, signed(services, header_, claims))


async def test_every_changed_character_is_noticed(services: Services) -> None:
    token = issue(services)
    await services.tokens.verify(token, Audience.V1)

    for at in range(0, len(token) - 1, 7):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        await refused(services, changed)
