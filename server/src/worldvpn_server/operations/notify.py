"""Tells systemd how we are (sd_notify(3)), where it started us."""

from __future__ import annotations

import os
import socket


def tell(state: str) -> None:
    """Send ``state``; nothing happens without systemd."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    name = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.connect(name)
        line.sendall(state.encode())
