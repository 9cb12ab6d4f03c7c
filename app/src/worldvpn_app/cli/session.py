"""What every verb is given: what was typed, where to print, and how to reach the daemon."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Self

from worldvpn_app.cli.client import Client
from worldvpn_app.cli.terminal import Terminal


class Session:
    """One run of ``worldvpn``; a verb is a function from it to an exit code."""

    def __init__(self, socket_path: str, terminal: Terminal, options: argparse.Namespace) -> None:
        self._client: Client | None = None
        self.socket_path = socket_path
        self.terminal = terminal
        self.options = options

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._client is not None:
            self._client.close()

    def now(self) -> datetime:
        """Return this moment in the reader's zone."""
        return datetime.now().astimezone()

    def client(self) -> Client:
        """Connect to the daemon, leaving an earlier connection. Raises like ``Client``."""
        if self._client is not None:
            self._client.close()
        self._client = None
        self._client = Client(self.socket_path)
        return self._client
