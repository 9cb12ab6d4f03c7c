"""A vault is locked or open, keeps what it was given, and says so only once it is on disk."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from tests.core.vault.samples import (
    CHEAP,
    FILE_KEY,
    KEY,
    OTHER_KEY,
    OTHER_PASSPHRASE,
    PASSPHRASE,
    files_in,
    secrets,
    vault_in,
)
from worldvpn_core.errors import (
    BusyError,
    VaultDamagedError,
    VaultError,
    VaultKeyError,
    VaultLockedError,
)
from worldvpn_core.vault.folder import DiskFolder
from worldvpn_core.vault.keeping import Backup, Held, Keeping
from worldvpn_core.vault.opening import Kind, Opening
from worldvpn_core.vault.vault import Vault

pytestmark = pytest.mark.anyio

OPENINGS = [KEY, PASSPHRASE, FILE_KEY]


@pytest.mark.parametrize("opening", OPENINGS, ids=lambda one: type(one).__name__)
async def test_what_was_stored_is_there_after_a_restart(tmp_path: Path, opening: Opening) -> None:
    first = vault_in(tmp_path)
    await first.create(opening)
    await first.store(secrets())
    again = vault_in(tmp_path)

    assert (again.is_open, again.secrets) == (False, None)
    await again.unlock(opening)

    assert again.secrets == secrets()


async def test_status_says_what_opens_it_and_no_more(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    before = await vault.standing()
    await vault.create(KEY)
    after = await vault.standing()

    assert not before.exists
    assert (after.exists, after.opened_by, after.key_id) == (True, Kind.KEYRING, KEY.key_id.hex())


async def test_file_is_for_its_owner_alone_and_the_only_one(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    old = os.umask(0)
    try:
        await vault.create(PASSPHRASE)
    finally:
        os.umask(old)

    assert files_in(tmp_path) == ["vault"]
    assert (tmp_path / "vault").stat().st_mode & 0o777 == 0o600


async def test_generation_before_stays_until_the_present_one_was_opened(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    await vault.create(KEY)
    await vault.store(secrets())
    assert (tmp_path / "vault.previous").exists()

    await vault_in(tmp_path).unlock(KEY)

    assert files_in(tmp_path) == ["vault"]


async def test_damaged_file_gives_what_was_before_it(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    await vault.create(KEY)
    await vault.store(secrets("token-1"))
    await vault.store(secrets("token-2"))
    (tmp_path / "vault").write_bytes(b"")
    again = vault_in(tmp_path)

    await again.unlock(KEY)
    assert (again.secrets, again.is_former) == (secrets("token-1"), True)
    await again.store(secrets("token-3"))
    assert not again.is_former
    await again.lock()
    await again.unlock(KEY)

    assert again.secrets == secrets("token-3")


async def test_every_write_has_a_nonce_of_its_own(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    await vault.create(KEY)
    seen = set()
    for _ in range(8):
        await vault.store(secrets())
        seen.add((tmp_path / "vault").read_bytes()[43:55])
    assert len(seen) == 8


@pytest.mark.parametrize("new", [PASSPHRASE, OTHER_KEY, FILE_KEY], ids=["phrase", "key", "file"])
async def test_after_a_change_only_the_new_opens(tmp_path: Path, new: Opening) -> None:
    vault = vault_in(tmp_path)
    await vault.create(OTHER_PASSPHRASE)
    await vault.store(secrets())

    await vault.change(new, proof=OTHER_PASSPHRASE)
    left = files_in(tmp_path)
    again = vault_in(tmp_path)
    with pytest.raises(VaultKeyError):
        await again.unlock(OTHER_PASSPHRASE)
    await again.unlock(new)

    assert left == ["vault"]
    assert again.secrets == secrets()


async def test_change_and_export_ask_for_the_present_passphrase(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    await vault.create(PASSPHRASE)
    for proof in (None, OTHER_PASSPHRASE):
        with pytest.raises(VaultKeyError):
            await vault.change(OTHER_PASSPHRASE, proof=proof)
        with pytest.raises(VaultKeyError):
            await vault.export(OTHER_PASSPHRASE, proof=proof)
    again = vault_in(tmp_path)
    await again.unlock(PASSPHRASE)


async def test_export_is_a_vault_of_its_own_under_the_new_passphrase(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    await vault.create(KEY)
    await vault.store(secrets())
    raw = await vault.export(OTHER_PASSPHRASE)
    await vault.wipe()

    await vault.create(PASSPHRASE, Backup(raw=raw, passphrase=OTHER_PASSPHRASE))

    assert vault.secrets == secrets()
    assert secrets().refresh_token.encode() not in raw


async def test_backup_that_cannot_be_opened_makes_no_vault(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    await vault.create(KEY)
    raw = await vault.export(PASSPHRASE)
    own = (tmp_path / "vault").read_bytes()
    await vault.wipe()

    for bad, error in ((raw, VaultKeyError), (raw[:-1], VaultDamagedError), (own, VaultKeyError)):
        with pytest.raises(error):
            await vault.create(KEY, Backup(raw=bad, passphrase=OTHER_PASSPHRASE))

    assert not (await vault.standing()).exists


async def test_after_a_wipe_nothing_is_left_to_open(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    await vault.create(PASSPHRASE)
    await vault.store(secrets())
    with pytest.raises(VaultKeyError):
        await vault.export(PASSPHRASE, proof=OTHER_PASSPHRASE)

    await vault.wipe()

    assert (vault.is_open, vault.secrets) == (False, None)
    assert files_in(tmp_path) == []
    with pytest.raises(BusyError, match="no vault"):
        await vault_in(tmp_path).unlock(PASSPHRASE)


async def test_locked_vault_gives_and_takes_nothing(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    await vault.create(KEY)
    await vault.store(secrets())
    await vault.lock()

    assert vault.secrets is None
    for refused in (vault.store(secrets()), vault.change(OTHER_KEY), vault.export(PASSPHRASE)):
        with pytest.raises(VaultLockedError):
            await refused


async def test_vault_is_neither_made_nor_opened_twice(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    await vault.create(KEY)
    with pytest.raises(BusyError, match="wipe it"):
        await vault.create(OTHER_KEY)
    with pytest.raises(BusyError, match="open already"):
        await vault.unlock(KEY)
    (tmp_path / "vault").write_bytes(b"damaged")
    with pytest.raises(BusyError, match="wipe it"):
        await vault.create(OTHER_KEY)


@pytest.mark.parametrize("wrong", [OTHER_KEY, PASSPHRASE, FILE_KEY], ids=["key", "phrase", "file"])
async def test_what_is_not_the_key_opens_nothing(tmp_path: Path, wrong: Opening) -> None:
    await vault_in(tmp_path).create(KEY)
    vault = vault_in(tmp_path)
    with pytest.raises(VaultKeyError):
        await vault.unlock(wrong)
    assert not vault.is_open


async def test_disk_that_refuses_leaves_what_was_kept(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    await vault.create(KEY)
    await vault.store(secrets())
    (tmp_path / "vault.new").mkdir()

    with pytest.raises(VaultError, match="could not be written"):
        await vault.store(secrets("token-2"))

    assert vault.secrets == secrets()
    (tmp_path / "vault.new").rmdir()
    again = vault_in(tmp_path)
    await again.unlock(KEY)
    assert again.secrets == secrets()


async def test_calls_at_once_take_turns(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    await vault.create(KEY)
    await asyncio.gather(*(vault.store(secrets(f"token-{n}")) for n in range(16)))
    again = vault_in(tmp_path)
    await again.unlock(KEY)
    assert again.secrets == vault.secrets == secrets("token-15")


class GatedKeeping(Keeping):
    """Opens only once somebody in the loop lets it."""

    gate, began = threading.Event(), threading.Event()

    def opened(self, opening: Opening) -> Held:
        self.began.set()
        assert self.gate.wait(20)
        return super().opened(opening)


async def test_loop_runs_on_while_a_key_is_derived(tmp_path: Path) -> None:
    await vault_in(tmp_path).create(PASSPHRASE)
    gated = GatedKeeping(DiskFolder(tmp_path), cost=CHEAP)
    vault = Vault(gated)

    opening = asyncio.create_task(vault.unlock(PASSPHRASE))
    while not gated.began.is_set():  # noqa: ASYNC110 - a thread sets it
        await asyncio.sleep(0.001)
    gated.gate.set()
    await opening

    assert vault.is_open


async def test_cancelled_call_is_over_when_the_next_begins(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    await vault.create(KEY)
    for number in range(20):
        task = asyncio.create_task(vault.store(secrets(f"cancelled-{number}")))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        await vault.store(secrets(f"kept-{number}"))
    again = vault_in(tmp_path)
    await again.unlock(KEY)
    assert again.secrets == secrets("kept-19")


async def test_change_is_told(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    told: list[bool] = []
    vault.on_change = lambda: told.append(vault.secrets is not None)
    await vault.create(KEY)
    await vault.store(secrets())
    await vault.lock()
    await vault.unlock(KEY)
    await vault.wipe()
    assert told == [False, True, False, True, False]
