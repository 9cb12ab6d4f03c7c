"""Record what a real daemon says, for the app's pictures: ``python scripts/record.py``.

Builds the lab with a central server and two computers that share, goes through the states of a
tunnel, and writes each snapshot and the answers of every page beside
``app/src/worldvpn_app/gui/screens``. Nothing of it is written by hand.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from worldvpn_app.cli.exits import CommandError
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_core.errors import EngineError
from worldvpn_lab.central import CentralHouse
from worldvpn_lab.daemon import Daemon, Start, is_connected, is_in
from worldvpn_lab.demo import network
from worldvpn_lab.world import World

_FILE: Final = (
    Path(__file__).resolve().parent.parent / "app/src/worldvpn_app/gui/screens/recorded.json"
)
_PATIENCE_S: Final = 60.0
_TRAFFIC_S: Final = 8.0
_OWNER: Final = "mara"
#: What the pages ask for.
_ASKED: Final[Mapping[str, Mapping[str, object]]] = {
    "settings.get": {},
    "profiles.list": {},
    "plugins.list": {},
    "directory.nodes": {"offset": 0, "limit": 500},
    "wallet.balance": {},
    "wallet.history": {"limit": 200},
    "account.show": {},
    "account.devices": {},
    "share.status": {},
    "firewall.counters": {},
    "firewall.outside": {},
    "firewall.why": {"destination": "9.9.9.9", "port": 53, "protocol": "udp"},
    "log.tail": {},
    "traffic.show": {},
}


class Notes:
    """Every snapshot that a daemon tells, by its state; the last of each is kept."""

    def __init__(self, daemon: Daemon) -> None:
        self.states: dict[str, Snapshot] = {}
        self._daemon = daemon
        self._is_over = False
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._thread.join(_PATIENCE_S)

    def keep(self, name: str, snapshot: Snapshot) -> None:
        """Keep ``snapshot`` under a name of its own."""
        self.states[name] = snapshot

    def _follow(self) -> None:
        with contextlib.closing(self._daemon.client()) as client:
            client.call("subscribe")
            while not self._is_over:
                seen = client.next_snapshot(0.2)
                state = seen["tunnel"]["state"] if seen is not None else ""
                if seen is not None and state in {"connecting", "switching", "disconnecting"}:
                    self.states[state] = seen


@contextlib.contextmanager
def town() -> Iterator[tuple[World, CentralHouse, Daemon, dict[str, Daemon]]]:
    """Build the lab: two who share, and one who will go through them."""
    with contextlib.ExitStack() as stack:
        parent = stack.enter_context(tempfile.TemporaryDirectory(prefix="worldvpn-record-"))
        world = stack.enter_context(World.up(Path(parent, "lab")))
        house = stack.enter_context(CentralHouse.open(world))
        sharing = {
            role: stack.enter_context(network.sharing_node(world, house, role))
            for role in network.COUNTRIES
        }
        for daemon in sharing.values():
            daemon.until(network.is_listed, _PATIENCE_S)
        client = stack.enter_context(Daemon.start(world, Start(config=house.daemon_toml())))
        yield world, house, client, sharing


def record() -> Mapping[str, Any]:
    """Go through the states; return what was said."""
    with town() as (world, _house, client, sharing):
        client.call("vault.create", opening={"kind": "file"})
        before = client.until(_has_agent, _PATIENCE_S)
        client.call("account.register", username=_OWNER, password="a-lab-of-our-own")  # noqa: S106 - the lab's
        network.listed(client, len(sharing))
        client.import_profile("node1")
        client.call("settings.set", changes={"share_country": "PT", "share_city": "Lisbon"})
        with Notes(client) as notes:
            notes.keep("signed-out", before)
            notes.keep("disconnected", client.until(_has_balance, _PATIENCE_S))
            client.call("settings.set", changes={"lockdown": True})
            notes.keep("lockdown", client.status())
            client.call("settings.set", changes={"lockdown": False})
            _go(client, notes)
            answers, of_node = _answers(world, client, sharing, notes)
            _switch(client)
            client.call("tunnel.pause", duration_s=900)
            notes.keep("paused", client.until(is_in("paused"), _PATIENCE_S))
            client.call("tunnel.resume")
            seen = client.until(is_connected, _PATIENCE_S)
            notes.keep("blocked", _fall(client, sharing, seen))
            client.call("tunnel.disconnect")
            client.until(is_in("disconnected"), _PATIENCE_S)
        return {
            "now_utc": datetime.now(UTC).isoformat(timespec="seconds"),
            "states": dict(sorted(notes.states.items())),
            "answers": answers,
            "by_state": {"sharing": of_node},
        }


def _go(client: Daemon, notes: Notes) -> None:
    client.call("tunnel.connect", place="fastest")
    notes.keep("connected", client.until(is_connected, _PATIENCE_S))


def _answers(
    world: World, client: Daemon, sharing: dict[str, Daemon], notes: Notes
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return what each page is told while somebody uses the tunnel, and that of its node."""
    argv = [sys.executable, "-c", network.USER]
    with contextlib.closing(world.spawn("client", argv)):
        time.sleep(_TRAFFIC_S)
        notes.keep("connected", client.status())
        used = _country(notes.states["connected"])
        (role,) = (role for role, there in network.COUNTRIES.items() if there == used)
        notes.keep("sharing", sharing[role].status())
        return _asked(client), _asked(sharing[role])


def _asked(daemon: Daemon) -> Mapping[str, Any]:
    answers = {}
    for method, params in _ASKED.items():
        try:
            answers[method] = daemon.call(method, **params)
        except CommandError as error:
            sys.stderr.write(f"{method}: {error}\n")
    # What is told at first to who watches it is the same as is shown once.
    answers["traffic.watch"] = answers["traffic.show"]
    return answers


def _switch(client: Daemon) -> None:
    used = _country(client.status())
    other = next(code for code in network.COUNTRIES.values() if code != used)
    client.call("tunnel.connect", place=other)
    client.until(
        lambda seen: is_connected(seen) and _country(seen) == other,
        _PATIENCE_S,
    )


def _fall(client: Daemon, sharing: dict[str, Daemon], seen: Snapshot) -> Snapshot:
    """Let every node lose power; return the snapshot that says so."""
    if not is_connected(seen):
        raise EngineError("there is no tunnel that could fall")
    for daemon in sharing.values():
        daemon.vanish()
    return client.until(
        lambda now: now["tunnel"]["state"] == "blocked" and now["tunnel"]["cause"] is not None,
        _PATIENCE_S,
    )


def _country(seen: Snapshot) -> str | None:
    session = seen.get("session")
    return None if session is None else session["country"]


def _has_agent(seen: Snapshot) -> bool:
    return seen["daemon"]["agent_pid"] is not None


def _has_balance(seen: Snapshot) -> bool:
    account = seen.get("account")
    return account is not None and account["balance"] is not None


if __name__ == "__main__":
    said = record()
    _FILE.write_text(f"{json.dumps(said, indent=1, ensure_ascii=False)}\n", "utf-8")
    sys.stdout.write(f"{', '.join(said['states'])}: {_FILE}\n")
