"""What a device signs is what the real server checks, and nothing else."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from typing import Any, Final

import attrs
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from worldvpn_core.central import identity
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.statement import Purpose, Statement
from worldvpn_core.errors import DeniedError
from worldvpn_server.accounts.proofs import Claim, Proof, Proofs
from worldvpn_server.accounts.proofs import Purpose as ServerPurpose
from worldvpn_server.errors import UnauthorizedError

NOW_S: Final = 1_800_000_000
ROOT: Final = b"r" * 32


@attrs.frozen
class StoppedClock:
    """A server's clock that stands still."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(NOW_S, UTC)


def about(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(len(each).to_bytes(4) + each for each in parts)).digest()


def statement(purpose: Purpose, *parts: bytes, time_s: int = NOW_S) -> Statement:
    return Statement(purpose=purpose, time_s=time_s, nonce=os.urandom(16), about=about(*parts))


@pytest.mark.parametrize("purpose", Purpose)
def test_real_server_believes_what_a_device_signed(purpose: Purpose) -> None:
    keys = DeviceKeys.fresh()
    said = statement(purpose, b"ada", keys.x25519_public)
    proof = Proof(
        time_s=said.time_s, nonce=said.nonce, signature=keys.sign(said, ROOT, float(NOW_S))
    )
    claim = Claim(purpose=ServerPurpose(purpose), about=(b"ada", keys.x25519_public))

    assert Proofs(audience=ROOT, clock=StoppedClock()).check(proof, claim, keys.ed25519_public)
    with pytest.raises(UnauthorizedError):
        Proofs(audience=b"s" * 32, clock=StoppedClock()).check(proof, claim, keys.ed25519_public)


def test_signature_covers_every_field() -> None:
    keys = DeviceKeys.fresh()
    said = statement(Purpose.SIGN_IN, b"ada")
    others = [
        attrs.evolve(said, purpose=Purpose.REFRESH),
        attrs.evolve(said, time_s=NOW_S + 1),
        attrs.evolve(said, nonce=bytes(16)),
        attrs.evolve(said, about=bytes(32)),
    ]

    signatures = {keys.sign(each, ROOT, NOW_S) for each in [said, *others]}

    assert len(signatures) == 1 + len(others)


@pytest.mark.parametrize("sign", [-1, 1])
def test_statement_of_another_day_is_not_signed(sign: int) -> None:
    keys = DeviceKeys.fresh()
    edge_s = NOW_S + sign * identity.MOST_SKEW_S

    keys.sign(statement(Purpose.REFRESH, time_s=edge_s), ROOT, NOW_S)
    with pytest.raises(DeniedError, match="clock"):
        keys.sign(statement(Purpose.REFRESH, time_s=edge_s + sign), ROOT, NOW_S)


WRONG: Final[dict[str, dict[str, Any]]] = {
    "a_purpose_that_is_not_the_agents": {"purpose": 3},
    "a_choice_of_keys_for_a_sign_in": {"by_new_keys": True},
    "a_short_nonce": {"nonce": b"n"},
    "a_long_nonce": {"nonce": bytes(17)},
    "more_than_a_hash": {"about": bytes(33)},
    "a_time_before_1970": {"time_s": -1},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_there_is_no_statement_with(change: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        attrs.evolve(statement(Purpose.SIGN_IN), **change)


def test_keys_are_in_no_text_and_of_no_two_devices() -> None:
    one, other = DeviceKeys.fresh(), DeviceKeys.fresh()

    assert repr(one) == "DeviceKeys()"
    assert one != other
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(other.ed25519_public).verify(
            one.sign(statement(Purpose.SIGN_IN), ROOT, NOW_S), b""
        )
