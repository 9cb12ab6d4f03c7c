"""The client works where the agent lives: behind its filter, which refuses connect and open."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.plugins.central.test_http2 import listening
from tests.plugins.central.test_transport import address, pin
from tests.server.operations.process import PATIENCE_S, ServerProcess

ROOT = Path(__file__).parents[3]


def hand_out(near: socket.socket, where: tuple[str, int]) -> None:
    """Answer each request with a connected socket, until the other end has gone."""
    with near, contextlib.suppress(OSError):
        while near.recv(128):
            with socket.create_connection(where) as made:
                socket.send_fds(near, [b"given"], [made.fileno()])


def confined(where: tuple[str, int], root_key: str, known_by: str, value: str) -> str:
    """Run the client there, connected to ``where``; return what it said."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    helping = threading.Thread(target=hand_out, args=(near, where))
    helping.start()
    try:
        with far:
            ended = subprocess.run(
                [
                    *(sys.executable, "-m", "tests.plugins.central.confined_client"),
                    *(str(far.fileno()), where[0], str(where[1]), root_key, known_by, value),
                ],
                cwd=ROOT,
                pass_fds=[far.fileno()],
                capture_output=True,
                text=True,
                check=False,
                timeout=PATIENCE_S,
            )
    finally:
        helping.join()
    assert ended.stderr == ""
    return ended.stdout


@pytest.mark.parametrize("known_by", ["spki_sha256", "ca_file"])
def test_client_registers_follows_and_refreshes_under_the_agents_own_filter(
    server: ServerProcess, known_by: str
) -> None:
    value = pin(server) if known_by == "spki_sha256" else str(server.data / "tls" / "tls.crt")
    root_key = (server.data / "keys" / "root.pub").read_bytes().hex()

    assert confined(address(server), root_key, known_by, value) == "1 refreshed, True"


@pytest.mark.anyio
async def test_http2_needs_nothing_that_the_filter_refuses(tmp_path: Path) -> None:
    async with listening(tmp_path) as (where, spki):
        said = await asyncio.to_thread(confined, where, "00" * 32, "spki_sha256", spki)

    # The answer that this server gives to anything, read to its end.
    assert said == "the central server's answer makes no sense: signed_in"
