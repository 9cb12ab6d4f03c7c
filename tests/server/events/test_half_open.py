"""Clients that went without a word."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

from worldvpn_server.config import ServerConfig
from worldvpn_server.events.stream import KEEPALIVE_S
from worldvpn_server.operations import supervisor


def test_connection_whose_client_acknowledges_nothing_ends_in_half_a_minute() -> None:
    config = ServerConfig(data=Path("unused"), host="127.0.0.1", port=0)
    with (
        closing(supervisor._listening(config)) as listener,
        closing(socket.create_connection(listener.getsockname())),
        closing(listener.accept()[0]) as accepted,
    ):
        waits_ms = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)

    assert waits_ms == 30_000
    assert waits_ms > KEEPALIVE_S * 1_000
