"""Keeps the rates of a namespace's interfaces: what changes is sent, the rest stands."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from worldvpn_core.contracts import Shaping
from worldvpn_core.contracts.namespaces import class_number
from worldvpn_core.errors import RoutingError
from worldvpn_host import shaper_codec as codec
from worldvpn_host.netlink import Request
from worldvpn_host.route_socket import RouteSocket


class Shaper:
    """The shaper of some interfaces, all alike."""

    def __init__(self, sock: RouteSocket) -> None:
        self._socket = sock
        #: What stands, and on which interfaces; None: nothing, or it is not known.
        self._standing: tuple[tuple[int, ...], Shaping] | None = None

    async def shape(self, indexes: tuple[int, ...], shaping: Shaping | None) -> None:
        """Make the rates of ``indexes`` be ``shaping``. Raises RoutingError."""
        before = None
        if self._standing is not None and self._standing[0] == indexes:
            before = self._standing[1]
        if shaping == before:
            return
        requests = [each for index in indexes for each in changes(index, before, shaping)]
        self._standing = None
        refused = await asyncio.to_thread(self._socket.send, requests)
        if refused:
            raise RoutingError(str(refused[0]))
        self._standing = None if shaping is None else (indexes, shaping)


def changes(index: int, before: Shaping | None, after: Shaping | None) -> Iterator[Request]:
    """Yield what makes the rates of an interface be ``after``. Pure."""
    if after is None:
        yield codec.remove(index)
        return
    if before is None:
        yield codec.remove(index)
        yield codec.install(index)
    if before is None or before.most_bytes_s != after.most_bytes_s:
        yield codec.whole(index, after.most_bytes_s)
    was = {} if before is None else before.shares
    for place in was.keys() - after.shares.keys():
        yield codec.withdraw(index, class_number(place))
    for place, given in after.shares.items():
        if was.get(place) != given:
            yield from codec.share(index, class_number(place), given)
