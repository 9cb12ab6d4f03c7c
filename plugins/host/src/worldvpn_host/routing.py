"""Makes the host's routing be a policy: read once, decide, one batch."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress
from typing import Final

import attrs

from worldvpn_core.contracts import Change
from worldvpn_core.errors import RoutingError
from worldvpn_core.policy import RoutingPolicy
from worldvpn_host.forwarding import HeldForwarding
from worldvpn_host.lately import Lately
from worldvpn_host.route_codec import RTM_DELRULE
from worldvpn_host.route_socket import RouteSocket
from worldvpn_host.routes import Found, Held
from worldvpn_host.routing_diff import changes
from worldvpn_host.routing_plan import plan
from worldvpn_host.routing_reader import read
from worldvpn_host.sysctls import HeldSysctls

_log = logging.getLogger(__name__)

#: Others may change links or rules between our reading and our batch; they stop soon.
_ATTEMPTS: Final = 4


class KernelRouting:
    """Routing of the network namespace that it is first used in."""

    def __init__(self, sock: RouteSocket) -> None:
        self._socket = sock
        self._sysctls = HeldSysctls()
        self._forwarding = HeldForwarding()
        self._lately = Lately()
        self._is_held = False
        # Not asyncio's: a cancelled ``apply`` leaves its thread at work.
        self._lock = threading.Lock()

    async def record(self, policy: RoutingPolicy) -> tuple[Change, ...]:
        held = self._sysctls.record() if policy.held else ()
        shared = self._forwarding.record() if policy.node is not None else ()
        return (*held, *shared)

    def adopt(self, changes: tuple[Change, ...]) -> None:
        self._sysctls.adopt(changes)
        self._forwarding.adopt(changes)

    async def apply(self, policy: RoutingPolicy) -> None:
        await asyncio.to_thread(self._apply, policy)

    def _apply(self, policy: RoutingPolicy) -> None:
        with self._lock:
            try:
                if policy.held:
                    self._sysctls.hold()
                self._converge(policy)
                self._is_held = policy.held
            finally:
                if not self._is_held:
                    self._sysctls.release()
            # Last: packets are passed on only where rules and routes stand.
            if policy.node is None:
                self._forwarding.release()
            else:
                self._forwarding.hold()

    def _converge(self, policy: RoutingPolicy) -> None:
        """Repeat read, decide, batch until nothing is left to change."""
        before: Found | None = None
        for attempt in range(1, _ATTEMPTS + 1):
            facts, found = read(self._socket, policy)
            if policy.node is not None:
                facts = attrs.evolve(facts, nearby=self._lately.including(facts.nearby))
            before = before or found
            batch = changes(found, plan(policy, facts))
            refused = self._socket.send(batch)
            if refused and attempt == _ATTEMPTS:
                with suppress(RoutingError):
                    self._restore(before, policy)
                raise RoutingError("; ".join(dict.fromkeys(str(one) for one in refused)))
            if refused:
                _log.info("routing, attempt %d: %s", attempt, refused[0])
            # Deleting a rule may hit another with a wider selector: look again.
            elif not any(request.kind == RTM_DELRULE for request in batch):
                return

    def _restore(self, before: Found, policy: RoutingPolicy) -> None:
        _, now = read(self._socket, policy)
        wanted = Held(
            rules=frozenset(rule for rule, _ in before.rules if not rule.unknown),
            routes=frozenset(route for route, _ in before.routes if not route.unknown),
            addresses=frozenset(before.addresses),
            mtus=before.mtus,
        )
        self._socket.send(changes(now, wanted))
