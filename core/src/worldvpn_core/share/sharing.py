"""Wires sharing into the daemon: runner, wishes and answers, and what a crash has left."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import attrs

from worldvpn_core.contracts import Exit, Namespaces
from worldvpn_core.enforce import Enforcer
from worldvpn_core.errors import WorldVpnError
from worldvpn_core.runner import TunnelRunner
from worldvpn_core.settings import Settings
from worldvpn_core.share.control import ShareControl
from worldvpn_core.share.invited import GuestStore
from worldvpn_core.share.requests import ShareRequests
from worldvpn_core.share.runner import ShareRunner
from worldvpn_core.share.states import Off, ShareState
from worldvpn_core.tunnel.states import Disconnected, Paused
from worldvpn_core.types import IpAddress

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Around:
    """What sharing needs of the rest of the daemon."""

    enforcer: Enforcer
    tunnel: TunnelRunner
    namespaces: Namespaces
    exit_: Exit | None
    settings: Callable[[], Settings]
    change: Callable[[Settings], None]
    publish: Callable[[], None]
    dns: tuple[IpAddress, ...]
    state_dir: Path


class Sharing:
    """All of sharing, wired."""

    def __init__(self, around: Around) -> None:
        self._around = around
        guests = GuestStore(around.state_dir / "guests.json")
        guests.load()
        #: A sentence for the user about what of it could not be read.
        self.notice = guests.notice
        self.runner = ShareRunner(
            around.enforcer, around.tunnel, around.exit_, on_change=self._changed
        )
        self.control = ShareControl(
            runner=self.runner,
            guests=guests,
            exit_=around.exit_,
            settings=around.settings,
            change=around.change,
            tunnel_state=lambda: around.tunnel.state,
            dns=around.dns,
        )
        self.requests = ShareRequests(control=self.control)

    async def sweep(self) -> None:
        """Remove the node that a crash has left."""
        for name in await self._around.namespaces.all():
            _log.info("removing the namespace %s, left by a former run", name)
            try:
                await self._around.namespaces.remove(name)
            except WorldVpnError as error:
                # The host's protection must not wait for it; the next node says what it lacks.
                _log.warning("%s", error)

    async def leave(self) -> None:
        """Close the node; an open host gets back what sharing has changed on it."""
        was_on = not isinstance(self.runner.state, Off)
        await self.runner.close()
        state = self._around.tunnel.state
        if was_on and isinstance(state, Disconnected | Paused):
            try:
                await self._around.enforcer.enter(state)
            except WorldVpnError:
                _log.exception("not all of what sharing needed could be given back")

    def _changed(self, state: ShareState) -> None:
        self.control.heard(state)
        self._around.publish()
