"""What the owner wants of the node, and what the host's state lets it be."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final

import attrs

from worldvpn_core.contracts import Exit
from worldvpn_core.decide import KEEPS, share_hold
from worldvpn_core.errors import BusyError, ConfigError
from worldvpn_core.settings import Settings
from worldvpn_core.share.consent import consented
from worldvpn_core.share.events import (
    GuestInvited,
    GuestRevoked,
    ShareHeld,
    ShareReleased,
    ShareRequested,
    ShareStopped,
)
from worldvpn_core.share.invited import GuestStore
from worldvpn_core.share.plan import NodeLink, SharePlan
from worldvpn_core.share.runner import ShareRunner
from worldvpn_core.share.states import Draining, Off, Opening, Serving, ShareState
from worldvpn_core.tunnel.states import State
from worldvpn_core.types import NODE, Cause, Endpoint, IpAddress, Server

#: A node that fell is opened again after this.
RETRY_S: Final = 3.0
#: Which address of each inner network the node listens on.
_OWN: Final = 2
_LABEL: Final = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_HOST: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_LONGEST_HOST: Final = 253


@attrs.define(kw_only=True, eq=False)
class ShareControl:
    """Turns the owner's wishes and the tunnel's states into events for the node."""

    runner: ShareRunner
    guests: GuestStore
    exit_: Exit | None
    settings: Callable[[], Settings]
    change: Callable[[Settings], None]
    tunnel_state: Callable[[], State]
    #: What invited devices ask for names, through the node.
    dns: tuple[IpAddress, ...]
    #: Why the owner's own terms let nobody be served now.
    own_hold: Callable[[], Cause | None] = lambda: None
    _attempt: int = attrs.field(default=0, init=False)
    _retry: asyncio.TimerHandle | None = attrs.field(default=None, init=False)

    def on(self, *, agreed: bool, version: int | None = None) -> None:
        """Share from now on. ``version`` of the words was agreed to; None: the newest.

        Raises:
            ConfigError: no exit is there, or the owner has never agreed.
        """
        settings = self.settings()
        if self.exit_ is None:
            raise ConfigError("no plugin here lets guests out: enable one in daemon.toml")
        self._plan()
        self.change(attrs.evolve(consented(settings, agreed=agreed, version=version), sharing=True))
        self.follow()

    def off(self) -> None:
        """Share no more. Raises ConfigError when that cannot be kept; it is done all the same."""
        self._forget_retry()
        self.runner.post(ShareStopped())
        self.change(attrs.evolve(self.settings(), sharing=False))

    def follow(self) -> None:
        """Let the node be what the owner wants, as far as the tunnel's present state lets it."""
        self._forget_retry()
        settings = self.settings()
        hold = share_hold(self.tunnel_state(), settings)
        if not settings.sharing:
            return
        own = self.own_hold()
        if own is not None:
            self.runner.post(ShareHeld(cause=own))
            return
        if hold is KEEPS:
            return
        if hold is not None:
            self.runner.post(ShareHeld(cause=hold))
            return
        self.runner.post(ShareReleased())
        if isinstance(self.runner.state, Off | Draining):
            self.runner.post(self._plan())

    def reopen(self) -> None:
        """Open the node anew: something that it stands on is another.

        One that is not open, or goes, takes it when it opens: the owner may have ended sharing.
        """
        if self.settings().sharing and isinstance(self.runner.state, Opening | Serving):
            self.runner.post(ShareStopped())
            self.runner.post(self._plan())

    def heard(self, state: ShareState) -> None:
        """Take note of a change of the node's state: one that fell is opened again."""
        if isinstance(state, Off) and state.cause is not None and state.cause.retryable:
            self._forget_retry()
            loop = asyncio.get_running_loop()
            self._retry = loop.call_later(RETRY_S, self.follow)

    def invite(self, name: str, host: str) -> str:
        """Let one more device in; return the profile by which it reaches this node at ``host``.

        Raises:
            BusyError: the node does not serve.
            ConfigError: the name is taken, or ``host`` is no name or address.
        """
        state = self.runner.state
        if not isinstance(state, Serving) or self.exit_ is None:
            raise BusyError("nobody is served now: share first (worldvpn share on)")
        remote = Server(host=_host(host), port=state.plan.listen_port)
        addresses = self.guests.free_addresses(self.settings().share_guests)
        invitation = self.exit_.invite(state.node, remote, addresses, self.dns)
        self.guests.add(name, invitation.guest)
        self.runner.post(GuestInvited(guest=invitation.guest))
        return invitation.profile

    def revoke(self, name: str) -> None:
        """Let the device of that name in no more. Raises ConfigError when there is none."""
        guest = self.guests.remove(name)
        self.runner.post(GuestRevoked(public_key=guest.public_key))

    def _plan(self) -> ShareRequested:
        settings, prefixes = self.settings(), self.guests.prefixes
        self._attempt += 1
        plan = SharePlan(
            attempt=self._attempt,
            listen_port=settings.share_port,
            prefixes=prefixes,
            guests=settings.share_guests,
        )
        listen = tuple(Endpoint(host=one[_OWN], port=settings.share_port) for one in prefixes)
        link = NodeLink(interface=NODE, prefixes=prefixes, listen=listen)
        invited = tuple(one.guest for one in self.guests.all())
        return ShareRequested(plan=plan, link=link, guests=invited)

    def _forget_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None


def _host(text: str) -> str:
    """Return ``text`` if it names a host. Raises ConfigError."""
    try:
        return str(ip_address(text))
    except ValueError:
        if len(text) > _LONGEST_HOST or not _HOST.fullmatch(text):
            raise ConfigError(
                f"{text[:64]!r} is no name or address by which a device could reach this computer"
            ) from None
        return text
