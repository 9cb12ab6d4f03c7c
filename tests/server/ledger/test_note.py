"""Checkpoints: notes of one form, believed only under a believed key and their own origin."""

from __future__ import annotations

import base64
import contextlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_server.ledger.note import NoteError, TreeHead, key_hash, opened, signed

ORIGIN = "worldvpn-ledger/0011223344556677"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
HEAD = TreeHead(origin=ORIGIN, size=7, root=bytes(32), time_s=1_800_000_000)
NOTE = signed(HEAD, KEY)


def believed(origin: str, hash_: bytes) -> bytes | None:
    return PUBLIC if hash_ == key_hash(origin, PUBLIC) else None


def test_note_has_the_form_that_witnesses_read() -> None:
    body, signature = NOTE.split("\n\n")

    assert body.split("\n") == [
        ORIGIN,
        "7",
        base64.b64encode(bytes(32)).decode(),
        "time 1800000000",
    ]
    assert signature.startswith(f"\u2014 {ORIGIN} ")
    assert opened(NOTE, believed) == HEAD


def test_note_of_a_stranger_is_refused() -> None:
    with pytest.raises(NoteError, match="no believed key"):
        opened(signed(HEAD, Ed25519PrivateKey.generate()), believed)


def test_signature_of_a_key_not_known_beside_ours_is_passed_over() -> None:
    other = signed(HEAD, Ed25519PrivateKey.generate()).split("\n\n")[1]
    body, ours = NOTE.split("\n\n")

    assert opened(f"{body}\n\n{other}{ours}", believed) == HEAD


@given(st.integers(0, len(NOTE) - 1), st.characters())
def test_no_note_with_another_character_says_the_same_of_another_tree(at: int, new: str) -> None:
    changed = NOTE[:at] + new + NOTE[at + 1 :]

    with contextlib.suppress(NoteError):
        assert opened(changed, believed) == HEAD


@given(st.text())
def test_whatever_text_is_a_note_or_a_refusal(text: str) -> None:
    with contextlib.suppress(NoteError):
        opened(text, believed)
