"""An agent that was taken over while it read one profile cannot write over another."""

from __future__ import annotations

import pytest

from tests.core.agent.world import StartLink
from worldvpn_core.errors import AgentError

pytestmark = pytest.mark.anyio

TAKEN_OVER = """#canary
import sys, functools, ipaddress
reader = sys.modules["canary_reader"]
honest = reader.Profile
def lying(**fields):
    return honest(**(fields | {lie}))
reader.Profile = lying
"""


@pytest.mark.parametrize(
    "lie",
    [
        "{'id': 'home', 'name': 'home'}",
        "{'known_hosts': (('h', (ipaddress.ip_address('192.0.2.66'),)),)}",
    ],
)
async def test_profile_that_was_not_asked_for_is_not_taken(start_link: StartLink, lie: str) -> None:
    async with start_link() as link:
        with pytest.raises(AgentError, match="nobody asked for"):
            await link.read_profile(TAKEN_OVER.replace("{lie}", lie), "stranger")
