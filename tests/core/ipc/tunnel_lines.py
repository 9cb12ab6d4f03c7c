"""Requests about the tunnel: good ones, and ones refused by field."""

from __future__ import annotations

from worldvpn_core.ipc.messages import (
    Request,
    TunnelConnect,
    TunnelDisconnect,
    TunnelPause,
    TunnelResume,
)

GOOD: list[tuple[str, dict[str, object], Request]] = [
    ("tunnel.connect", {"profile_id": "home"}, TunnelConnect(profile_id="home")),
    (
        "tunnel.connect",
        {"profile_id": "h-2", "partial": True},
        TunnelConnect(profile_id="h-2", partial=True),
    ),
    ("tunnel.connect", {"place": "de/Berlin"}, TunnelConnect(place="de/Berlin")),
    (
        "tunnel.connect",
        {"place": "fastest", "protocol": "wireguard"},
        TunnelConnect(place="fastest", protocol="wireguard"),
    ),
    ("tunnel.disconnect", {}, TunnelDisconnect()),
    ("tunnel.pause", {"duration_s": 60}, TunnelPause(duration_s=60)),
    ("tunnel.pause", {"duration_s": 86_400}, TunnelPause(duration_s=86_400)),
    ("tunnel.resume", {}, TunnelResume()),
]

BAD: list[tuple[str, dict[str, object], str]] = [
    ("tunnel.connect", {"profile_id": ""}, "profile_id must be 1 to 64 characters"),
    ("tunnel.connect", {"profile_id": "-x"}, "profile_id must be 1 to 64 characters"),
    ("tunnel.connect", {"profile_id": "../x"}, "profile_id must be 1 to 64 characters"),
    ("tunnel.connect", {"profile_id": "x\n"}, "profile_id must be 1 to 64 characters"),
    ("tunnel.connect", {"profile_id": "x" * 65}, "profile_id must be 1 to 64 characters"),
    ("tunnel.connect", {"profile_id": "x", "partial": 1}, "partial must be true or false"),
    ("tunnel.connect", {"profile_id": 1}, "profile_id must be a text"),
    ("tunnel.connect", {}, "say either profile_id or place"),
    ("tunnel.connect", {"profile_id": None}, "say either profile_id or place"),
    ("tunnel.connect", {"profile_id": "x", "place": "DE"}, "say either profile_id or place"),
    ("tunnel.connect", {"place": "DE", "protocol": "wire guard"}, "protocol must be 1 to 64"),
    ("tunnel.connect", {"profile_id": "x", "protocol": "wireguard"}, "protocol must be null"),
    ("tunnel.pause", {"duration_s": 59}, "duration_s must be 60 to 86400 seconds"),
    ("tunnel.pause", {"duration_s": 86_401}, "duration_s must be 60 to 86400 seconds"),
    ("tunnel.connect", {"place": "DE/"}, "place must be fastest, a country (DE)"),
    ("tunnel.connect", {"place": ""}, "place must be fastest, a country (DE)"),
    ("tunnel.connect", {"place": 7}, "place must be a text"),
]
