"""Each request about the account, the wallet and the directory reaches its call, and only that."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from uuid import UUID

import pytest

from tests.core.central.asking import ADA, LOGIN, MEASURED, PASSWORD, REGISTER, Asked
from tests.core.central.server_side import (
    DEVICE,
    node,
    open_vault,
    signed_in,
)
from worldvpn_core.central.around import AroundDesk
from worldvpn_core.central.calls import (
    Call,
    ChangePassword,
    Find,
    Look,
    RevokeDevice,
    Subject,
)
from worldvpn_core.central.desk import AccountDesk
from worldvpn_core.central.place import Place
from worldvpn_core.errors import (
    ConfigError,
)
from worldvpn_core.ipc.account import (
    AccountDevices,
    AccountLogout,
    AccountPassword,
    AccountRequest,
    AccountRevoke,
    AccountSessions,
    AccountShow,
    DirectoryNodes,
    PrivacyShow,
    WalletBalance,
    WalletEarned,
    WalletHistory,
    WalletSettled,
)
from worldvpn_core.ipc.rights import Caller
from worldvpn_core.settings import Settings

pytestmark = pytest.mark.anyio

LINE = str(UUID(int=77))

SHOWN: dict[str, tuple[AccountRequest, Call]] = {
    "account": (AccountShow(), Look(subject=Subject.ACCOUNT)),
    "devices": (AccountDevices(), Look(subject=Subject.DEVICES)),
    "sessions": (AccountSessions(), Look(subject=Subject.SESSIONS)),
    "wallet": (WalletBalance(), Look(subject=Subject.WALLET)),
    "earned": (WalletEarned(since_s=7), Look(subject=Subject.EARNED, since_s=7)),
    "settled": (
        WalletSettled(before=LINE, limit=7),
        Look(subject=Subject.SETTLED, before=LINE, limit=7),
    ),
    "privacy": (PrivacyShow(), Look(subject=Subject.PRIVACY)),
    "history": (
        WalletHistory(before=LINE, limit=7),
        Look(subject=Subject.HISTORY, before=LINE, limit=7),
    ),
    "all_nodes": (DirectoryNodes(), Find(favourites=(node(3),))),
    "some_nodes": (
        DirectoryNodes(
            place="de/Berlin", protocol="wireguard", min_bandwidth_mbps=9, offset=50, limit=10
        ),
        Find(
            place=Place.parse("DE/Berlin"),
            protocol="wireguard",
            min_bandwidth_mbps=9,
            favourites=(node(3),),
            offset=50,
            limit=10,
        ),
    ),
}


@pytest.mark.parametrize("caller", [ADA, Caller(pid=1, uid=0, gid=0)], ids=["owner", "root"])
async def test_what_was_measured_is_listed_for_the_owner_and_root(
    tmp_path: Path, caller: Caller
) -> None:
    made = await Asked.made(tmp_path, signed_in())
    made.owner_uid = ADA.uid

    await made.desk.answer(caller, DirectoryNodes())

    assert made.agent.asked == [Find(favourites=(node(3),), measured=MEASURED)]


async def test_where_the_owner_has_been_is_listed_for_nobody_else(tmp_path: Path) -> None:
    made = await Asked.made(tmp_path, signed_in())
    made.owner_uid = ADA.uid + 1

    await made.answer(DirectoryNodes())

    assert made.agent.asked == [Find(favourites=(node(3),))]


@pytest.mark.parametrize(("request_", "call"), SHOWN.values(), ids=SHOWN)
async def test_what_people_read_is_handed_on_unread(
    tmp_path: Path, request_: AccountRequest, call: Call
) -> None:
    made = await Asked.made(tmp_path, signed_in())

    assert await made.answer(request_) == {"json": '{"of": "the server"}'}

    assert made.agent.asked == [call]


DONE: dict[str, tuple[AccountRequest, Call]] = {
    "password": (
        AccountPassword(old_password="old", new_password=PASSWORD),  # noqa: S106 - opens nothing
        ChangePassword(old_password="old", new_password=PASSWORD),  # noqa: S106 - opens nothing
    ),
    "revoke": (AccountRevoke(device_id=DEVICE), RevokeDevice(device_id=DEVICE)),
}


@pytest.mark.parametrize(("request_", "call"), DONE.values(), ids=DONE)
async def test_what_is_done_is_answered_with_nothing(
    tmp_path: Path, request_: AccountRequest, call: Call
) -> None:
    made = await Asked.made(tmp_path, signed_in())

    assert await made.answer(request_) == {}

    assert made.agent.asked == [call]


EVERY = [REGISTER, LOGIN, AccountLogout(), *(each[0] for each in (SHOWN | DONE).values())]


@pytest.mark.parametrize("request_", EVERY, ids=lambda each: type(each).__name__)
async def test_computer_of_no_central_server_says_how_it_gets_one(
    tmp_path: Path, request_: AccountRequest
) -> None:
    around = AroundDesk(
        settings=Settings, measured=tuple, claim=lambda _uid: None, leaving=nullcontext
    )
    desk = AccountDesk(None, await open_vault(tmp_path, None), around)

    with pytest.raises(ConfigError, match=r"\[central\]"):
        await desk.answer(ADA, request_)
