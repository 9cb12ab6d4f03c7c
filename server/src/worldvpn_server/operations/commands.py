"""Commands beside serving: each reaches the database, does one thing, and ends."""

from __future__ import annotations

import argparse

from worldvpn_server.config import ServerConfig
from worldvpn_server.errors import StartError


async def run(said: argparse.Namespace, config: ServerConfig) -> int:
    """Run the command in ``said``; return the exit status."""
    raise StartError(f"{said.command} is not there yet in {config.data}")
