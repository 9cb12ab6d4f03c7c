"""What the agent's tests share: their types, and a zone that an honest server knows."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from ipaddress import ip_address
from typing import Any

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from worldvpn_core.agent.link import AgentLink
from worldvpn_core.agent.spec import Bootstrap, SystemResolvers
from worldvpn_core.errors import ResolutionError

#: No account of this machine: the agent becomes it by number.
UID = 64_999

StartLink = Callable[..., AbstractAsyncContextManager[AgentLink]]
OwnNetwork = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]
Script = Callable[[str], str]

FOUR, SIX = ip_address("192.0.2.7"), ip_address("2001:db8::7")
FIRST, SECOND = "127.0.0.1", "127.0.0.2"


def zone(query: dns.message.Message) -> dns.message.Message:
    """What an honest server knows: vpn.example has both, four.example one, alone.example none."""
    response = dns.message.make_response(query)
    question = query.question[0]
    owner, kind = str(question.name).lower(), dns.rdatatype.to_text(question.rdtype)
    names = ("vpn.example.", "four.example.", "nas.corp.example.", "alone.example.")
    held = {("vpn.example.", "AAAA"): SIX} | {(name, "A"): FOUR for name in names[:3]}
    if (owner, kind) in held:
        response.answer.append(
            dns.rrset.from_text(question.name, 60, "IN", kind, str(held[owner, kind]))
        )
    elif owner not in names:
        response.set_rcode(dns.rcode.NXDOMAIN)
    return response


async def refused(link: AgentLink, name: str, by: SystemResolvers | Bootstrap) -> str:
    """The sentence with which ``name`` is refused."""
    with pytest.raises(ResolutionError) as caught:
        await link.resolve(name, by)
    return str(caught.value)
