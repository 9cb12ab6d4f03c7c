"""A transport's name here, and its protocol's on the wire."""

from __future__ import annotations

from typing import Final

_WIRE: Final = {
    "wireguard": "WireGuard",
    "shadowsocks": "Shadowsocks",
    "obfs": "WireGuardObfuscated",
}


def wire_name(transport: str) -> str:
    """Return what the server calls ``transport``; a name of the server's own is left as it is."""
    return _WIRE.get(transport, transport)
