"""Holes in the router in front of a node: it calls from inside, so that guests come through."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

import attrs

from worldvpn_core.central.news import News, PunchNews
from worldvpn_core.central.replies import Listener
from worldvpn_core.share.events import GuestInvited
from worldvpn_core.share.plan import Guest
from worldvpn_core.share.runner import ShareRunner
from worldvpn_core.share.states import Serving
from worldvpn_core.types import Endpoint

#: The ports of routers and resolvers; a guest's tunnel comes from none of them.
_LOWEST_PORT: Final = 1_024


class Holes:
    """Has the node call the server's own ports, and guests from where they were seen.

    The engine calls by its own socket: what it is seen by is what guests reach.
    """

    def __init__(self, server: IPv4Address | None, runner: ShareRunner) -> None:
        self._server = server
        self._runner = runner

    def call(self, listeners: tuple[Listener, ...]) -> bool:
        """Call ``listeners`` from now on; say whether one of them was not called before."""
        state = self._runner.state
        if self._server is None or not isinstance(state, Serving):
            return False
        called = {guest.public_key for guest in state.guests}
        fresh = [each for each in listeners if each.key not in called]
        for each in fresh:
            endpoint = Endpoint(host=self._server, port=each.port)
            self._runner.post(
                GuestInvited(guest=Guest(public_key=each.key, addresses=(), endpoint=endpoint))
            )
        return bool(fresh)

    def heard(self, news: News) -> None:
        """Take note of the central server's news: call a guest that calls."""
        state = self._runner.state
        if not isinstance(news, PunchNews) or not isinstance(state, Serving):
            return
        if news.endpoint.port < _LOWEST_PORT or not _is_unicast(news.endpoint):
            return
        for guest in state.guests:
            if guest.public_key == news.x25519 and guest.addresses:
                if guest.endpoint != news.endpoint:
                    called = attrs.evolve(guest, endpoint=news.endpoint)
                    self._runner.post(GuestInvited(guest=called))
                return


def _is_unicast(endpoint: Endpoint) -> bool:
    host = endpoint.host
    return isinstance(host, IPv4Address) and not (
        host.is_multicast or host.is_unspecified or host.is_loopback or host.is_link_local
    )
