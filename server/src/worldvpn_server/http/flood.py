"""A limit of requests per address in this process: against floods, long before it is felt by users.

The generic cell rate algorithm (ITU-T I.371): one number an address, and no timer.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network
from typing import Final

import attrs
from litestar import Request
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from worldvpn_server.accounts.pseudonyms import Address, host_of
from worldvpn_server.errors import ThrottledError
from worldvpn_server.http.source import source_address

#: What one address may ask for a second, and at once: a household behind one address is far below.
RATE_PER_S: Final = 100
BURST: Final = 1_000
#: Addresses remembered; of more, those that asked longest ago are forgotten.
MOST_ADDRESSES: Final = 100_000


@attrs.define(eq=False)
class Flood:
    """When each address will have been quiet long enough to be forgotten."""

    _monotonic_s: Callable[[], float] = time.monotonic
    _burst: int = BURST
    _due_s: OrderedDict[str, float] = attrs.field(factory=OrderedDict, init=False, repr=False)

    def take(self, host: str) -> float:
        """Count a request of ``host``; return 0, or after how many seconds it may ask again."""
        now_s = self._monotonic_s()
        due_s = max(now_s, self._due_s.get(host, now_s))
        wait_s = due_s - now_s - (self._burst - 1) / RATE_PER_S
        if wait_s > 0:
            return wait_s
        self._due_s[host] = due_s + 1 / RATE_PER_S
        self._due_s.move_to_end(host)
        if len(self._due_s) > MOST_ADDRESSES:
            self._due_s.popitem(last=False)
        return 0.0


class FloodGate(ASGIMiddleware):
    """Turns floods away before anything is read or asked of the database.

    This machine itself is let through: a load balancer on it that does not say whom it asks for
    must not be taken for one client, and neither must a lab.
    """

    def __init__(
        self,
        lab_ranges: tuple[IPv4Network | IPv6Network, ...] = (),
        flood: Flood | None = None,
    ) -> None:
        self._flood = Flood() if flood is None else flood
        self._lab_ranges = lab_ranges

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        address = source_address(Request(scope))
        if not self._is_own(address):
            wait_s = self._flood.take(str(host_of(address)))
            if wait_s:
                raise ThrottledError(
                    "too many requests from this address: slow down",
                    retry_after_s=max(1, math.ceil(wait_s)),
                )
        await next_app(scope, receive, send)

    def _is_own(self, address: Address) -> bool:
        return address.is_loopback or any(address in each for each in self._lab_ranges)
