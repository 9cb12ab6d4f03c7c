"""How a socket that the agent needs leaves this host in the present state, if at all."""

from __future__ import annotations

import enum
from collections.abc import Collection

from worldvpn_core.agent.spec import SocketKind, SocketWanted
from worldvpn_core.types import Endpoint


class Passage(enum.Enum):
    """By which way a socket goes."""

    #: As any program's: outside while the host is open, else through the tunnel.
    PLAIN = enum.auto()
    #: With our mark: what the firewall lets out to exact addresses without a tunnel.
    MARKED = enum.auto()


def passage(
    wanted: SocketWanted, *, is_open: bool, has_tunnel: bool, bootstrap: Collection[Endpoint]
) -> Passage | None:
    """Return the way for ``wanted``; None: not now. Pure.

    ``bootstrap`` is what the firewall lets marked sockets reach now. Names are asked for
    marked and without a tunnel only, or as the host's own programs do while it is open;
    the router in front of this host is asked marked, in every state;
    the central server is reached in every state, through the tunnel where there is one.
    """
    if wanted.kind is SocketKind.ROUTER:
        # Always marked: never into a tunnel, whatever stands between.
        return Passage.MARKED if is_open or wanted.endpoint in bootstrap else None
    if is_open:
        return None if wanted.kind is SocketKind.BOOTSTRAP else Passage.PLAIN
    if wanted.kind is SocketKind.DNS:
        return None
    if has_tunnel:
        return Passage.PLAIN if wanted.kind is SocketKind.CENTRAL else None
    return Passage.MARKED if wanted.endpoint in bootstrap else None
