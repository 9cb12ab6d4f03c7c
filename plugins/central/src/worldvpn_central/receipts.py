"""Receipts handed in: whose they are, and what they are worth, is the server's to say."""

from __future__ import annotations

import attrs

from worldvpn_central.http import Question
from worldvpn_central.proofs import receipt_text
from worldvpn_central.reading import senseless
from worldvpn_central.signed_in import SignedIn
from worldvpn_core.central import calls, replies


@attrs.frozen
class Receipts:
    """Brings them, both ends' alike."""

    mine: SignedIn

    async def submit(self, call: calls.Submit) -> replies.Submitted:
        """Hand in a batch."""
        body = {"receipts": [receipt_text(each) for each in call.receipts]}
        answer = await self.mine.ask(Question(method="POST", path="/v1/receipts", body=body))
        try:
            outcomes = tuple(map(replies.Outcome, answer.texts("outcomes")))
        except ValueError:
            raise senseless("an outcome of a receipt") from None
        if len(outcomes) != len(call.receipts):
            raise senseless("there is not one outcome a receipt")
        return replies.Submitted(outcomes=outcomes)
