"""How much a minute of the agent may ask for: more than a busy user needs, and not without end."""

from __future__ import annotations

import pytest

from worldvpn_core.agent.standing import SOCKETS_A_MINUTE, Allowance
from worldvpn_core.errors import AgentError

#: Changes of the tunnel in a minute of trying places by hand, and connections each of them moves.
_CHANGES = 60
_CONNECTIONS = 8


def test_a_minute_of_trying_places_by_hand_is_within_what_may_be_asked() -> None:
    sockets = Allowance("sockets", SOCKETS_A_MINUTE)

    for _ in range(_CHANGES * _CONNECTIONS):
        sockets.take()


def test_sockets_without_end_are_refused() -> None:
    sockets = Allowance("sockets", SOCKETS_A_MINUTE)
    for _ in range(SOCKETS_A_MINUTE):
        sockets.take()

    with pytest.raises(AgentError, match=f"over {SOCKETS_A_MINUTE} sockets in a minute"):
        sockets.take()
