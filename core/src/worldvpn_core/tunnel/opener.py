"""Opens one tunnel and holds it until it falls: the border to transports.

Together with ``plugins.notify`` the only place that catches ``Exception``: whatever
a transport raises becomes an event, so that the machine decides what it means.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Final

import attrs

from worldvpn_core.contracts import Links, Listener, Transport, Tunnel
from worldvpn_core.errors import (
    ContractError,
    HandshakeTimeoutError,
    TransportError,
    WorldVpnError,
)
from worldvpn_core.tunnel.admission import refuse_lies, refuse_taken
from worldvpn_core.tunnel.events import ProtectionFailed, TunnelDown, TunnelUp
from worldvpn_core.types import Cause, Endpoint, TunnelPlan

#: Beyond the transport's own limit: what core allows before it calls the attempt off.
OPEN_GRACE_S: Final = 5.0

_log = logging.getLogger(__name__)

#: Watches an open tunnel; returns with the reason why it is considered fallen.
Watch = Callable[[TunnelPlan, Tunnel], Coroutine[None, None, Exception]]
Tell = Callable[[TunnelUp | TunnelDown | ProtectionFailed], None]


def cause_of(error: BaseException) -> Cause:
    """Return ``error`` in the form that states and clients carry."""
    if isinstance(error, WorldVpnError):
        return Cause(code=error.code, detail=str(error), retryable=error.retryable)
    detail = f"a plugin failed unexpectedly ({type(error).__name__}); the log says more"
    return Cause(code="internal", detail=detail, retryable=True)


@attrs.frozen(kw_only=True)
class Opener:
    """Knows the transports, checks what they return, and watches what they opened."""

    transports: Mapping[str, Transport]
    links: Links
    watch: Watch

    async def hold(self, plan: TunnelPlan, admitted: tuple[Endpoint, ...], tell: Tell) -> None:
        """Open the tunnel of ``plan`` and hold it open until it falls or we are cancelled.

        Tells ``TunnelUp``, then ``TunnelDown`` once all is cleaned up; a transport
        that lies is ``ProtectionFailed``. Cancelled, it cleans up and tells nothing.
        """
        tunnel: Tunnel | None = None
        try:
            tunnel = await self._open(plan)
            refuse_lies(plan, admitted, tunnel.info, await self.links.all())
            tell(TunnelUp(attempt=plan.attempt, tunnel=tunnel.info))
            error = await self.watch(plan, tunnel)
        except Exception as raised:
            if not isinstance(raised, WorldVpnError):
                _log.exception("transport %s failed", plan.transport)
            error = raised
        finally:
            if tunnel is not None:
                await close_to_the_end(tunnel, f"the tunnel on {tunnel.info.path}")
        if isinstance(error, ContractError):
            tell(ProtectionFailed(cause=cause_of(error)))
        else:
            tell(TunnelDown(attempt=plan.attempt, cause=cause_of(error)))

    async def _open(self, plan: TunnelPlan) -> Tunnel:
        transport = self.transports.get(plan.transport)
        if transport is None:
            raise TransportError(f"no plugin offers the transport {plan.transport!r}")
        refuse_taken(plan, await self.links.all())
        limit_s = plan.handshake_timeout_s + OPEN_GRACE_S
        try:
            async with asyncio.timeout(limit_s):
                return await transport.open(plan)
        except TimeoutError as error:
            raise HandshakeTimeoutError(
                f"transport {plan.transport} did not open in {limit_s:g} s"
            ) from error


async def until_down(tunnel: Tunnel) -> Exception:
    """Return why ``tunnel`` fell by itself."""
    return await tunnel.wait_down() or TransportError("the tunnel closed by itself")


async def close_to_the_end(opened: Tunnel | Listener, name: str) -> None:
    """Close ``opened``, even when cancelled meanwhile: nothing may stay behind."""
    closing = asyncio.ensure_future(opened.close())
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await closing
        raise
    except Exception:
        _log.exception("%s did not close cleanly", name)
