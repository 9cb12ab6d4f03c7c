"""What clients ask of the account reaches the server; what comes back is kept here, or shown."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.core.central.asking import ADA, LOGIN, PASSWORD, REGISTER, Asked
from tests.core.central.server_side import (
    DEVICE,
    SERVER,
    USER,
    signed_in,
)
from tests.core.vault.samples import KEY, files_in
from worldvpn_core.central import link
from worldvpn_core.central.calls import (
    Call,
    PublicKeys,
    Recover,
    Register,
    SignIn,
    SignOut,
)
from worldvpn_core.central.desk import DEVICE_NAME
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.link import device_keys
from worldvpn_core.central.replies import Done, Text
from worldvpn_core.errors import (
    AgentError,
    BusyError,
    CentralOfflineError,
    CentralRefusedError,
    ContractError,
    SignedOutError,
    VaultLockedError,
)
from worldvpn_core.ipc.account import (
    AccountLogout,
    AccountRecover,
    AccountRegister,
    AccountRequest,
)

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _nobody_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no agent to act for whoever signs in: none is told to here."""
    monkeypatch.setattr(link, "SETTLE_S", 0.0)


@pytest.mark.parametrize("request_", [REGISTER, LOGIN], ids=["register", "login"])
async def test_sign_in_keeps_the_secrets_and_claims_the_owner(
    tmp_path: Path, request_: AccountRequest
) -> None:
    made = await Asked.made(tmp_path, None)

    answer = await made.answer(request_)

    (call,) = made.agent.asked
    assert isinstance(call, Register | SignIn)
    assert (call.username, call.password, call.device_name) == ("ada", PASSWORD, DEVICE_NAME)
    kept = made.vault.secrets
    assert kept is not None
    keys = device_keys(kept)
    assert call.keys == PublicKeys(x25519=keys.x25519_public, ed25519=keys.ed25519_public)
    assert (kept.server, kept.user_id, kept.device_id) == (SERVER.url, USER, DEVICE)
    assert (kept.username, kept.refresh_token) == ("ada", "token-1")
    assert made.owners == [ADA.uid]
    assert answer.pop("recovery_code", None) == (
        "once-and-for-all" if isinstance(request_, AccountRegister) else None
    )
    assert answer == {"username": "ada", "user_id": USER, "device_id": DEVICE}


async def test_keys_sign_during_the_call_and_not_after_it(tmp_path: Path) -> None:
    made, during = await Asked.made(tmp_path, None), list[DeviceKeys | None]()

    async def seen(_call: Call) -> None:
        during.append(made.link.drawn)

    made.agent.meanwhile = seen
    made.agent.fails[SignIn] = [CentralRefusedError("wrong password")]
    with pytest.raises(CentralRefusedError):
        await made.answer(LOGIN)

    assert [each is not None for each in during] == [True]
    assert made.link.drawn is None
    assert (made.vault.secrets, made.owners) == (None, [])


async def test_nobody_signs_in_while_the_vault_is_locked(tmp_path: Path) -> None:
    made = await Asked.made(tmp_path, None)
    await made.vault.lock()

    with pytest.raises(VaultLockedError, match="unlock"):
        await made.answer(LOGIN)

    assert made.agent.asked == []


async def test_nobody_signs_in_beside_somebody_else(tmp_path: Path) -> None:
    made = await Asked.made(tmp_path, signed_in())

    for request in (REGISTER, LOGIN):
        with pytest.raises(BusyError, match="ada is signed in"):
            await made.answer(request)

    assert made.agent.asked == []


async def test_two_do_not_sign_in_at_once(tmp_path: Path) -> None:
    made = await Asked.made(tmp_path, None)
    made.agent.answers.clear()
    first = asyncio.create_task(made.answer(LOGIN))
    await made.agent.asked_times(SignIn, 1)

    with pytest.raises(BusyError, match="right now"):
        await made.answer(LOGIN)
    made.agent.answers.set()
    await first

    assert len(made.agent.asked) == 1


