"""A file is read in one form only and rests on one root; what is none breaks nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.app.evidence.exports import ROOT, export, public, session
from worldvpn_app.evidence import file
from worldvpn_app.evidence.file import Session, written
from worldvpn_app.evidence.judge import judged


def test_file_under_another_root_than_the_known_one_proves_nothing() -> None:
    raw = written(export(session(), root="thief"))
    assert judged(raw).is_sound
    assert judged(raw, ROOT).error == "the file rests on another root key than the one you named"
    assert judged(written(export(session())), ROOT).is_sound


def test_root_that_has_not_signed_the_manifest_proves_nothing() -> None:
    judgement = judged(written(export(session())._replace(root=public("thief"))))
    assert judgement.error == "the key manifest is not signed by the root key of the file"


@given(st.binary(max_size=200))
def test_any_bytes_are_a_judgement(raw: bytes) -> None:
    assert not judged(raw).is_sound


_TEXTS = st.text(alphabet="AQgw+/=", max_size=12) | st.none() | st.integers() | st.binary().map(str)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(
    st.lists(
        _JSON
        | st.dictionaries(
            st.sampled_from(
                [
                    "worldvpn",
                    "format",
                    "root",
                    "manifest",
                    "tickets",
                    "node",
                    "guest",
                    "sessions",
                    "sha256",
                ]
            ),
            _JSON | _TEXTS,
        ),
        max_size=6,
    )
)
def test_any_json_lines_are_a_judgement(values: list[object]) -> None:
    raw = "".join(json.dumps(each) + "\n" for each in values).encode()
    assert not judged(raw).is_sound


@given(st.lists(st.binary(max_size=400), max_size=3), st.lists(st.binary(max_size=200), max_size=3))
def test_any_bytes_in_the_place_of_tickets_and_receipts_are_a_judgement(
    strange: list[bytes], receipts: list[bytes]
) -> None:
    one = Session(tuple(strange), tuple(receipts), tuple(receipts))
    assert not judged(written(export(one))).is_sound


def test_file_larger_than_any_export_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "MOST_BYTES", 99)
    assert judged(written(export(session()))).error == "the file has more than 99 bytes"
