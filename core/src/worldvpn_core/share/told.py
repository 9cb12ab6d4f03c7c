"""Whom the warden tells, and asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import attrs

from worldvpn_core.contracts import GuestMeter, Uplink
from worldvpn_core.settings import Settings
from worldvpn_core.share.invited import GuestStore
from worldvpn_core.share.states import ShareState


@attrs.frozen(kw_only=True)
class Told:
    """Whom the warden tells, and asks."""

    settings: Callable[[], Settings]
    state: Callable[[], ShareState]
    counts: GuestMeter | None
    devices: GuestStore
    #: Let the node be what its terms are now.
    follow: Callable[[], None]
    #: Let the server know whether new guests are taken.
    accepts: Callable[[], None]
    publish: Callable[[], None]
    uplink: Uplink | None
    #: Whether the disk refuses receipts.
    is_stuck: Callable[[], Awaitable[bool]]
    #: What was earned with a session; None: it is not known.
    earned: Callable[[str], int | None] = lambda _session: None
