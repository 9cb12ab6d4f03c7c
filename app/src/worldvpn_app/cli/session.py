"""What every verb is given: what was typed, where to print, and how to reach the daemon."""

from __future__ import annotations

import argparse
import time
from datetime import datetime
from typing import Final, Self

from worldvpn_app.cli.client import Client
from worldvpn_app.cli.exits import NoDaemonError
from worldvpn_app.cli.terminal import Terminal

#: How long one looks for a daemon that went away: a restart takes less.
_AWAY_S: Final = 10.0
_AGAIN_S: Final = 0.5


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

    def find_again(self) -> Client:
        """Connect to a daemon that went away and may come back. Raises like ``Client``."""
        deadline_monotonic_s = time.monotonic() + _AWAY_S
        while True:
            try:
                return self.client()
            except NoDaemonError:
                if time.monotonic() > deadline_monotonic_s:
                    raise
                time.sleep(_AGAIN_S)
