"""Keeps the table of ``guest_watch`` with the node's rules, and reads what it has counted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import Final

import attrs

from worldvpn_core.contracts import Namespace, Shaped, Watched
from worldvpn_core.errors import FirewallError, RoutingError, ShareError
from worldvpn_core.policy import NodePolicy
from worldvpn_core.types import IpAddress
from worldvpn_killswitch import guest_watch
from worldvpn_killswitch.element_counts import Count, asking, counted
from worldvpn_killswitch.shares import shaping_of
from worldvpn_killswitch.watched import watched_of

#: The kernel answers at once; this only keeps a surprise from hanging us.
_PATIENCE_S: Final = 1.0


@attrs.define(eq=False)
class GuestWatching:
    """Where the table stands, and whom it has; None: that is not known."""

    _standing: tuple[Namespace, NodePolicy] | None = None

    def begin(self, space: Namespace, policy: NodePolicy) -> str:
        """Return what makes the table be ``policy``'s; until ``stands`` nothing is known of it."""
        before, self._standing = self._standing, None
        if before is None or before[0] is not space:
            return guest_watch.begun() + guest_watch.changed(None, policy)
        return guest_watch.changed(before[1], policy)

    async def stands(self, space: Namespace, policy: NodePolicy) -> None:
        """Take note that it stands, and let each guest have its share. Raises ShareError."""
        shaping = shaping_of(policy)
        try:
            if isinstance(space, Shaped):
                await space.shape(shaping)
            elif shaping is not None:
                raise ShareError("this system cannot share a rate out among guests")
        except RoutingError as error:
            raise ShareError(f"the guests' rates could not be set: {error}") from error
        self._standing = (space, policy)

    async def read(self) -> Mapping[IpAddress, Watched]:
        """Return what each guest has done. Raises ShareError: nobody is watched."""
        if self._standing is None:
            raise ShareError("there is no node whose guests could be watched")
        space, policy = self._standing
        try:
            # Not kept: a socket would keep the namespace, too.
            kernel = await space.run(asking)
            return watched_of(policy, await asyncio.to_thread(_read, kernel, policy))
        except (OSError, RuntimeError, FirewallError) as error:
            raise ShareError(f"what guests do cannot be read: {error}") from error


def _read(kernel: socket.socket, policy: NodePolicy) -> dict[str, dict[bytes, Count]]:
    """Return what each set has counted; closes ``kernel``, which takes a while."""
    names = [*guest_watch.read_of_all(policy.guests), *guest_watch.read_of_sent(policy.sent)]
    with kernel:
        kernel.settimeout(_PATIENCE_S)
        return {name: counted(kernel, guest_watch.TABLE, name) for name in names}
