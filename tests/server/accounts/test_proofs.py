"""What a device signs is fixed to the byte: clients are written against it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from worldvpn_server.accounts.proofs import MOST_SKEW_S, Claim, Proof, Proofs, Purpose, statement
from worldvpn_server.errors import InvalidError, UnauthorizedError

ROOT = bytes(range(32))
NOW_S = 1_800_000_000
NONCE = bytes(range(16))
CLAIM = Claim(purpose=Purpose.REFRESH, about=(b"ab", b"c"))
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@attrs.frozen
class Still:
    """A clock that stands still."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(NOW_S, UTC)


PROOFS = Proofs(audience=ROOT, clock=Still())


def _signed(claim: Claim = CLAIM, time_s: int = NOW_S, audience: bytes = ROOT) -> Proof:
    signature = KEY.sign(statement(audience, claim, time_s, NONCE))
    return Proof(time_s=time_s, nonce=NONCE, signature=signature)


def test_statement_is_what_the_documentation_says() -> None:
    about = hashlib.sha256(b"\x00\x00\x00\x02ab\x00\x00\x00\x01c").digest()

    assert statement(ROOT, CLAIM, NOW_S, NONCE) == (
        b"worldvpn/device-proof/v1\x00" + ROOT + b"\x02" + NOW_S.to_bytes(8) + NONCE + about
    )


@pytest.mark.parametrize("off_s", [-MOST_SKEW_S, 0, MOST_SKEW_S])
def test_statement_of_now_counts(off_s: int) -> None:
    public = KEY.public_key().public_bytes_raw()

    assert len(PROOFS.check(_signed(time_s=NOW_S + off_s), CLAIM, public)) == 32


@pytest.mark.parametrize(
    "proof",
    [
        _signed(time_s=NOW_S - MOST_SKEW_S - 1),
        _signed(time_s=NOW_S + MOST_SKEW_S + 1),
        _signed(audience=bytes(32)),
        _signed(attrs.evolve(CLAIM, purpose=Purpose.SIGN_IN)),
        _signed(attrs.evolve(CLAIM, about=(b"a", b"bc"))),
        attrs.evolve(_signed(), nonce=bytes(16)),
        attrs.evolve(_signed(), signature=bytes(64)),
    ],
    ids=["early", "late", "server", "purpose", "about", "nonce", "signature"],
)
def test_any_other_statement_does_not(proof: Proof) -> None:
    with pytest.raises(UnauthorizedError):
        PROOFS.check(proof, CLAIM, KEY.public_key().public_bytes_raw())


def test_key_of_another_does_not_count() -> None:
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()

    with pytest.raises(UnauthorizedError):
        PROOFS.check(_signed(), CLAIM, other)


def test_proof_of_another_form_is_refused() -> None:
    with pytest.raises(InvalidError):
        Proof(time_s=NOW_S, nonce=b"short", signature=bytes(64))
