"""A ticket is believed up to the pinned root alone."""

from __future__ import annotations

import time
from uuid import UUID

import attrs
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.core.share.central_fakes import SESSION, Authority, FakeServer, public
from worldvpn_core.central.calls import PublicKeys
from worldvpn_core.credit.manifest import key_id
from worldvpn_core.credit.ticket import Ticket
from worldvpn_core.errors import CreditProofError
from worldvpn_core.share.tickets import believed, trusted

AUTHORITY = Authority()
ROOT = public(AUTHORITY.root)
KEYS = PublicKeys(x25519=b"n" * 32, ed25519=b"N" * 32)
TICKET = FakeServer(AUTHORITY).ticket(SESSION, str(UUID(int=2)), KEYS)
SIGNED = TICKET.sign(AUTHORITY.signer)
MANIFEST = AUTHORITY.manifest()


def opened(signed: bytes, manifest: bytes | None, seen_version: int = 0) -> Ticket:
    now_s = time.time()
    return believed(signed, trusted(manifest, ROOT, seen_version, now_s), now_s)


def test_a_ticket_signed_by_a_key_of_the_roots_manifest_is_believed() -> None:
    assert opened(SIGNED, MANIFEST) == TICKET


def test_without_a_manifest_no_ticket_is_believed() -> None:
    with pytest.raises(CreditProofError, match="not known yet"):
        opened(SIGNED, None)


def test_a_manifest_of_another_root_vouches_for_nobody() -> None:
    forged = attrs.evolve(AUTHORITY, root=Ed25519PrivateKey.generate()).manifest()

    with pytest.raises(CreditProofError, match="signature"):
        opened(SIGNED, forged)


def test_an_expired_manifest_vouches_for_nobody() -> None:
    expired = AUTHORITY.manifest(expires_s=time.time() - 10)

    with pytest.raises(CreditProofError, match="expired"):
        opened(SIGNED, expired)


def test_a_manifest_before_one_that_was_seen_vouches_for_nobody() -> None:
    assert opened(SIGNED, MANIFEST, seen_version=3) == TICKET
    with pytest.raises(CreditProofError, match="4 was seen"):
        opened(SIGNED, MANIFEST, seen_version=4)


def test_a_revoked_key_signs_no_ticket() -> None:
    revoking = AUTHORITY.manifest(revoked=(TICKET.key_id,))

    with pytest.raises(CreditProofError, match="does not vouch"):
        opened(SIGNED, revoking)


def test_a_ticket_that_names_a_key_the_root_does_not_know_is_not_believed() -> None:
    thief = Ed25519PrivateKey.generate()
    stolen = attrs.evolve(TICKET, key_id=key_id(public(thief))).sign(thief)

    with pytest.raises(CreditProofError, match="does not vouch"):
        opened(stolen, MANIFEST)


def test_a_ticket_that_another_key_has_signed_in_the_servers_name_is_not_believed() -> None:
    with pytest.raises(CreditProofError, match="signature"):
        opened(TICKET.sign(Ed25519PrivateKey.generate()), MANIFEST)


@given(at=st.integers(0, len(SIGNED) - 1), bit=st.integers(0, 7))
def test_no_bit_of_a_ticket_can_be_another(at: int, bit: int) -> None:
    forged = bytearray(SIGNED)
    forged[at] ^= 1 << bit

    with pytest.raises(CreditProofError):
        opened(bytes(forged), MANIFEST)


@given(st.binary(max_size=1_024))
def test_bytes_that_nobody_signed_are_refused_and_never_a_failure(raw: bytes) -> None:
    with pytest.raises(CreditProofError):
        opened(raw, MANIFEST)
    with pytest.raises(CreditProofError):
        opened(SIGNED, raw)
