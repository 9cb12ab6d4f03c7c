"""Why a tunnel through the directory ends, in the words that clients show. Pure."""

from __future__ import annotations

from typing import Final

from worldvpn_core.errors import (
    NoCreditProofError,
    OutOfCreditError,
    SignedOutError,
    WorldVpnError,
)
from worldvpn_core.types import Cause

#: Ends that were asked for here.
OURS: Final = frozenset({"client", "replaced"})
#: Reasons of the server's for an end after which another session can be opened.
_CAN_GO_ON: Final = frozenset({"node-offline", "node-refused", "expired"})
_ENDED: Final = "session.ended"

SIGNED_OUT: Final = Cause(
    code=SignedOutError.code,
    detail="You signed out: connect by a profile, or sign in again.",
    retryable=False,
)
#: With the three ways on.
OUT_OF_CREDIT: Final = Cause(
    code=OutOfCreditError.code,
    detail=(
        "Your credit is used up. Share your bandwidth to earn more (worldvpn share on), "
        "disconnect (worldvpn disconnect), or try again (worldvpn connect)."
    ),
    retryable=False,
)


def of_end(reason: str) -> Cause:
    """Return why the tunnel of a session falls that the server has ended for ``reason``."""
    if reason == OutOfCreditError.code:
        return OUT_OF_CREDIT
    if reason in _CAN_GO_ON:
        detail = f"the node ended the session ({reason}): taking another one"
        return Cause(code=_ENDED, detail=detail, retryable=True)
    detail = f"the central server ended the session: {reason}"
    return Cause(code=_ENDED, detail=detail, retryable=False)


def of_drain(reason: str) -> Cause:
    """Return why the tunnel falls whose node carries no more, by what it said: "counts-differ"."""
    return Cause(
        code=_ENDED,
        detail=f"the node carries no more for this session ({reason}): taking another one",
        retryable=True,
    )


def of_no_ticket(error: WorldVpnError) -> Cause:
    """Return why the tunnel falls whose ticket has run out, given what kept a new one away."""
    if isinstance(error, OutOfCreditError):
        return OUT_OF_CREDIT
    return Cause(
        code=NoCreditProofError.code,
        detail=f"the session's ticket has ended, and there is no new one: {error}",
        retryable=True,
    )
