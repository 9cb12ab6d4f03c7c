"""What clients may ask of sharing, and what they are shown of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import attrs

from worldvpn_core.ipc.share import (
    ShareGuests,
    ShareInvite,
    ShareKick,
    ShareLetBack,
    ShareOff,
    ShareOn,
    SharePause,
    ShareRequest,
    ShareResume,
    ShareRevoke,
    ShareStatus,
)
from worldvpn_core.reach.way_in import WayIn
from worldvpn_core.settings import Settings
from worldvpn_core.share import consent, picture
from worldvpn_core.share.control import ShareControl
from worldvpn_core.share.hosting import Hosting
from worldvpn_core.share.listed import Listed
from worldvpn_core.share.states import Draining, Off, Serving, ShareState
from worldvpn_core.share.warden import Warden


@attrs.frozen(kw_only=True)
class ShareRequests:
    """The daemon's answers about sharing."""

    control: ShareControl
    warden: Warden
    way_in: WayIn
    listed: Listed | None = None
    hosting: Hosting | None = None

    async def dispatch(self, request: ShareRequest) -> Mapping[str, object]:
        """Answer one permitted request; a WorldVpnError is the caller's to read."""
        match request:
            case ShareOn(agree=agree, version=version):
                self.control.on(agreed=agree, version=version)
                self.warden.hurry()
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
            case ShareGuests() | ShareKick() | ShareLetBack():
                return await self._guests(request)
            case SharePause(duration_s=duration_s, drain=drain):
                self.warden.pause(duration_s, drain=drain)
                await self.control.runner.settled()
            case ShareResume():
                self.warden.resume()
                await self.control.runner.settled()
        return {"sharing": self._seen_by_all(), "devices": self._devices()}

    def settings_changed(self) -> None:
        """Take note that the owner's settings are others."""
        self.control.follow()
        self.warden.hurry()
        if self.listed is not None:
            self.listed.settings_changed()

    def shown(self) -> dict[str, object]:
        """Return the snapshot's part; ``people`` and ``banned`` are the owner's alone to see."""
        return {**self._seen_by_all(), **picture.guests(self.warden)}

    async def _guests(
        self, request: ShareGuests | ShareKick | ShareLetBack
    ) -> Mapping[str, object]:
        match request:
            case ShareKick(alias=alias, reason=reason, for_s=for_s):
                self.warden.kick(alias, reason or "you sent it away", timedelta(seconds=for_s))
                await self.control.runner.settled()
            case ShareLetBack(alias=alias):
                self.warden.let_back(alias)
            case ShareGuests():
                pass
        found = picture.guests(self.warden)
        return {"guests": found["people"], "banned": found["banned"]}

    def _seen_by_all(self) -> dict[str, object]:
        of_server = None
        if self.listed is not None and self.hosting is not None:
            of_server = {
                "listed": self.listed.is_listed,
                "reason": self.listed.reason,
                "guests": self.hosting.guests,
            }
        settings, listed = self.control.settings(), self.listed
        seen, by_hole = ("", False) if listed is None else (listed.code, listed.by_hole)
        return {
            **shown(self.control.runner.state, settings),
            "server": of_server,
            "reach": self.way_in.shown(seen, by_hole=by_hole),
            "consent": consent.as_json(settings),
            **picture.terms_of(self.warden, settings),
        }

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
