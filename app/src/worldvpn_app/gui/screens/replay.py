"""A link that gives kept answers: every page as it is drawn, with no daemon behind it.

``sample.json`` holds snapshots by the name of what they show, and answers by method, in the
form in which the daemon gives them; its figures are samples.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any, cast

from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_app.gui.link import Link, LinkState, Refusal, Result
from worldvpn_core.ipc.protocol import SOCKET_PATH


@functools.cache
def _sample() -> Mapping[str, Any]:
    text = (files(__name__.rpartition(".")[0]) / "sample.json").read_text("utf-8")
    return cast("Mapping[str, Any]", json.loads(text))


def states() -> Mapping[str, Snapshot]:
    """Return the kept snapshots by name."""
    return cast("Mapping[str, Snapshot]", _sample()["states"])


def now() -> datetime:
    """Return the time at which they hold."""
    return datetime.fromisoformat(_sample()["now_utc"])


class Replay(Link):
    """Answers from the kept answers, at once."""

    def __init__(self) -> None:
        super().__init__(SOCKET_PATH)
        self.role = "owner"
        self.listener_uid = 0

    def open(self) -> None:
        """Be connected: there is nobody to connect to."""

    def show_state(self, name: str) -> None:
        """Show the kept snapshot ``name``."""
        self.snapshot = states()[name]
        self.state = LinkState.CONNECTED
        self.state_changed.emit()
        self.snapshot_changed.emit()

    def lose(self) -> None:
        """Be without a service."""
        self.state = LinkState.ABSENT
        self.state_changed.emit()

    def call(
        self,
        method: str,
        params: Mapping[str, object] | None = None,
        *,
        done: Callable[[Result], None] = lambda _result: None,
        refused: Callable[[Refusal], None] = lambda _refusal: None,
    ) -> None:
        """Give the kept answer; what has none is refused."""
        del params
        answer = _sample()["answers"].get(method)
        if answer is None:
            refused(Refusal(code="busy", message="this is a picture"))
        else:
            done(answer)
