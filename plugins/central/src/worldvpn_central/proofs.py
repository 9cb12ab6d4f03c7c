"""Requests that the device signs (docs/accounts.md): signed anew where our clock is off."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from typing import Final

import attrs

from worldvpn_central.api import Api
from worldvpn_central.clock import Clock
from worldvpn_central.errors import RefusalError
from worldvpn_central.http import Question
from worldvpn_central.reading import Fields
from worldvpn_core.central.statement import NONCE_BYTES, Purpose, Statement
from worldvpn_core.contracts import CentralDesk

JsonProof = Mapping[str, object]
_TRIES: Final = 2


@attrs.frozen
class Claim:
    """What a statement is about; the proof goes into the body under ``name``."""

    purpose: Purpose
    about: tuple[bytes, ...] = attrs.field(repr=False)
    name: str = "proof"
    by_new_keys: bool = False

    def digest(self) -> bytes:
        """Return its SHA-256, each part with its length in front."""
        parts = (len(each).to_bytes(4) + each for each in self.about)
        return hashlib.sha256(b"".join(parts)).digest()


@attrs.frozen
class Proofs:
    """Sends what needs a proof."""

    api: Api
    desk: CentralDesk
    clock: Clock

    async def ask(self, question: Question, *claims: Claim) -> Fields:
        """Ask ``question`` with a proof of each of ``claims`` in its body; errors as ``Api.ask``.

        Raises:
            DeniedError: the daemon does not sign it.
        """
        for left in reversed(range(_TRIES)):
            signed = {each.name: await self._signed(each) for each in claims}
            body = {**(question.body or {}), **signed}
            try:
                return await self.api.ask(attrs.evolve(question, body=body))
            except RefusalError as error:
                if error.server_time_s is None or not left:
                    raise
                self.clock.learn(error.server_time_s)
        raise AssertionError("the last try returns or raises")

    async def _signed(self, claim: Claim) -> JsonProof:
        said = Statement(
            purpose=claim.purpose,
            time_s=int(self.clock.server_s()),
            nonce=os.urandom(NONCE_BYTES),
            about=claim.digest(),
            by_new_keys=claim.by_new_keys,
        )
        signature = await self.desk.sign(said)
        return {
            "time_s": said.time_s,
            "nonce": base64_text(said.nonce),
            "signature": base64_text(signature),
        }


def receipt_text(signed: bytes) -> str:
    """Return ``signed`` as the server reads receipts: base64url without padding (RFC 4648 §5)."""
    return base64.urlsafe_b64encode(signed).decode().rstrip("=")


def base64_text(raw: bytes) -> str:
    """Return ``raw`` in Base64, as the server reads keys and proofs."""
    return base64.b64encode(raw).decode()
