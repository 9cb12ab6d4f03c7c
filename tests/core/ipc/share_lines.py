"""Requests about sharing: good ones."""

from __future__ import annotations

from worldvpn_core.ipc.messages import Request
from worldvpn_core.ipc.share import (
    ShareGuests,
    ShareInvite,
    ShareKick,
    ShareLetBack,
    ShareOff,
    ShareOn,
    SharePause,
    ShareResume,
    ShareRevoke,
    ShareStatus,
)

GOOD: list[tuple[str, dict[str, object], Request]] = [
    ("share.on", {"agree": True}, ShareOn(agree=True)),
    ("share.off", {}, ShareOff()),
    ("share.status", {}, ShareStatus()),
    ("share.guests", {}, ShareGuests()),
    ("share.kick", {"alias": "3f9a", "reason": "no"}, ShareKick(alias="3f9a", reason="no")),
    ("share.let_back", {"alias": "3f9a"}, ShareLetBack(alias="3f9a")),
    ("share.pause", {"duration_s": None, "drain": True}, SharePause(drain=True)),
    ("share.resume", {}, ShareResume()),
    (
        "share.invite",
        {"name": "Phone", "host": "home.example"},
        ShareInvite(name="Phone", host="home.example"),
    ),
    ("share.revoke", {"name": "Phone"}, ShareRevoke(name="Phone")),
]
