"""Power is cut while keys are replaced, and answers are lost: the device stays signed in.

The server here knows one pair of keys and checks every signature by it, as the real one does.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import hashlib
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import attrs
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.central.server_side import ROOT_KEY, FakeAgent, linked, signed_in
from tests.core.vault.power import CuttableDisk, PowerCut
from tests.core.vault.samples import KEY, NOW, keeping
from worldvpn_core.central.calls import Call, PublicKeys, ReplaceKeys
from worldvpn_core.central.identity import _STATEMENT, _TAG
from worldvpn_core.central.link import CentralLink, device_keys
from worldvpn_core.central.replies import Reply
from worldvpn_core.central.rotation import LIFE, Rotation
from worldvpn_core.central.statement import Purpose, Statement
from worldvpn_core.errors import CentralOfflineError, CentralRefusedError, WorldVpnError
from worldvpn_core.vault.contents import Secrets
from worldvpn_core.vault.vault import Vault

pytestmark = pytest.mark.anyio

_DUE: Final = NOW + LIFE + timedelta(days=1)


class Fate(enum.Enum):
    """What becomes of the request for new keys."""

    ANSWERED = enum.auto()
    ANSWER_LOST = enum.auto()
    NEVER_ARRIVED = enum.auto()
    REFUSED = enum.auto()


class KeyedServer(FakeAgent):
    """The server behind an honest agent: one pair of keys, which signs for the device."""

    def __init__(self, keys: PublicKeys, fate: Fate = Fate.ANSWERED) -> None:
        super().__init__()
        self.keys = keys
        self.fate = fate
        self.link: CentralLink | None = None

    async def ask_central(self, call: Call) -> Reply:
        if not isinstance(call, ReplaceKeys):
            return await super().ask_central(call)
        assert self.link is not None
        by_old = signed(self.link, Purpose.REPLACE_KEYS, by_new_keys=False)
        by_new = signed(self.link, Purpose.REPLACE_KEYS, by_new_keys=True)
        if self.fate is Fate.NEVER_ARRIVED:
            raise CentralOfflineError("the request did not arrive")
        if self.fate is Fate.REFUSED:
            raise CentralRefusedError("not today")
        if not is_by(call.keys, by_new) or not (call.keys == self.keys or is_by(self.keys, by_old)):
            raise CentralRefusedError("the device's signature does not fit the request")
        self.keys = call.keys
        if self.fate is Fate.ANSWER_LOST:
            raise CentralOfflineError("the answer did not arrive")
        return await super().ask_central(call)

    def refreshes(self, link: CentralLink) -> bool:
        """Say whether the device, as it asks, gets its next token."""
        return any(
            is_by(self.keys, signed(link, Purpose.REFRESH, by_new_keys=newest))
            for newest in (False, True)
        )


def signed(link: CentralLink, purpose: Purpose, *, by_new_keys: bool) -> tuple[Statement, bytes]:
    said = Statement(
        purpose=purpose,
        time_s=int(time.time()),
        nonce=os.urandom(16),
        about=hashlib.sha256(b"any").digest(),
        by_new_keys=by_new_keys,
    )
    return said, link.sign(said)


def is_by(keys: PublicKeys, statement: tuple[Statement, bytes]) -> bool:
    said, signature = statement
    text = _TAG + _STATEMENT.pack(ROOT_KEY, said.purpose, said.time_s, said.nonce, said.about)
    try:
        Ed25519PublicKey.from_public_bytes(keys.ed25519).verify(signature, text)
    except InvalidSignature:
        return False
    return True


@attrs.frozen
class Life:
    """One run of the daemon, on a disk that may fail."""

    disk: CuttableDisk
    server: KeyedServer
    link: CentralLink
    vault: Vault

    @classmethod
    async def begun(cls, disk: CuttableDisk, server: KeyedServer, folder: Path) -> Life:
        vault = Vault(keeping(disk))
        await vault.unlock(KEY)
        server.link = linked(server, vault, folder)
        return cls(disk, server, server.link, vault)

    @property
    def kept(self) -> Secrets:
        assert self.vault.secrets is not None
        return self.vault.secrets

    @property
    def public(self) -> PublicKeys:
        keys = device_keys(self.kept)
        return PublicKeys(x25519=keys.x25519_public, ed25519=keys.ed25519_public)

    async def rotates(self) -> bool:
        return await Rotation(self.link, now_utc=lambda: _DUE).rotate()


def first_files() -> dict[str, bytes]:
    """Return the disk of a device whose keys are due."""
    disk = CuttableDisk()
    kept = keeping(disk)
    kept.stored(kept.created(KEY, None), signed_in(NOW))
    return disk.files


async def lives_until_cut(folder: Path, fate: Fate, step: int) -> tuple[Life, BaseException | None]:
    """Let keys be replaced until the disk fails before its ``step``-th step, if it gets there."""
    disk = CuttableDisk(first_files())
    server = KeyedServer(PublicKeys(x25519=bytes(32), ed25519=bytes(32)), fate)
    life = await Life.begun(disk, server, folder)
    server.keys = life.public
    disk.fails_at = disk.steps + step
    try:
        await life.rotates()
    except (PowerCut, WorldVpnError) as error:
        return life, error
    return life, None


def disks(disk: CuttableDisk) -> Iterator[CuttableDisk]:
    """Yield every disk that the next run may find, each one once."""
    found = {tuple(sorted(left.files.items())): left for left in disk.cut()}
    yield from found.values()


@pytest.mark.parametrize("fate", Fate)
async def test_device_is_signed_in_whenever_the_power_is_cut_and_gets_its_new_keys_later(
    tmp_path: Path, fate: Fate
) -> None:
    cuts, step = 0, 0
    while True:
        life, error = await lives_until_cut(tmp_path, fate, step)
        for disk in disks(life.disk):
            server = KeyedServer(life.server.keys)
            again = await Life.begun(disk, server, tmp_path)
            assert server.refreshes(again.link), (step, fate)
            was_replaced = await again.rotates()
            assert was_replaced or again.kept.device_keys_made_utc == _DUE
            assert again.public == server.keys
            assert again.kept.next_keys is None
            cuts += 1
        if not isinstance(error, PowerCut):
            break
        step += 1

    assert cuts > step > 10


async def test_control_keys_that_are_kept_after_the_answer_alone_are_caught_by_these_cuts(
    tmp_path: Path,
) -> None:
    life, _ = await lives_until_cut(tmp_path, Fate.ANSWER_LOST, 1_000)
    await life.vault.store(attrs.evolve(life.kept, next_keys=None))

    assert not life.server.refreshes(life.link)


async def test_new_keys_are_on_disk_before_they_are_offered(tmp_path: Path) -> None:
    life, _ = await lives_until_cut(tmp_path, Fate.NEVER_ARRIVED, 1_000)
    offered = life.kept.next_keys
    assert offered is not None
    for disk in disks(life.disk):
        again = await Life.begun(disk, KeyedServer(life.server.keys), tmp_path)
        assert again.kept.next_keys == offered
        assert again.public == life.server.keys


async def lived(folder: Path, plan: list[tuple[Fate, int, int]]) -> None:
    disk, server = (
        CuttableDisk(first_files()),
        KeyedServer(PublicKeys(x25519=bytes(32), ed25519=bytes(32))),
    )
    life = await Life.begun(disk, server, folder)
    server.keys = life.public
    for fate, step, choice in plan:
        server.fate, life.disk.fails_at = fate, life.disk.steps + step
        with contextlib.suppress(PowerCut, WorldVpnError):
            await life.rotates()
        found = list(disks(life.disk))
        life = await Life.begun(found[choice % len(found)], server, folder)
        assert server.refreshes(life.link)
    server.fate = Fate.ANSWERED
    await life.rotates()
    assert life.public == server.keys


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(Fate), st.integers(0, 60), st.integers(0, 1_000)), max_size=6
    )
)
def test_device_is_signed_in_after_any_number_of_cuts_and_lost_answers(
    tmp_path_factory: pytest.TempPathFactory, plan: list[tuple[Fate, int, int]]
) -> None:
    asyncio.run(lived(tmp_path_factory.mktemp("device"), plan))
