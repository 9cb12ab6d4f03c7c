"""One sign-in: a short-lived token in memory, and the one that gets the next.

The server takes a refresh token once. When its answer is lost, the same token may be sent again
for 60 s; so a refresh is one task, which no waiter's end ends, and it tries at once again.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

import attrs

from worldvpn_central.errors import BrokenError, RefusalError
from worldvpn_central.http import Question
from worldvpn_central.proofs import Claim, Proofs
from worldvpn_central.reading import Fields
from worldvpn_core.central.news import SignedOut
from worldvpn_core.central.statement import Purpose
from worldvpn_core.contracts import SignedInAs
from worldvpn_core.errors import SignedOutError

#: Less than this left: get the next one first.
_MARGIN_S: Final = 60.0
_PAUSES_S: Final = (0.1, 0.5, 2.0, 5.0)
_UNAUTHORIZED: Final = 401
NOBODY: Final = "nobody is signed in on this device: sign in first"


@attrs.frozen
class Access:
    """A token for requests, and when it ends on the monotonic clock."""

    token: str = attrs.field(repr=False)
    until_s: float

    @classmethod
    def of(cls, answer: Fields) -> Access:
        """Read it from the server's answer to a sign-in or a refresh."""
        lives_s = answer.number("expires_in_s")
        return cls(answer.token("access_token"), time.monotonic() + lives_s)

    @property
    def lasts(self) -> bool:
        """Say whether it can be used for a while yet."""
        return time.monotonic() < self.until_s - _MARGIN_S


class Tokens:
    """The tokens of whoever is signed in."""

    def __init__(self, account: SignedInAs, proofs: Proofs, access: Access | None) -> None:
        self.account = account
        self._proofs = proofs
        self._access = access
        self._refresh = account.refresh_token
        self._before = ""
        self._over: str | None = None
        self._blamed = "signed-out"
        self._refreshing: asyncio.Task[Access] | None = None

    def is_of(self, account: SignedInAs) -> bool:
        """Say whether ``account`` is this sign-in, as it is or as it was before a refresh."""
        same = (account.user_id, account.device_id) == (
            self.account.user_id,
            self.account.device_id,
        )
        known = account.refresh_token in {self._refresh, self._before}
        return same and known and self._over is None

    def blame(self, code: str) -> None:
        """Take note why the server will know this sign-in no more."""
        self._blamed = code

    async def access(self, spent: str | None = None) -> str:
        """Return a token for requests, another one than ``spent``.

        Raises:
            SignedOutError: the sign-in is over.
            CentralOfflineError, CentralRefusedError: it could not be refreshed now.
            VaultError: the next refresh token could not be kept.
        """
        if self._over is not None:
            raise SignedOutError(self._over)
        held = self._access
        if held is not None and held.lasts and held.token != spent:
            return held.token
        if self._refreshing is None:
            self._refreshing = asyncio.get_running_loop().create_task(self._renewed())
            self._refreshing.add_done_callback(self._is_done)
        return (await asyncio.shield(self._refreshing)).token

    def end(self, sentence: str) -> None:
        """Let it be over."""
        self._over = sentence
        self._access = None

    def lost(self, sentence: str) -> None:
        """Let it be over, and tell the daemon, unless it knows."""
        if self._over is None:
            self.end(sentence)
            self._proofs.desk.tell(SignedOut(code=self._blamed, detail=sentence))

    def _is_done(self, task: asyncio.Task[Access]) -> None:
        self._refreshing = None
        if not task.cancelled():
            task.exception()  # a refresh that nobody waits for any more may fail

    async def _renewed(self) -> Access:
        try:
            answer = await self._refreshed()
        except RefusalError as error:
            if error.status != _UNAUTHORIZED:
                raise
            self.lost(str(error))
            raise SignedOutError(str(error)) from None
        access, following = Access.of(answer), answer.token("refresh_token")
        if following != self._refresh:
            await self._proofs.desk.keep_token(following)
            self._before, self._refresh = self._refresh, following
        self._access = access
        return access

    async def _refreshed(self) -> Fields:
        """Trade the token by the device's keys, or by new ones that the server has instead.

        Their answer may have been lost, or they may be taken at this moment.
        """
        try:
            return await self._traded(by_new_keys=False)
        except RefusalError as error:
            if error.status != _UNAUTHORIZED:
                raise
        return await self._traded(by_new_keys=True)

    async def _traded(self, *, by_new_keys: bool) -> Fields:
        """Send the token until it is answered: again at once, while it still counts."""
        question = Question(
            method="POST", path="/v1/auth/refresh", body={"refresh_token": self._refresh}
        )
        # Signed anew each time, for a statement counts once; so never sent twice below.
        question = attrs.evolve(question, again=False)
        about = (self._refresh.encode("ascii"),)
        claim = Claim(Purpose.REFRESH, about, by_new_keys=by_new_keys)
        for pause_s in _PAUSES_S:
            try:
                return await self._proofs.ask(question, claim)
            except BrokenError:
                await asyncio.sleep(pause_s)
        return await self._proofs.ask(question, claim)
