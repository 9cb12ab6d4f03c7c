"""What the parts that speak with the central server need of the rest of the daemon."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import attrs

from worldvpn_core.central.pins import KnownNodes
from worldvpn_core.central.tried import Measured
from worldvpn_core.notices import Notices
from worldvpn_core.settings import Settings
from worldvpn_core.tunnel.events import Event


@attrs.frozen(kw_only=True)
class AroundBroker:
    """What the broker needs.

    ``post`` takes events for the tunnel; ``changed`` is called when what is shown is another.
    """

    settings: Callable[[], Settings]
    post: Callable[[Event], None]
    changed: Callable[[], None]
    known: KnownNodes
    measured: Callable[[], tuple[Measured, ...]]
    notices: Notices


@attrs.frozen(kw_only=True)
class AroundDesk:
    """What the desk needs.

    ``measured`` is what own tunnels have shown of nodes, for the owner and root to see.
    ``claim`` makes a uid the owner where there is none; ``leaving`` ends what only the account
    made possible, and lets nothing of the kind begin while it is signed out.
    """

    settings: Callable[[], Settings]
    measured: Callable[[], tuple[Measured, ...]]
    claim: Callable[[int], None]
    leaving: Callable[[], AbstractAsyncContextManager[None]]
