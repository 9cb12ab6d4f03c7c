"""A link that gives kept answers: every page as it is drawn, with no daemon behind it.

Both files hold snapshots by the name of what they show, and answers by method. What is in
``recorded.json`` a daemon has said in the lab (``scripts/record.py``). ``sample.json`` is written
by hand, in the same form: states that a sound computer cannot be brought into, and more nodes,
guests and bookings than a lab has; its figures are samples.
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
def _kept(name: str) -> Mapping[str, Any]:
    text = (files(__name__.rpartition(".")[0]) / f"{name}.json").read_text("utf-8")
    return cast("Mapping[str, Any]", json.loads(text))


def states(*, is_recorded: bool = False) -> Mapping[str, Snapshot]:
    """Return the kept snapshots by name."""
    kept = _kept("recorded" if is_recorded else "sample")
    return cast("Mapping[str, Snapshot]", kept["states"])


def now(*, is_recorded: bool = False) -> datetime:
    """Return the time at which they hold."""
    return datetime.fromisoformat(_kept("recorded" if is_recorded else "sample")["now_utc"])


class Replay(Link):
    """Answers from the kept answers, at once."""

    def __init__(self, *, is_recorded: bool = False) -> None:
        super().__init__(SOCKET_PATH)
        self._is_recorded, self._name = is_recorded, ""
        self.role = "owner"
        self.listener_uid = 0

    def open(self) -> None:
        """Be connected: there is nobody to connect to."""

    def show_state(self, name: str) -> None:
        """Show the kept snapshot ``name``."""
        self.snapshot, self._name = states(is_recorded=self._is_recorded)[name], name
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
        kept = _kept("recorded" if self._is_recorded else "sample")
        own = kept.get("by_state", {}).get(self._name, {})
        answer = own.get(method, kept["answers"].get(method))
        if answer is None:
            refused(Refusal(code="busy", message="this is a picture"))
        else:
            done(answer)
