"""The daemon signs and keeps for its server only what belongs to whoever is signed in."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest

from tests.core.central.server_side import (
    ROOT_KEY,
    SERVER,
    FakeAgent,
    linked,
    open_vault,
    signed_in,
)
from tests.core.vault.samples import KEY
from worldvpn_core.central import link
from worldvpn_core.central.calls import Look, SignedInAs, Subject
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.link import CentralLink, device_keys
from worldvpn_core.central.news import GuestsListed, News
from worldvpn_core.central.replies import Done, Text
from worldvpn_core.central.shelf import Shelf
from worldvpn_core.central.statement import Purpose, Statement
from worldvpn_core.errors import (
    AgentError,
    CentralOfflineError,
    ContractError,
    DeniedError,
    SignedOutError,
)
from worldvpn_core.vault.contents import NextKeys, Secrets
from worldvpn_core.vault.vault import Vault

pytestmark = pytest.mark.anyio


@attrs.frozen
class Daemon:
    agent: FakeAgent
    vault: Vault
    link: CentralLink
    shelf: Shelf
    heard: list[News]


async def daemon(folder: Path, secrets: Secrets | None = None) -> Daemon:
    agent, heard = FakeAgent(), list[News]()
    vault = await open_vault(folder, secrets)
    link = linked(agent, vault, folder, heard.append)
    return Daemon(agent, vault, link, Shelf(folder / "central"), heard)


@asynccontextmanager
async def following(made: Daemon) -> AsyncIterator[None]:
    """Let the server be followed for as long as the context lasts."""
    running = asyncio.create_task(made.link.run())
    await made.agent.served_times(1)
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def statement(purpose: Purpose, *, by_new_keys: bool = False) -> Statement:
    return Statement(
        purpose=purpose,
        time_s=int(time.time()),
        nonce=os.urandom(16),
        about=bytes(32),
        by_new_keys=by_new_keys,
    )


async def test_sign_in_is_signed_with_drawn_keys_alone(tmp_path: Path) -> None:
    made = await daemon(tmp_path, signed_in())
    said = statement(Purpose.SIGN_IN)
    with pytest.raises(DeniedError, match="no key"):
        made.link.sign(said)
    drawn = made.link.drawn = DeviceKeys.fresh()

    assert made.link.sign(said) == drawn.sign(said, ROOT_KEY, time.time())


async def test_refresh_is_signed_with_kept_keys_alone(tmp_path: Path) -> None:
    secrets = signed_in()
    made = await daemon(tmp_path, secrets)
    made.link.drawn = DeviceKeys.fresh()
    both = [statement(Purpose.REFRESH, by_new_keys=newest) for newest in (False, True)]
    by_own = [device_keys(secrets).sign(said, ROOT_KEY, time.time()) for said in both]

    assert [made.link.sign(said) for said in both] == by_own


async def test_refresh_is_signed_with_keys_that_were_offered_where_that_is_asked_for(
    tmp_path: Path,
) -> None:
    offered = DeviceKeys.fresh()
    pair = NextKeys(x25519_private=offered.x25519, ed25519_private=offered.ed25519)
    secrets = attrs.evolve(signed_in(), next_keys=pair)
    made = await daemon(tmp_path, secrets)
    both = [statement(Purpose.REFRESH, by_new_keys=newest) for newest in (False, True)]

    assert [made.link.sign(said) for said in both] == [
        keys.sign(said, ROOT_KEY, time.time())
        for keys, said in zip((device_keys(secrets), offered), both, strict=True)
    ]


async def test_nothing_is_signed_for_nobody_or_with_a_locked_vault(tmp_path: Path) -> None:
    made = await daemon(tmp_path, signed_in())
    await made.vault.lock()
    made.link.drawn = DeviceKeys.fresh()

    with pytest.raises(DeniedError):
        made.link.sign(statement(Purpose.REFRESH))
    with pytest.raises(DeniedError):
        made.link.sign(statement(Purpose.REPLACE_KEYS))


async def test_replacement_is_signed_by_both_keys_while_it_is_asked_for(tmp_path: Path) -> None:
    secrets = signed_in()
    made = await daemon(tmp_path, secrets)
    by_old = statement(Purpose.REPLACE_KEYS)
    by_new = statement(Purpose.REPLACE_KEYS, by_new_keys=True)
    for said in (by_old, by_new):
        with pytest.raises(DeniedError, match="asked for new keys"):
            made.link.sign(said)
    drawn = made.link.drawn = DeviceKeys.fresh()

    assert made.link.sign(by_old) == device_keys(secrets).sign(by_old, ROOT_KEY, time.time())
    assert made.link.sign(by_new) == drawn.sign(by_new, ROOT_KEY, time.time())


async def test_secrets_of_another_server_are_not_used_for_this_one(tmp_path: Path) -> None:
    made = await daemon(tmp_path, attrs.evolve(signed_in(), server="https://other.example"))

    assert made.link.secrets is None
    with pytest.raises(DeniedError):
        made.link.sign(statement(Purpose.REFRESH))
    async with following(made):
        assert made.agent.served == [None]


async def test_server_is_followed_as_whoever_is_signed_in_with_what_was_kept(
    tmp_path: Path,
) -> None:
    secrets = signed_in()
    made = await daemon(tmp_path, secrets)
    made.shelf.keep("manifest", b"signed")

    async with following(made):
        pass

    assert made.agent.served == [
        SignedInAs(
            user_id=secrets.user_id,
            username=secrets.username,
            device_id=secrets.device_id,
            refresh_token=secrets.refresh_token,
        )
    ]
    assert made.agent.files == {"manifest": b"signed"}
    assert made.agent.via is not None
    assert made.agent.via.addresses == SERVER.addresses
    assert made.agent.via.keeper is made.link


async def test_new_token_is_kept_and_follows_the_server_on(tmp_path: Path) -> None:
    made = await daemon(tmp_path, signed_in())

    async with following(made):
        await made.link.keep_token("token-2")
        for _ in range(20):
            await asyncio.sleep(0)
        await made.vault.lock()
        await made.agent.served_times(2)
        await made.vault.unlock(KEY)
        await made.agent.served_times(3)

    tokens = [each and each.refresh_token for each in made.agent.served]
    # A start anew at the token itself would stand between the first two.
    assert tokens == ["token-1", None, "token-2"]


async def test_another_account_is_followed_anew(tmp_path: Path) -> None:
    made = await daemon(tmp_path)

    async with following(made):
        await made.vault.store(signed_in())
        await made.agent.served_times(2)
        await made.vault.store(attrs.evolve(signed_in(), device_id="another", username="eve"))
        await made.agent.served_times(3)
        await made.vault.wipe()
        await made.agent.served_times(4)

    assert [each and each.username for each in made.agent.served] == [None, "ada", "eve", None]


@pytest.mark.parametrize("error", [AgentError("gone"), ContractError("broken")])
async def test_client_that_fails_is_followed_again(tmp_path: Path, error: Exception) -> None:
    made = await daemon(tmp_path)
    made.agent.failure = error

    async with following(made):
        await made.agent.served_times(2)

    assert made.agent.served == [None, None]


async def test_token_of_another_account_is_refused(tmp_path: Path) -> None:
    made = await daemon(tmp_path, signed_in())
    other = attrs.evolve(signed_in(), user_id="somebody", device_id="else")

    async with following(made):
        made.vault.on_change = lambda: None
        await made.vault.store(other)
        with pytest.raises(SignedOutError):
            await made.link.keep_token("token-2")

    assert made.vault.secrets == other


async def test_token_is_refused_when_nobody_is_signed_in_or_followed(tmp_path: Path) -> None:
    made = await daemon(tmp_path, signed_in())
    with pytest.raises(SignedOutError):
        await made.link.keep_token("token-2")

    async with following(made):
        await made.vault.lock()
        with pytest.raises(SignedOutError):
            await made.link.keep_token("token-2")


async def test_sign_in_is_settled_once_the_server_is_followed_as_who_it_is(
    tmp_path: Path,
) -> None:
    made = await daemon(tmp_path)

    async with following(made):
        await made.vault.store(signed_in())
        await made.link.settled()

        assert [each and each.username for each in made.agent.served] == [None, "ada"]


async def test_sign_in_does_not_wait_for_ever_to_be_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "SETTLE_S", 0.01)
    made = await daemon(tmp_path)

    await made.vault.store(signed_in())
    await made.link.settled()

    assert made.agent.served == []


async def test_files_are_kept_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    made = await daemon(tmp_path)

    for number in range(20):
        made.link.keep_file("manifest", b"%d" % number)
    made.link.keep_file("delta", b"there")
    made.link.keep_file("delta", b"")
    await asyncio.gather(*made.link._writing)

    assert made.link.kept("manifest") == b"19"
    assert made.link.kept("delta") is None


async def test_answer_of_another_kind_is_the_clients_fault(tmp_path: Path) -> None:
    made = await daemon(tmp_path)
    call = Look(subject=Subject.ACCOUNT)

    assert isinstance(await made.link.ask(call, Text), Text)
    with pytest.raises(ContractError, match="answered Look with Text"):
        await made.link.ask(call, Done)
    made.agent.offline = True
    with pytest.raises(CentralOfflineError):
        await made.link.ask(call, Text)


async def test_news_are_handed_on_and_keys_are_the_servers(tmp_path: Path) -> None:
    made = await daemon(tmp_path)
    news = GuestsListed(session_ids=())

    made.link.heard(news)

    assert made.heard == [news]
    assert (made.link.url, made.link.root_key) == (SERVER.url, ROOT_KEY)
