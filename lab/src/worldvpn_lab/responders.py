"""Starts the one process that answers on every server of the world.

The sockets are made here, each in its role's network, and handed over: the process itself
needs no rights and knows of no namespace.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import TYPE_CHECKING, Final

from worldvpn_core.errors import EngineError

if TYPE_CHECKING:
    from worldvpn_lab.world import World

#: Who answers. What is in nobody's list is refused by the kernel, as anywhere.
SERVERS: Final = ("lan", "isp", "node1", "node2", "internet")
UDP_PORTS: Final = (7, 53, 443, 853, 3478, 6969)
TCP_PORTS: Final = (7, 53, 80, 443, 853, 6969, 8080)

LOG: Final = "responders.log"
_FIRST: Final = 3


def start(world: World) -> None:
    """Start answering; returns once every socket is bound, so nobody is refused by haste."""
    services = [
        (role, kind, port)
        for role in SERVERS
        for kind, ports in (("udp", UDP_PORTS), ("tcp", TCP_PORTS))
        for port in ports
    ]
    sockets = [_bound(world, role, kind, port) for role, kind, port in services]
    log = os.open(world.directory / LOG, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    null = os.open(os.devnull, os.O_RDWR)
    plan = json.dumps([(kind, port) for _, kind, port in services])
    try:
        program = world.spawn(
            "internet",
            [sys.executable, "-I", "-m", "worldvpn_lab.answering", str(_FIRST), plan],
            stdio=(null, null, log, *(line.fileno() for line in sockets)),
        )
        program.keep()
        program.close()
    finally:
        os.close(log)
        os.close(null)
        for line in sockets:
            line.close()


def _bound(world: World, role: str, kind: str, port: int) -> socket.socket:
    type_ = socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM
    line = world.open_socket(role, socket.AF_INET6, type_)
    try:
        line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        line.bind(("::", port))
        if kind == "tcp":
            line.listen(128)
    except OSError as error:
        line.close()
        raise EngineError(f"{role} cannot answer on {port}/{kind}: {error}") from error
    return line
