"""A key manifest is believed only from the root, only once newer, and only for its time."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.credit.manifest import (
    MANIFEST_MOST_BYTES,
    Keys,
    Manifest,
    Retired,
    Use,
    key_id,
    open_manifest,
)
from worldvpn_core.errors import CreditProofError

ROOT = Ed25519PrivateKey.generate()
PINNED = ROOT.public_key().public_bytes_raw()


def keys(use: Use, number: int) -> Keys:
    base = bytes([number]) * 31
    return Keys(
        use=use,
        current=base + b"c",
        next=base + b"n",
        retired=(
            Retired(public=base + b"r", until_s=500),
            Retired(public=base + b"e"),
            Retired(public=base + b"x", until_s=500),
        ),
        revoked=(key_id(base + b"x"),),
    )


MANIFEST = Manifest(
    version=7,
    issued_s=100,
    expires_s=1_000,
    keys=tuple(keys(use, number) for number, use in enumerate(Use)),
)
SERVED = MANIFEST.sign(ROOT)


def test_what_the_root_signed_is_read_back() -> None:
    assert open_manifest(SERVED, PINNED, 7, 999) == MANIFEST


def test_manifest_of_another_root_is_refused() -> None:
    with pytest.raises(CreditProofError, match="signature"):
        open_manifest(MANIFEST.sign(Ed25519PrivateKey.generate()), PINNED, 0, 0)


def test_manifest_that_goes_back_or_has_ended_is_refused() -> None:
    with pytest.raises(CreditProofError, match="8 was seen"):
        open_manifest(SERVED, PINNED, 8, 0)
    with pytest.raises(CreditProofError, match="expired"):
        open_manifest(SERVED, PINNED, 0, 1_000)


def test_key_is_believed_for_its_use_and_time() -> None:
    ours = MANIFEST.of(Use.TICKET)
    timed, endless, revoked = (old.public for old in ours.retired)

    for public in (ours.current, ours.next, timed, endless):
        assert MANIFEST.verifier(Use.TICKET, key_id(public), 499) == public
        assert MANIFEST.verifier(Use.TOKEN, key_id(public), 499) is None
    assert MANIFEST.verifier(Use.TICKET, key_id(timed), 500) is None
    assert MANIFEST.verifier(Use.TICKET, key_id(endless), 1e12) == endless
    assert MANIFEST.verifier(Use.TICKET, key_id(revoked), 0) is None


@given(at=st.integers(0, len(SERVED) - 1), bit=st.integers(0, 7))
def test_no_changed_bit_is_believed(at: int, bit: int) -> None:
    changed = bytearray(SERVED)
    changed[at] ^= 1 << bit

    try:
        read = open_manifest(bytes(changed), PINNED, 0, 0)
    except CreditProofError:
        return
    assert read == MANIFEST


@given(st.binary(max_size=300) | st.text().map(str.encode))
def test_garbage_is_refused_and_nothing_else_happens(garbage: bytes) -> None:
    with pytest.raises(CreditProofError):
        open_manifest(garbage, PINNED, 0, 0)


@pytest.mark.parametrize(
    "served",
    [
        b"[" * 60_000,
        b" " * (MANIFEST_MOST_BYTES + 1),
        b"null",
        b"{}",
        b'{"signed": 1, "signature": 2}',
        b'{"signed": "", "signature": ""}',
    ],
)
def test_what_has_not_the_form_of_a_manifest_is_refused(served: bytes) -> None:
    with pytest.raises(CreditProofError):
        open_manifest(served, PINNED, 0, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"version": "7"},
        {"version": 0},
        {"version": None},
        {"expires": -1},
        {"keys": {}},
        {"keys": []},
        {"keys": {use.value: {"current": "00", "next": "00"} for use in Use}},
    ],
    ids=str,
)
def test_signed_nonsense_is_refused(change: dict[str, object]) -> None:
    body = json.loads(base64.b64decode(json.loads(SERVED)["signed"])) | change
    raw = json.dumps(body).encode()
    signature = ROOT.sign(b"worldvpn/manifest/v1\0" + raw)
    served = {
        name: base64.b64encode(each).decode()
        for name, each in (("signed", raw), ("signature", signature))
    }

    with pytest.raises(CreditProofError):
        open_manifest(json.dumps(served).encode(), PINNED, 0, 0)


def test_one_key_has_one_use() -> None:
    doubled = (*MANIFEST.keys[:-1], keys(Use.TLS, 0))

    with pytest.raises(ValueError, match="twice"):
        Manifest(version=1, issued_s=0, expires_s=1, keys=doubled)
