"""A key file opens a vault only where it is root's alone."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from worldvpn_core.config import read_config
from worldvpn_core.errors import VaultError, VaultKeyError
from worldvpn_core.vault import key_file
from worldvpn_core.vault.opening import Kind

RAW = bytes(range(32))
TEXT = base64.b64encode(RAW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "vault.key"
    file.write_bytes(TEXT + b"\n")
    file.chmod(0o600)
    return file


@pytest.mark.parametrize("mode", [0o600, 0o400])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_key_of_root_alone_is_read(path: Path, mode: int, end: bytes) -> None:
    path.write_bytes(TEXT + end)
    path.chmod(mode)
    kept = key_file.read(path)
    assert (kept.kind, kept.key) == (Kind.FILE, RAW)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o602, 0o700, 0o644, 0o777])
def test_file_open_to_others_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(VaultKeyError, match=f"open to others \\({mode:04o}\\): chmod 600"):
        key_file.read(path)


def test_file_of_another_user_is_refused(path: Path) -> None:
    os.chown(path, 65_534, -1)
    with pytest.raises(VaultKeyError, match="belongs to uid 65534: chown root"):
        key_file.read(path)


def test_link_pipe_and_folder_are_refused(path: Path, tmp_path: Path) -> None:
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(path)
    os.mkfifo(pipe, 0o600)
    for other in (link, pipe, tmp_path):
        with pytest.raises(VaultKeyError):
            key_file.read(other)
    with pytest.raises(VaultKeyError, match="no regular file"):
        key_file.read(pipe)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(VaultKeyError, match=r"none\.key cannot be read: No such file"):
        key_file.read(tmp_path / "none.key")


@pytest.mark.parametrize(
    "content",
    [b"", TEXT[:-1], RAW, TEXT * 2, TEXT + b"\n\n", b"!" + TEXT, base64.b64encode(RAW[1:])],
)
def test_what_is_no_key_is_refused_and_not_repeated(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(VaultKeyError, match="must hold one line: 32 bytes in base64") as refused:
        key_file.read(path)
    assert TEXT.decode()[:8] not in str(refused.value)


def test_made_key_is_for_root_alone_and_never_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "etc" / "vault.key"
    old = os.umask(0)
    try:
        key_file.make(path)
    finally:
        os.umask(old)
    first = key_file.read(path)
    key_file.make(path)

    assert key_file.read(path) == first
    assert path.stat().st_mode & 0o777 == 0o600


def test_place_where_no_key_can_be_made_is_named(path: Path) -> None:
    with pytest.raises(VaultError, match="cannot be made"):
        key_file.make(path / "below a file")


def test_credential_of_systemd_comes_before_the_file(path: Path, tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    environment = {"CREDENTIALS_DIRECTORY": str(credentials)}

    without = key_file.where(path, environment)
    (credentials / "worldvpn-vault-key").write_bytes(TEXT)

    assert (without, key_file.where(path, {})) == (path, path)
    assert key_file.where(path, environment) == credentials / "worldvpn-vault-key"


def test_place_of_the_key_file_is_the_one_that_daemon_toml_says(tmp_path: Path) -> None:
    config = tmp_path / "daemon.toml"
    config.write_text('vault_key_file = "/run/keys/vault"\n')
    assert read_config(config).vault_key_file == Path("/run/keys/vault")
    assert read_config(tmp_path / "none").vault_key_file == Path("/etc/worldvpn/vault.key")
