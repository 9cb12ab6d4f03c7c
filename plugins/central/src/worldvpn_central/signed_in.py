"""Asking as whoever is signed in."""

from __future__ import annotations

import attrs

from worldvpn_central.api import Api
from worldvpn_central.errors import RefusalError
from worldvpn_central.http import Answer, Question
from worldvpn_central.proofs import Claim, Proofs
from worldvpn_central.reading import Fields
from worldvpn_central.tokens import NOBODY, Access, Tokens
from worldvpn_core.contracts import SignedInAs
from worldvpn_core.errors import SignedOutError

_UNAUTHORIZED = 401


class SignedIn:
    """Who that is, and the questions asked with their token."""

    def __init__(self, api: Api, proofs: Proofs) -> None:
        self.api = api
        self._proofs = proofs
        self._tokens: Tokens | None = None
        #: Of a sign-in that the daemon has not told us to act for yet: its refresh token.
        self._entered: tuple[str, Access] | None = None

    @property
    def tokens(self) -> Tokens:
        """The sign-in. Raises SignedOutError where there is none."""
        if self._tokens is None:
            raise SignedOutError(NOBODY)
        return self._tokens

    def become(self, account: SignedInAs | None) -> None:
        """Act for ``account`` from now on."""
        if account is None:
            self._tokens = None
        elif self._tokens is None or not self._tokens.is_of(account):
            access = None
            if self._entered is not None and self._entered[0] == account.refresh_token:
                access = self._entered[1]
            self._tokens = Tokens(account, self._proofs, access)
            self._entered = None

    def entered(self, answer: Fields) -> None:
        """Keep the access token of a sign-in until ``become`` names it."""
        self._entered = (answer.text("refresh_token"), Access.of(answer))

    def leave(self, sentence: str) -> None:
        """Let the sign-in be over, as the user wanted."""
        if self._tokens is not None:
            self._tokens.end(sentence)

    async def ask(self, question: Question) -> Fields:
        """Return the fields of the answer; errors as ``CentralClient.call``."""
        answer = await self.answer(question)
        return Fields.parse(answer.body) if answer.body else Fields({})

    async def answer(self, question: Question, *, again: bool = True) -> Answer:
        """Return the answer; with ``again``, a refused token is refreshed once."""
        tokens = self.tokens
        token = await tokens.access()
        try:
            return await self.api.answer(_with(question, token))
        except RefusalError as error:
            if error.status != _UNAUTHORIZED or not again:
                raise
        return await self.api.answer(_with(question, await tokens.access(spent=token)))

    async def prove(self, question: Question, *claims: Claim) -> Fields:
        """Ask as ``ask``, with proofs."""
        return await self._proofs.ask(_with(question, await self.tokens.access()), *claims)


def _with(question: Question, token: str) -> Question:
    headers = {**question.headers, "authorization": f"Bearer {token}"}
    return attrs.evolve(question, headers=headers)
