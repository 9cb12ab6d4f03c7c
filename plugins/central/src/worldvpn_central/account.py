"""The account: made, entered, left, looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

import attrs

from worldvpn_central.http import Question
from worldvpn_central.proofs import Claim, Proofs, base64_text
from worldvpn_central.reading import Fields, senseless
from worldvpn_central.signed_in import SignedIn
from worldvpn_core.central import calls, replies
from worldvpn_core.central.fields import MOST_RELAYED_CHARACTERS
from worldvpn_core.central.statement import Purpose
from worldvpn_core.errors import CentralRefusedError

_PATHS: Final[Mapping[calls.Subject, str]] = {
    calls.Subject.ACCOUNT: "/v1/account",
    calls.Subject.DEVICES: "/v1/devices",
    calls.Subject.WALLET: "/v1/wallet",
    calls.Subject.HISTORY: "/v1/wallet/history",
    calls.Subject.SESSIONS: "/v1/sessions",
    calls.Subject.EARNED: "/v1/wallet/earned",
    calls.Subject.SETTLED: "/v1/receipts",
    calls.Subject.PRIVACY: "/v1/privacy",
}


@attrs.frozen
class Account:
    """What is asked about the account and its devices."""

    mine: SignedIn
    proofs: Proofs

    async def register(self, call: calls.Register) -> replies.Entered:
        """Make an account and sign this device in."""
        question = _post("/v1/auth/register", _who(call), again=False)
        answer = await self.proofs.ask(question, _sign_in(call))
        signed_in = answer.inner("signed_in")
        if signed_in is None:
            raise senseless("signed_in")
        return self._entered(signed_in, answer.token("recovery_code"))

    async def sign_in(self, call: calls.SignIn) -> replies.Entered:
        """Sign this device in."""
        question = _post("/v1/auth/token", _who(call), again=False)
        return self._entered(await self.proofs.ask(question, _sign_in(call)), None)

    async def recover(self, call: calls.Recover) -> replies.NewCode:
        """Set a new password by the recovery code."""
        body = {
            "username": call.username,
            "recovery_code": call.recovery_code,
            "new_password": call.new_password,
        }
        answer = await self.mine.api.ask(_post("/v1/auth/recover", body, again=False))
        return replies.NewCode(recovery_code=answer.token("recovery_code"))

    async def change_password(self, call: calls.ChangePassword) -> replies.Done:
        """Replace the password. A wrong one is answered 401, too: that is not our token's."""
        body = {"old_password": call.old_password, "new_password": call.new_password}
        question = _post("/v1/auth/password", body, again=False)
        await self.mine.answer(question, again=False)
        return replies.Done()

    async def sign_out(self, call: calls.SignOut) -> replies.Done:
        """End this sign-in, or all."""
        await self.mine.answer(_post("/v1/auth/logout", {"everywhere": call.everywhere}))
        self.mine.leave("this device was signed out")
        return replies.Done()

    async def revoke(self, call: calls.RevokeDevice) -> replies.Done:
        """Sign a device out; this one knows it by the answer, for no news may reach it after."""
        tokens = self.mine.tokens
        await self.mine.answer(Question(method="DELETE", path=f"/v1/devices/{call.device_id}"))
        if call.device_id == tokens.account.device_id:
            tokens.lost("this device was signed out: it revoked itself")
        return replies.Done()

    async def replace_keys(self, call: calls.ReplaceKeys) -> replies.Done:
        """Give this device new keys."""
        account = self.mine.tokens.account
        about = (UUID(account.device_id).bytes, call.keys.x25519, call.keys.ed25519)
        body = {
            "device": {"name": account.username, **_keys(call.keys)},
            "replaces": account.device_id,
        }
        await self.mine.prove(
            _post("/v1/devices", body, again=False),
            Claim(Purpose.REPLACE_KEYS, about, by_new_keys=True),
            Claim(Purpose.REPLACE_KEYS, about, name="old_proof"),
        )
        return replies.Done()

    async def look(self, call: calls.Look) -> replies.Text:
        """Hand on what the server shows, made sure that it is JSON, and small enough."""
        path = f"{_PATHS[call.subject]}{_asked(call)}"
        body = (await self.mine.answer(Question(method="GET", path=path))).body
        try:
            text = json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":"))
        except (ValueError, RecursionError):
            raise senseless("it is no JSON") from None
        if len(text) > MOST_RELAYED_CHARACTERS:
            raise CentralRefusedError("the server shows more than fits here: ask for less at once")
        return replies.Text(text=text)

    def _entered(self, answer: Fields, recovery_code: str | None) -> replies.Entered:
        try:
            entered = replies.Entered(
                user_id=answer.text("user_id"),
                username=answer.text("username"),
                device_id=answer.text("device_id"),
                refresh_token=answer.token("refresh_token"),
                recovery_code=recovery_code,
            )
        except ValueError:
            raise senseless("a sign-in") from None
        self.mine.entered(answer)
        return entered


def _who(call: calls.Register | calls.SignIn) -> dict[str, object]:
    return {
        "username": call.username,
        "password": call.password,
        "device": {"name": call.device_name, **_keys(call.keys)},
    }


def _keys(keys: calls.PublicKeys) -> dict[str, str]:
    return {"x25519": base64_text(keys.x25519), "ed25519": base64_text(keys.ed25519)}


def _sign_in(call: calls.Register | calls.SignIn) -> Claim:
    about = (call.username.encode(), call.keys.x25519, call.keys.ed25519)
    return Claim(Purpose.SIGN_IN, about)


def _asked(call: calls.Look) -> str:
    """Return the part of the address that says how much, and from when."""
    match call.subject:
        case calls.Subject.HISTORY | calls.Subject.SETTLED:
            asked = {"limit": str(call.limit), **({"before": call.before} if call.before else {})}
        case calls.Subject.EARNED:
            asked = {"since_s": str(call.since_s)}
        case _:
            return ""
    return f"?{urlencode(asked)}"


def _post(path: str, body: Mapping[str, object], *, again: bool = True) -> Question:
    return Question(method="POST", path=path, body=body, again=again)
