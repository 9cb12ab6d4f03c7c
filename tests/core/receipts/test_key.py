"""The key of receipts is drawn once for an account, and outlives the device's keys."""

from __future__ import annotations

import asyncio
from pathlib import Path

import attrs
import pytest

from tests.core.central.server_side import FakeAgent, linked, open_vault, signed_in
from worldvpn_core.errors import SignedOutError
from worldvpn_core.receipts.key import receipts_key

pytestmark = pytest.mark.anyio


async def test_key_is_drawn_once_however_many_ask(tmp_path: Path) -> None:
    vault = await open_vault(tmp_path, signed_in())
    link = linked(FakeAgent(), vault, tmp_path)
    one, other = await asyncio.gather(receipts_key(link), receipts_key(link))
    assert one == other == await receipts_key(link)
    assert vault.secrets is not None
    assert vault.secrets.receipts_key == one


async def test_key_outlives_the_keys_of_the_device(tmp_path: Path) -> None:
    vault = await open_vault(tmp_path, signed_in())
    link = linked(FakeAgent(), vault, tmp_path)
    key = await receipts_key(link)
    await link.alter(
        signed_in().device_id, lambda latest: attrs.evolve(latest, ed25519_private=b"n" * 32)
    )
    assert await receipts_key(link) == key


async def test_nobody_signed_in_has_no_key(tmp_path: Path) -> None:
    vault = await open_vault(tmp_path, None)
    with pytest.raises(SignedOutError):
        await receipts_key(linked(FakeAgent(), vault, tmp_path))
