"""What clients may ask of sharing, and what they are shown of it."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from worldvpn_core.ipc.share import (
    ShareInvite,
    ShareOff,
    ShareOn,
    ShareRequest,
    ShareRevoke,
    ShareStatus,
)
from worldvpn_core.reach.way_in import WayIn
from worldvpn_core.settings import Settings
from worldvpn_core.share.control import ShareControl
from worldvpn_core.share.hosting import Hosting
from worldvpn_core.share.listed import Listed
from worldvpn_core.share.states import Draining, Off, Serving, ShareState


@attrs.frozen(kw_only=True)
class ShareRequests:
    """The daemon's answers about sharing."""

    control: ShareControl
    way_in: WayIn
    listed: Listed | None = None
    hosting: Hosting | None = None

    async def dispatch(self, request: ShareRequest) -> Mapping[str, object]:
        """Answer one permitted request; a WorldVpnError is the caller's to read."""
        match request:
            case ShareOn(agree=agree):
                self.control.on(agreed=agree)
            case ShareOff():
                self.control.off()
                await self.control.runner.reached(lambda state: isinstance(state, Off))
            case ShareStatus():
                pass
            case ShareInvite(name=name, host=host):
                profile = self.control.invite(name, host)
                await self.control.runner.settled()
                return {"name": name, "profile": profile}
            case ShareRevoke(name=name):
                self.control.revoke(name)
                await self.control.runner.settled()
        return {"sharing": self.shown(), "devices": self._devices()}

    def shown(self) -> dict[str, object]:
        """Return the snapshot's part."""
        of_server = None
        if self.listed is not None and self.hosting is not None:
            of_server = {
                "listed": self.listed.is_listed,
                "reason": self.listed.reason,
                "guests": self.hosting.guests,
            }
        of_node = shown(self.control.runner.state, self.control.settings())
        listed = self.listed
        seen, by_hole = ("", False) if listed is None else (listed.code, listed.by_hole)
        reach = self.way_in.shown(seen, by_hole=by_hole)
        return {**of_node, "server": of_server, "reach": reach}

    def _devices(self) -> list[dict[str, object]]:
        return [
            {"name": one.name, "addresses": [str(host) for host in one.guest.addresses]}
            for one in self.control.guests.all()
        ]


def shown(state: ShareState, settings: Settings) -> dict[str, object]:
    """Return what clients may know of the node: nothing secret, no guest's key. Pure."""
    cause = state.cause if isinstance(state, Off | Draining) else None
    return {
        "state": type(state).__name__.lower(),
        "wanted": settings.sharing,
        "agreed_utc": settings.share_consent_utc,
        "port": settings.share_port,
        "engine": state.node.engine if isinstance(state, Serving) else None,
        "guests": 0 if isinstance(state, Off) else sum(bool(one.addresses) for one in state.guests),
        "cause": None if cause is None else attrs.asdict(cause),
    }
