"""One place where a question becomes JSON, and a refusal one of core's errors."""

from __future__ import annotations

import json
from typing import Final

from worldvpn_central.errors import RefusalError, printable
from worldvpn_central.http import Answer, Http, Question
from worldvpn_central.reading import Fields
from worldvpn_core.errors import CentralRefusedError, OutOfCreditError

_OK: Final = range(200, 300)
_UNAUTHORIZED: Final = 401
_NO_CREDIT: Final = 402


class Api:
    """Asks, and reads what is answered."""

    def __init__(self, http: Http) -> None:
        self.http = http

    async def ask(self, question: Question) -> Fields:
        """Return the fields of the answer, none where it has no body.

        Raises:
            CentralOfflineError: the server cannot be reached.
            RefusalError: it refused.
            OutOfCreditError: with 402.
        """
        answer = await self.answer(question)
        return Fields.parse(answer.body) if answer.body else Fields({})

    async def answer(self, question: Question) -> Answer:
        """Return the answer, unread; errors as ``ask``."""
        answer = await self.http.ask(question)
        if answer.status not in _OK:
            raise refusal(answer)
        return answer


def refusal(answer: Answer) -> CentralRefusedError | OutOfCreditError:
    """Return what ``answer`` says, as one of core's errors. Pure."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        said = None
    fields = said if isinstance(said, dict) else {}
    text = fields.get("error")
    sentence = printable(text) if isinstance(text, str) and text.strip() else ""
    sentence = sentence or f"the central server answered {answer.status}"
    if answer.status == _NO_CREDIT:
        return OutOfCreditError(sentence)
    if answer.retry_after_s is not None:
        sentence = f"{sentence} (try again in {answer.retry_after_s} s)"
    time_s = fields.get("server_time_s")
    is_time = isinstance(time_s, int) and not isinstance(time_s, bool) and 0 <= time_s < 1 << 53
    told = time_s if answer.status == _UNAUTHORIZED and is_time else None
    return RefusalError(sentence, answer.status, told)
