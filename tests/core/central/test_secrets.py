"""Device keys and the sign-in on disk: root's alone, whole, and never lost in silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.secrets import (
    MOST_TOKEN_CHARACTERS,
    SecretFile,
    Secrets,
    SecretStore,
    SignIn,
)
from worldvpn_core.errors import ConfigError

ROOT: Final = b"r" * 32
SIGNED_IN: Final = SignIn(username="ada", refresh_token="a-token")  # noqa: S106 - a test's own


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "central" / "device.json"


def test_new_device_has_keys_that_stay(path: Path) -> None:
    store: SecretStore = SecretFile(path, ROOT)

    first = store.secrets

    assert first is not None
    assert first.sign_in is None
    assert SecretFile(path, ROOT).secrets == first


def test_what_is_stored_is_read_again(path: Path) -> None:
    kept = Secrets(keys=DeviceKeys.fresh(), sign_in=SIGNED_IN)
    store = SecretFile(path, ROOT)

    store.store(kept)

    assert store.secrets == SecretFile(path, ROOT).secrets == kept


def test_file_is_readable_by_root_alone(path: Path) -> None:
    SecretFile(path, ROOT).store(Secrets(keys=DeviceKeys.fresh(), sign_in=SIGNED_IN))

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_token_that_cannot_be_stored_is_not_taken_for_stored(path: Path) -> None:
    store = SecretFile(path, ROOT)
    before = store.secrets
    path.with_name(path.name + ".new").mkdir()

    with pytest.raises(ConfigError, match="could not be saved"):
        store.store(attrs.evolve(before, sign_in=SIGNED_IN))

    assert store.secrets == SecretFile(path, ROOT).secrets == before


def test_keys_are_never_used_with_another_server(path: Path) -> None:
    first = SecretFile(path, ROOT).secrets
    other = SecretFile(path, b"s" * 32)

    assert other.secrets.keys != first.keys
    assert other.notice is not None
    assert "sign in again" in other.notice
    path.with_name(path.name + ".old").replace(path)
    assert SecretFile(path, ROOT).secrets == first


BROKEN: Final = {
    "nothing": "",
    "no_object": "[]",
    "no_version": "{}",
    "half_a_file": '{"version": 1, "root_key": "',
    "no_text": "\x00",
    "endless_nesting": "[" * 100_000,
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_broken_file_is_set_aside_and_told(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    store = SecretFile(path, ROOT)

    assert store.secrets.sign_in is None
    assert store.notice is not None
    assert path.with_name(path.name + ".old").read_text() == text


@pytest.mark.parametrize("name", ["x25519", "ed25519", "root_key", "sign_in"])
def test_file_with_a_senseless_field_is_set_aside(path: Path, name: str) -> None:
    SecretFile(path, ROOT).store(Secrets(keys=DeviceKeys.fresh(), sign_in=SIGNED_IN))
    path.write_text(json.dumps({**json.loads(path.read_text()), name: "x"}))
    store = SecretFile(path, ROOT)

    assert store.secrets.sign_in is None
    assert store.notice is not None


@given(st.text(max_size=2 * MOST_TOKEN_CHARACTERS))
def test_token_is_kept_as_it_is_or_refused(token: str) -> None:
    fits = token.isascii() and token.isprintable() and 0 < len(token) <= MOST_TOKEN_CHARACTERS

    if fits:
        assert SignIn(username="ada", refresh_token=token).refresh_token == token
    else:
        with pytest.raises(ValueError, match="1 to 512 printable ASCII"):
            SignIn(username="ada", refresh_token=token)


def test_no_secret_is_in_any_text() -> None:
    shown = repr(Secrets(keys=DeviceKeys.fresh(), sign_in=SIGNED_IN))

    assert shown == ("Secrets(keys=DeviceKeys(), sign_in=SignIn(username='ada'))")
