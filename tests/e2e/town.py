"""A central server in the lab, and two users whose computers share."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import attrs
import pytest

from tests.e2e.rig import STATE, Rig
from worldvpn_app.cli.exits import CommandError
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_core.errors import CentralBusyError
from worldvpn_lab.central import CentralHouse
from worldvpn_lab.daemon import Daemon, Start, is_connected
from worldvpn_lab.map import NODES
from worldvpn_lab.world import World

COUNTRIES = {"node1": "DE", "node2": "FR"}
SHARE_PORT = 51_821
PASSWORD = "canary-password 7"  # noqa: S105 - a test's own
#: Whoever waits for a node to be tried, listed and published.
LISTED_S = 80.0
#: Clients come back ever later, a minute at most.
BACK_S = 90.0

#: How a daemon is started, made of how it would be.
Change = Callable[[Start], Start]


@attrs.define(kw_only=True, eq=False)
class Town:
    """The server, and the nodes' daemons by role."""

    world: World
    house: CentralHouse
    nodes: dict[str, Daemon]
    #: How daemons of some roles are started otherwise than all others.
    otherwise: Mapping[str, Change] = attrs.field(factory=dict)
    #: What the last guest was answered when it registered.
    made: dict[str, Any] = attrs.field(factory=dict)

    @classmethod
    @contextmanager
    def standing(
        cls, world: World, otherwise: Mapping[str, Change] | None = None
    ) -> Iterator[Town]:
        with ExitStack() as stack:
            house = stack.enter_context(CentralHouse.open(world))
            town = cls(world=world, house=house, nodes={}, otherwise=otherwise or {})
            stack.callback(town.close)
            for role in COUNTRIES:
                town.share(role)
            for daemon in town.nodes.values():
                daemon.until(is_listed, LISTED_S)
            yield town

    def share(self, role: str) -> Daemon:
        """Let the computer of ``role`` share, for the first time or again."""
        known = self.nodes.get(role)
        how = Start(
            role=role,
            config=self.house.daemon_toml(),
            config_path="/etc/worldvpn/town.toml",
            state_dir=f"{STATE}/{self.house.data.parent.name}",
            log_name=f"town-{role}.log",
        )
        daemon = Daemon.start(self.world, self.otherwise.get(role, _as_it_is)(how))
        self.nodes[role] = daemon
        if known is None:
            sign_up(daemon, f"owner-of-{role}")
            chosen = {"share_port": SHARE_PORT, "share_country": COUNTRIES[role]}
            daemon.call("settings.set", changes=chosen)
            daemon.call("share.on", agree=True)
        return daemon

    def close(self) -> None:
        """End the nodes' daemons."""
        for daemon in self.nodes.values():
            daemon.close()

    def start(
        self, rig: Rig, program: Sequence[str] | None = None, change: Change | None = None
    ) -> Daemon:
        """Start the client's daemon, which belongs to this server."""
        how = attrs.evolve(rig.how, config=self.house.daemon_toml())
        how = attrs.evolve(how, program=program or how.program)
        return rig.start((change or _as_it_is)(how))

    @contextmanager
    def guest(
        self,
        rig: Rig,
        name: str,
        program: Sequence[str] | None = None,
        change: Change | None = None,
    ) -> Iterator[Daemon]:
        """The client as ``name``, who sees both nodes; its sessions are ended with it."""
        daemon = self.start(rig, program, change)
        self.made = sign_up(daemon, name)
        until_listed(daemon, len(COUNTRIES))
        yield daemon
        leave(rig.daemons[-1])

    def reopen(self) -> None:
        """Start the server again, and wait until the nodes have come back to it."""
        self.house.start()
        for daemon in self.nodes.values():
            daemon.until(lambda seen: seen["account"]["reach"] == "online", BACK_S)

    def operator(self, *words: str) -> str:
        """Run a command of the server's operator; return what it says."""
        argv = [*self.house.program, *words]
        return str(self.world.run("internet", argv).checked())


def _as_it_is(how: Start) -> Start:
    return how


def sign_up(daemon: Daemon, name: str) -> dict[str, Any]:
    """Make a vault and an account in it."""
    daemon.call("vault.create", opening={"kind": "file"})
    # On a computer under load the agent comes a while after the daemon answers.
    wait_until(lambda: daemon.status()["daemon"]["agent_pid"] is not None)
    return daemon.call("account.register", username=name, password=PASSWORD)


def listed(daemon: Daemon) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(daemon.call("directory.nodes")["json"])["nodes"]
    return found


def until_listed(daemon: Daemon, count: int) -> list[dict[str, Any]]:
    wait_until(lambda: len(listed(daemon)) >= count)
    return listed(daemon)


def open_sessions(daemon: Daemon) -> list[dict[str, Any]]:
    every = json.loads(daemon.call("account.sessions")["json"])["sessions"]
    return [each for each in every if each["state"] in {"open", "offered"}]


def wait_until(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + LISTED_S
    while not holds():
        assert time.monotonic() < deadline_s, "it never came"
        time.sleep(0.1)


def leave(daemon: Daemon) -> None:
    """End the sessions of whoever is signed in, so that nothing is held any more."""
    if daemon.status()["account"]["signed_in"]:
        daemon.disconnect()
        # Those fetched ahead are kept for another time.
        wait_until(lambda: all(each["ahead"] for each in open_sessions(daemon)))


def connect(daemon: Daemon, place: str) -> Snapshot:
    """Connect to ``place``."""
    begin(daemon, place)
    return daemon.until(lambda seen: is_connected(seen) and bool(seen["session"]))


def begin(daemon: Daemon, place: str) -> None:
    """Ask for ``place``; a node that has just come back may have to be checked first."""
    deadline_s = time.monotonic() + LISTED_S
    while not _is_begun(daemon, place):
        assert time.monotonic() < deadline_s, f"no node at {place} takes a guest"
        time.sleep(0.5)


def _is_begun(daemon: Daemon, place: str) -> bool:
    try:
        daemon.call("tunnel.connect", place=place)
    except CommandError as error:
        if error.code != CentralBusyError.code:
            raise
        return False
    return True


def role_of(seen: Snapshot) -> str:
    """Return whose node the tunnel goes through."""
    session = seen["session"]
    assert session is not None
    return next(role for role, country in COUNTRIES.items() if country == session["country"])


def address_of(role: str) -> str:
    return next(str(node.endpoint) for node in NODES if node.role == role)


def is_listed(seen: Snapshot) -> bool:
    server = dict(seen["sharing"]).get("server")
    return bool(isinstance(server, dict) and server["listed"])


def ask_about_the_account(daemon: Daemon) -> None:
    """Ask for all there is to know of it, and what is refused."""
    for method in ("account.show", "account.devices", "account.sessions", "wallet.balance"):
        assert daemon.call(method)
    wrong: list[tuple[str, dict[str, object]]] = [
        ("account.login", {"username": "kurt", "password": f"{PASSWORD} of another"}),
        ("account.password", {"old_password": f"not {PASSWORD}", "new_password": PASSWORD}),
        (
            "account.recover",
            {"username": "kurt", "recovery_code": "not the code", "new_password": PASSWORD},
        ),
        ("account.register", {"username": "kurt", "password": PASSWORD, "pasword": PASSWORD}),
    ]
    for method, params in wrong:
        with pytest.raises(CommandError):
            daemon.call(method, **params)