async def test_nobody_signs_in_while_the_secrets_of_another_are_being_kept(
    tmp_path: Path,
) -> None:
    made = await Asked.made(tmp_path, None)
    others: list[asyncio.Task[dict[str, object]]] = []

    async def other() -> dict[str, object]:
        for _ in range(5):
            await asyncio.sleep(0)
        return await made.answer(LOGIN)

    async def also(_call: Call) -> None:
        others.append(asyncio.create_task(other()))

    made.agent.meanwhile = also
    await made.answer(LOGIN)

    with pytest.raises(BusyError):
        await others[0]
    assert len(made.agent.asked) == 1


@pytest.mark.parametrize("request_", [REGISTER, LOGIN], ids=["register", "login"])
async def test_answer_of_another_kind_signs_nobody_in(
    tmp_path: Path, request_: AccountRequest
) -> None:
    made = await Asked.made(tmp_path, None)
    made.agent.replies = {Register: Done(), SignIn: Text(text="{}")}

    with pytest.raises(ContractError):
        await made.answer(request_)

    assert (made.vault.secrets, made.link.drawn, made.owners) == (None, None, [])


async def test_recovery_shows_the_next_code_and_signs_nobody_in(tmp_path: Path) -> None:
    made = await Asked.made(tmp_path, None)
    request = AccountRecover(username="ada", recovery_code="this-time", new_password=PASSWORD)

    assert await made.answer(request) == {"recovery_code": "next-time"}

    assert made.agent.asked == [
        Recover(username="ada", recovery_code="this-time", new_password=PASSWORD)
    ]
    assert made.vault.secrets is None


@pytest.mark.parametrize("everywhere", [False, True], ids=["here", "everywhere"])
async def test_signing_out_leaves_nothing_on_this_computer(
    tmp_path: Path, everywhere: object
) -> None:
    made = await Asked.made(tmp_path, signed_in())

    answer = await made.answer(AccountLogout(everywhere=bool(everywhere)))

    assert answer == {"server_told": True}
    assert made.agent.asked == [SignOut(everywhere=bool(everywhere))]
    assert (made.left, made.vault.is_open, files_in(made.folder)) == (1, False, [])


@pytest.mark.parametrize(
    "error",
    [CentralOfflineError("away"), AgentError("gone"), SignedOutError("revoked")],
    ids=lambda error: type(error).__name__,
)
async def test_signing_out_here_does_not_wait_for_the_server(
    tmp_path: Path, error: Exception
) -> None:
    made = await Asked.made(tmp_path, signed_in())
    made.agent.fails[SignOut] = [error]

    assert await made.answer(AccountLogout()) == {"server_told": False}

    assert files_in(made.folder) == []


async def test_signing_out_everywhere_needs_the_server(tmp_path: Path) -> None:
    secrets = signed_in()
    made = await Asked.made(tmp_path, secrets)
    made.agent.offline = True

    with pytest.raises(CentralOfflineError):
        await made.answer(AccountLogout(everywhere=True))

    assert made.vault.secrets == secrets


async def test_nobody_cannot_sign_out(tmp_path: Path) -> None:
    made = await Asked.made(tmp_path, None)

    with pytest.raises(SignedOutError):
        await made.answer(AccountLogout())

    assert (made.left, made.agent.asked, made.vault.is_open) == (0, [], True)


async def test_vault_that_was_locked_meanwhile_keeps_nothing(tmp_path: Path) -> None:
    made = await Asked.made(tmp_path, None)

    async def locked(_call: Call) -> None:
        await made.vault.lock()

    made.agent.meanwhile = locked
    with pytest.raises(VaultLockedError):
        await made.answer(LOGIN)
    await made.vault.unlock(KEY)

    assert (made.vault.secrets, made.owners) == (None, [])
