"""A program of the client that always has something to say through the tunnel."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from worldvpn_lab.map import PLACES
from worldvpn_lab.world import World

_TALK = """
import socket, sys, time
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    try:
        line.sendto(b"anybody?", (sys.argv[1], 7))
    except OSError:
        pass
    time.sleep(0.1)
"""


@contextlib.contextmanager
def talking(world: World) -> Iterator[None]:
    """Send a datagram to an echo server ten times a second, tunnel or not."""
    argv = [sys.executable, "-I", "-c", _TALK, str(PLACES.page)]
    with world.spawn("client", argv):
        yield
