"""Who may have the vault opened by what, who becomes the owner by it, and what is answered."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.core.vault.samples import keeping, secrets
from worldvpn_core.errors import (
    BusyError,
    ConfigError,
    DeniedError,
    VaultDamagedError,
    VaultKeyError,
    VaultLockedError,
    WorldVpnError,
)
from worldvpn_core.ipc.rights import Caller
from worldvpn_core.ipc.vault import (
    VaultBackup,
    VaultChange,
    VaultCreate,
    VaultExport,
    VaultLock,
    VaultOpening,
    VaultRequest,
    VaultStatus,
    VaultUnlock,
    VaultWipe,
)
from worldvpn_core.vault.desk import VaultDesk
from worldvpn_core.vault.folder import DiskFolder
from worldvpn_core.vault.vault import Vault

pytestmark = pytest.mark.anyio

ROOT, OWNER, GUEST = 0, 1_000, 1_001
WORDS, OTHER_WORDS = "canary-passphrase", "canary-of-another"
KEY, KEY_ID = "c0ffee" + "0" * 58, "ab" * 16
BY_WORDS = VaultOpening(kind="passphrase", secret=WORDS)
BY_OTHER_WORDS = VaultOpening(kind="passphrase", secret=OTHER_WORDS)
BY_KEYRING = VaultOpening(kind="keyring", secret=KEY, key_id=KEY_ID)
BY_FILE = VaultOpening(kind="file")


@attrs.define
class Host:
    """A desk, its vault, and the owner it knows."""

    directory: Path
    owner_uid: int | None = None
    told: list[str] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.vault = Vault(keeping(DiskFolder(self.directory)))
        self.desk = VaultDesk(
            self.vault,
            key_file=self.directory / "etc" / "vault.key",
            owner_uid=lambda: self.owner_uid,
            claim=self.claim,
        )

    vault: Vault = attrs.field(init=False)
    desk: VaultDesk = attrs.field(init=False)

    def claim(self, uid: int) -> None:
        if self.owner_uid is None and uid != 0:
            self.owner_uid = uid

    async def ask(self, uid: int, request: VaultRequest) -> Mapping[str, Any]:
        try:
            answer = await self.desk.answer(Caller(pid=1, uid=uid, gid=uid), request)
        except WorldVpnError as error:
            self.told.append(str(error))
            raise
        self.told.append(json.dumps(answer))
        return answer


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


async def test_status_tells_what_there_is(host: Host) -> None:
    nothing = await host.ask(GUEST, VaultStatus())
    await host.ask(OWNER, VaultCreate(opening=BY_KEYRING))
    empty = await host.ask(GUEST, VaultStatus())
    await host.vault.store(secrets())
    full = await host.ask(GUEST, VaultStatus())
    await host.ask(OWNER, VaultLock())
    locked = await host.ask(GUEST, VaultStatus())

    assert (nothing["exists"], nothing["open"], nothing["signed_in"]) == (False, False, None)
    assert (empty["opened_by"], empty["key_id"]) == ("keyring", KEY_ID)
    assert [one["signed_in"] for one in (empty, full, locked)] == [False, True, None]
    assert [one["open"] for one in (empty, full, locked)] == [True, True, False]


@pytest.mark.parametrize("opening", [BY_WORDS, BY_KEYRING], ids=["passphrase", "keyring"])
async def test_who_brings_what_opens_it_becomes_the_owner(
    host: Host, opening: VaultOpening
) -> None:
    await host.ask(ROOT, VaultCreate(opening=opening))
    after_root = host.owner_uid
    await host.ask(ROOT, VaultLock())
    await host.ask(OWNER, VaultUnlock(opening=opening))
    after_owner = host.owner_uid
    await host.ask(ROOT, VaultLock())
    await host.ask(ROOT, VaultUnlock(opening=opening))

    assert (after_root, after_owner, host.owner_uid) == (None, OWNER, OWNER)


async def test_who_brings_a_wrong_passphrase_owns_nothing(host: Host) -> None:
    await host.ask(ROOT, VaultCreate(opening=BY_WORDS))
    await host.ask(ROOT, VaultLock())
    for opening in (BY_OTHER_WORDS, BY_KEYRING):
        with pytest.raises(VaultKeyError):
            await host.ask(GUEST, VaultUnlock(opening=opening))
    assert host.owner_uid is None


async def test_who_finds_it_open_owns_nothing(host: Host) -> None:
    await host.ask(ROOT, VaultCreate(opening=BY_WORDS))
    for opening in (BY_WORDS, BY_OTHER_WORDS):
        with pytest.raises(BusyError):
            await host.ask(GUEST, VaultUnlock(opening=opening))
    assert host.owner_uid is None


@pytest.mark.parametrize(
    ("uid", "owner_uid", "may_make", "may_open"),
    [
        (ROOT, None, True, True),
        (ROOT, OWNER, True, True),
        (OWNER, OWNER, False, True),
        (GUEST, OWNER, False, False),
        (GUEST, None, False, False),
    ],
)
async def test_cell_of_the_key_file(
    host: Host, uid: int, owner_uid: int | None, *, may_make: bool, may_open: bool
) -> None:
    host.owner_uid = owner_uid
    made = await _may(host, uid, VaultCreate(opening=BY_FILE))
    if not made:
        await host.ask(ROOT, VaultCreate(opening=BY_FILE))
    changed = await _may(host, uid, VaultChange(opening=BY_FILE))
    await host.ask(ROOT, VaultLock())
    opened = await _may(host, uid, VaultUnlock(opening=BY_FILE))

    assert (made, changed, opened) == (may_make, may_make, may_open)
    assert host.owner_uid == owner_uid


async def _may(host: Host, uid: int, request: VaultRequest) -> bool:
    try:
        await host.ask(uid, request)
    except DeniedError:
        return False
    return True


async def test_vault_of_a_key_file_opens_by_itself_and_no_other_does(host: Host) -> None:
    await host.desk.open_by_key_file()
    await host.ask(ROOT, VaultCreate(opening=BY_FILE))
    await host.desk.open_by_key_file()
    again = Host(host.directory)
    await again.desk.open_by_key_file()
    await again.ask(ROOT, VaultChange(opening=BY_WORDS))
    third = Host(host.directory)
    await third.desk.open_by_key_file()

    assert (again.vault.is_open, third.vault.is_open) == (True, False)


async def test_key_file_that_is_another_says_that_it_does_not_open_it(host: Host) -> None:
    await host.ask(ROOT, VaultCreate(opening=BY_FILE))
    (host.directory / "etc" / "vault.key").write_bytes(base64.b64encode(bytes(32)))
    with pytest.raises(VaultKeyError, match="the file does not open this vault"):
        await Host(host.directory).desk.open_by_key_file()


async def test_systemd_credential_opens_it(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential = tmp_path / "worldvpn-vault-key"
    credential.write_bytes(base64.b64encode(bytes(range(32))))
    credential.chmod(0o400)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    await host.ask(ROOT, VaultCreate(opening=BY_FILE))
    again = Host(host.directory)

    await again.desk.open_by_key_file()

    assert again.vault.is_open
    assert not (host.directory / "etc").exists()


async def test_lock_made_for_a_keyring_needs_the_name_of_its_key(host: Host) -> None:
    nameless = VaultOpening(kind="keyring", secret=KEY)
    with pytest.raises(ConfigError, match="needs its key_id"):
        await host.ask(OWNER, VaultCreate(opening=nameless))
    await host.ask(OWNER, VaultCreate(opening=BY_KEYRING))
    await host.ask(OWNER, VaultLock())
    assert (await host.ask(OWNER, VaultUnlock(opening=nameless)))["open"]


async def test_export_is_sealed_and_a_vault_can_be_made_from_it(host: Host) -> None:
    await host.ask(OWNER, VaultCreate(opening=BY_KEYRING))
    await host.vault.store(secrets())
    told = await host.ask(OWNER, VaultExport(new_passphrase=OTHER_WORDS))
    await host.ask(OWNER, VaultWipe(confirm=True))
    backup = VaultBackup(sealed=told["sealed"], passphrase=OTHER_WORDS)
    await host.ask(OWNER, VaultCreate(opening=BY_WORDS, backup=backup))

    assert told.keys() == {"sealed"}
    assert host.vault.secrets == secrets()
    for secret in (b"token-1", b"ada", b"x" * 32, b"e" * 32):
        assert secret not in base64.b64decode(told["sealed"])


async def test_backup_that_is_none_is_refused(host: Host) -> None:
    for sealed in ("QUJD", "QUJ"):
        backup = VaultBackup(sealed=sealed, passphrase=WORDS)
        with pytest.raises(VaultDamagedError):
            await host.ask(OWNER, VaultCreate(opening=BY_WORDS, backup=backup))


async def test_wipe_is_confirmed_and_leaves_nothing(host: Host) -> None:
    await host.ask(OWNER, VaultCreate(opening=BY_WORDS))
    with pytest.raises(ConfigError, match="confirm it"):
        await host.ask(OWNER, VaultWipe(confirm=False))
    assert host.vault.is_open
    answer = await host.ask(OWNER, VaultWipe(confirm=True))
    assert (answer["exists"], answer["open"]) == (False, False)
    with pytest.raises(VaultLockedError):
        await host.ask(OWNER, VaultExport(new_passphrase=OTHER_WORDS))


async def test_damaged_vault_can_be_wiped_and_made_anew(host: Host) -> None:
    await host.ask(OWNER, VaultCreate(opening=BY_WORDS))
    await host.ask(OWNER, VaultLock())
    (host.directory / "vault").write_bytes(b"x")
    assert (await host.ask(OWNER, VaultStatus()))["damaged"]
    with pytest.raises(VaultDamagedError):
        await host.ask(OWNER, VaultUnlock(opening=BY_WORDS))
    await host.ask(OWNER, VaultWipe(confirm=True))
    assert (await host.ask(OWNER, VaultCreate(opening=BY_WORDS)))["open"]


async def test_nothing_that_opens_it_is_ever_answered(host: Host) -> None:
    await host.ask(OWNER, VaultCreate(opening=BY_WORDS))
    await host.vault.store(secrets())
    for request in (
        VaultUnlock(opening=BY_WORDS),
        VaultChange(opening=BY_KEYRING, passphrase=OTHER_WORDS),
        VaultChange(opening=BY_KEYRING),
        VaultExport(new_passphrase=OTHER_WORDS, passphrase=OTHER_WORDS),
    ):
        with pytest.raises(WorldVpnError):
            await host.ask(OWNER, request)
    await host.ask(OWNER, VaultStatus())
    await host.ask(OWNER, VaultLock())

    for secret in (WORDS, OTHER_WORDS, KEY, "token-1", "ada"):
        assert secret not in "\n".join(host.told)
