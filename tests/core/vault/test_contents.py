"""What lies in a vault comes back as it was, shows nothing of itself, and has its form."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.vault.samples import KEY, NOW, PASSPHRASE, secrets
from worldvpn_core.errors import VaultDamagedError
from worldvpn_core.vault import contents
from worldvpn_core.vault.contents import NextKeys, Secrets
from worldvpn_core.vault.keeping import Backup
from worldvpn_core.vault.opening import KeptKey, Kind, Passphrase

lines = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=200)
keys = st.binary(min_size=32, max_size=32)
any_secrets = st.builds(
    Secrets,
    server=lines,
    user_id=lines,
    username=lines,
    device_id=lines,
    x25519_private=keys,
    ed25519_private=keys,
    refresh_token=lines,
    device_keys_made_utc=st.datetimes(timezones=st.just(UTC)),
    next_keys=st.none() | st.builds(NextKeys, x25519_private=keys, ed25519_private=keys),
    receipts_key=st.none() | keys,
)


def test_secrets_are_in_no_repr() -> None:
    offered = NextKeys(x25519_private=b"x" * 32, ed25519_private=b"x" * 32)
    held = attrs.evolve(secrets("canary-token"), next_keys=offered)
    backup = Backup(raw=b"canary", passphrase=PASSPHRASE)
    shown = f"{held!r} {held} {offered!r} {KEY!r} {PASSPHRASE!r} {backup}"
    for secret in ("canary", "ada", "xxxx", "horse", repr(KEY.key)[2:-1]):
        assert secret not in shown


@given(any_secrets)
def test_any_secrets_come_back_as_they_were(kept: Secrets) -> None:
    assert contents.from_bytes(contents.to_bytes(kept)) == kept


def test_keys_that_are_not_there_are_not_written_so_that_an_older_daemon_reads_the_rest() -> None:
    assert b"next_keys" not in contents.to_bytes(secrets())


@given(st.binary(max_size=200))
def test_arbitrary_contents_are_secrets_or_damage(raw: bytes) -> None:
    with pytest.raises(VaultDamagedError):
        contents.from_bytes(raw)


@pytest.mark.parametrize("text", ["", "two\nlines", "a\rb", "nul\x00", "x" * 4_097])
def test_secret_is_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="refresh_token must be one line"):
        secrets(text)


def test_keys_and_times_of_the_wrong_form_are_refused() -> None:
    with pytest.raises(ValueError, match="x25519_private must have 32 bytes"):
        attrs.evolve(secrets(), x25519_private=b"short")
    later = NOW.astimezone(timezone(timedelta(hours=1)))
    with pytest.raises(ValueError, match="must be in UTC"):
        attrs.evolve(secrets(), device_keys_made_utc=later)
    with pytest.raises(ValueError, match="one line of 8"):
        Passphrase(text="short")
    with pytest.raises(ValueError, match="Length of 'key'"):
        KeptKey(kind=Kind.FILE, key=b"short")
