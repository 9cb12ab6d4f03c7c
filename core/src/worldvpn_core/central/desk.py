"""What clients may ask of their account, the directory and the wallet."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from worldvpn_core.central.around import AroundDesk
from worldvpn_core.central.calls import (
    Call,
    ChangePassword,
    Find,
    Look,
    PublicKeys,
    Recover,
    Register,
    RevokeDevice,
    SignIn,
    SignOut,
    Subject,
)
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.link import CentralLink
from worldvpn_core.central.place import Place
from worldvpn_core.central.replies import Done, Entered, NewCode, Text
from worldvpn_core.errors import (
    AgentError,
    BusyError,
    CentralError,
    ConfigError,
    SignedOutError,
    VaultLockedError,
)
from worldvpn_core.ipc.account import (
    AccountDevices,
    AccountLogin,
    AccountLogout,
    AccountPassword,
    AccountRecover,
    AccountRegister,
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
from worldvpn_core.vault.contents import Secrets
from worldvpn_core.vault.vault import Vault

#: What this device is called in the account's list. Not the host's name: that may be a person's.
DEVICE_NAME: Final = f"WorldVPN on {sys.platform}"

_SUBJECTS: Final[Mapping[type[AccountRequest], Subject]] = {
    AccountShow: Subject.ACCOUNT,
    AccountDevices: Subject.DEVICES,
    AccountSessions: Subject.SESSIONS,
    WalletBalance: Subject.WALLET,
    PrivacyShow: Subject.PRIVACY,
}


class AccountDesk:
    """Answers ``account.*``, ``directory.*`` and ``wallet.*``; rights were checked before."""

    def __init__(self, link: CentralLink | None, vault: Vault, around: AroundDesk) -> None:
        self._link = link
        self._vault = vault
        self._around = around

    async def answer(self, caller: Caller, request: AccountRequest) -> Mapping[str, object]:
        """Answer one permitted request.

        Raises:
            ConfigError: this host belongs to no central server, or the request makes no sense.
            CentralError, VaultError, AgentError: it could not be done.
        """
        match request:
            case AccountRegister(username=name, password=password):
                keys = DeviceKeys.fresh()
                call: Register | SignIn = Register(
                    username=name, password=password, device_name=DEVICE_NAME, keys=_public(keys)
                )
                return await self._enter(caller, call, keys)
            case AccountLogin(username=name, password=password):
                keys = DeviceKeys.fresh()
                call = SignIn(
                    username=name, password=password, device_name=DEVICE_NAME, keys=_public(keys)
                )
                return await self._enter(caller, call, keys)
            case AccountRecover(username=name, recovery_code=code, new_password=password):
                recover = Recover(username=name, recovery_code=code, new_password=password)
                return {"recovery_code": (await self._linked().ask(recover, NewCode)).recovery_code}
            case AccountLogout(everywhere=everywhere):
                return await self._sign_out(everywhere=everywhere)
            case _:
                return await self._signed_in(caller, request)

    async def _signed_in(self, caller: Caller, request: AccountRequest) -> Mapping[str, object]:
        match request:
            case AccountPassword(old_password=old, new_password=new):
                await self._linked().ask(ChangePassword(old_password=old, new_password=new), Done)
            case AccountRevoke(device_id=device):
                await self._linked().ask(RevokeDevice(device_id=device), Done)
            case DirectoryNodes():
                return await self._text(self._find(caller, request))
            case WalletHistory(before=before, limit=limit):
                return await self._text(Look(subject=Subject.HISTORY, before=before, limit=limit))
            case WalletSettled(before=before, limit=limit):
                return await self._text(Look(subject=Subject.SETTLED, before=before, limit=limit))
            case WalletEarned(since_s=since_s):
                return await self._text(Look(subject=Subject.EARNED, since_s=since_s))
            case (
                AccountShow()
                | AccountDevices()
                | AccountSessions()
                | WalletBalance()
                | PrivacyShow()
            ):
                return await self._text(Look(subject=_SUBJECTS[type(request)]))
            case _:
                raise ConfigError(f"{type(request).__name__} is not answered here")
        return {}

    def _find(self, caller: Caller, request: DirectoryNodes) -> Find:
        settings = self._around.settings()
        # What was measured says where the owner has been: nobody else's to know.
        trusted = caller.uid in {0, settings.owner_uid}
        return Find(
            place=Place() if request.place is None else Place.parse(request.place),
            protocol=request.protocol,
            min_bandwidth_mbps=request.min_bandwidth_mbps,
            favourites=settings.favourite_nodes,
            measured=self._around.measured() if trusted else (),
            offset=request.offset,
            limit=request.limit,
        )

    async def _enter(
        self, caller: Caller, call: Register | SignIn, keys: DeviceKeys
    ) -> Mapping[str, object]:
        link = self._linked()
        if not self._vault.is_open:
            raise VaultLockedError(
                "the vault is locked, and the account's keys have no other place: unlock it first"
            )
        if link.secrets is not None:
            raise BusyError(
                f"{link.secrets.username} is signed in on this computer: sign out first"
            )
        if link.drawn is not None:
            raise BusyError("somebody is signing in on this computer right now")
        link.drawn = keys
        try:
            entered = await link.ask(call, Entered)
            # Until these are kept, nobody else signs in: theirs would replace them.
            await self._vault.store(
                Secrets(
                    server=link.url,
                    user_id=entered.user_id,
                    username=entered.username,
                    device_id=entered.device_id,
                    x25519_private=keys.x25519,
                    ed25519_private=keys.ed25519,
                    refresh_token=entered.refresh_token,
                    device_keys_made_utc=datetime.now(UTC),
                )
            )
        finally:
            link.drawn = None
        await link.settled()
        self._around.claim(caller.uid)
        answer = {
            "username": entered.username,
            "user_id": entered.user_id,
            "device_id": entered.device_id,
        }
        if entered.recovery_code is None:
            return answer
        return {**answer, "recovery_code": entered.recovery_code}

    async def _sign_out(self, *, everywhere: bool) -> Mapping[str, object]:
        """Sign out here whatever the server says: what is kept on this computer goes."""
        link = self._linked()
        if link.secrets is None:
            raise SignedOutError("nobody is signed in on this computer")
        async with self._around.leaving():
            told = True
            try:
                await link.ask(SignOut(everywhere=everywhere), Done)
            except (CentralError, AgentError):
                if everywhere:
                    raise
                # The device is forgotten there after 30 days without use (docs/accounts.md).
                told = False
            await self._vault.wipe()
        return {"server_told": told}

    async def _text(self, call: Call) -> Mapping[str, object]:
        return {"json": (await self._linked().ask(call, Text)).text}

    def _linked(self) -> CentralLink:
        if self._link is None:
            raise ConfigError(
                "this computer belongs to no central server: write [central] in daemon.toml"
            )
        return self._link


def _public(keys: DeviceKeys) -> PublicKeys:
    return PublicKeys(x25519=keys.x25519_public, ed25519=keys.ed25519_public)
