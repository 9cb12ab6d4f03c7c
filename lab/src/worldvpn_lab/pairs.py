"""Which pairs of routers a guest and a node come through, and by what means: on real packets.

Two real daemons behind real routers, and a real central server between them. A pair is tried by
connecting, and counts where a page of the internet answers through the node.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

import attrs

from worldvpn_app.cli.exits import CommandError
from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_core.errors import EngineError
from worldvpn_lab import nat
from worldvpn_lab.central import CentralHouse
from worldvpn_lab.daemon import Daemon, Start, is_connected
from worldvpn_lab.map import PLACES
from worldvpn_lab.nat import GUESTS_SITE, HOME, NODES_SITE, Kind
from worldvpn_lab.upnp import Router
from worldvpn_lab.world import World

_COUNTRY: Final = "DE"
_PASSWORD: Final = "a lab's own words 7"  # noqa: S105 - two accounts that end with the lab
#: The server checks a network three times a minute at most.
_FIRST_PORT: Final = 51_830
#: Each try holds some, whether it comes through or not.
_CREDITS: Final = "1000000"
_CHECKED_S: Final = 150.0
#: Three calls and the engine's own repetition.
_CONNECT_S: Final = 14.0
#: The lab's servers answer there (RFC 862).
_ECHO_PORT: Final = 7
_ECHO_WORD: Final = b"through the hole"
_ANSWER_S: Final = 5.0
_KNOWN_S: Final = 60.0
_POLL_S: Final = 0.2


@attrs.frozen(kw_only=True)
class Row:
    """How a node stands behind a router, and which guests' routers let them come to it.

    ``means`` is how guests come ("mapped", "hole"), or the server's reason why none does.
    """

    node: str
    means: str
    guests: dict[str, bool]


#: Behind which router a node is; a router that is asked leads the port on, whatever it is else.
MAPPED: Final = "symmetric, mapped"
ROWS: Final = (Kind.FULL_CONE, Kind.PORT_RESTRICTED, Kind.SYMMETRIC, MAPPED)


def expected() -> tuple[Row, ...]:
    """Return what must come out: who is translated anew for each destination is never found."""
    everybody = {kind.value: True for kind in Kind}
    return (
        Row(node=Kind.FULL_CONE, means="open", guests=everybody),
        Row(
            node=Kind.PORT_RESTRICTED,
            means="hole",
            guests={**everybody, Kind.SYMMETRIC.value: False},
        ),
        Row(node=Kind.SYMMETRIC, means="symmetric", guests=dict.fromkeys(everybody, False)),
        Row(node=MAPPED, means="mapped", guests=everybody),
    )


@attrs.define
class Homes:
    """The two homes and the server between them."""

    world: World
    house: CentralHouse
    node: Daemon
    guest: Daemon

    @classmethod
    @contextmanager
    def standing(cls, directory: Path) -> Iterator[Self]:
        """Build all of it; it goes with the context."""
        with contextlib.ExitStack() as stack:
            world = stack.enter_context(World.up(directory, nodes=False, more=(HOME,)))
            nat.add_home(world)
            house = stack.enter_context(CentralHouse.open(world))
            daemons = []
            for role in ("client", HOME):
                how = Start(role=role, config=house.daemon_toml(), log_name=f"{role}.log")
                daemon = stack.enter_context(Daemon.start(world, how))
                name = f"owner-of-{role}"
                _sign_up(daemon, name)
                grant = [*house.program, "user", "grant", name, _CREDITS]
                world.run("internet", grant).checked()
                daemons.append(daemon)
            yield cls(world, house, *daemons)

    def row(self, kind: str, tell: Callable[[str], None] = lambda _line: None) -> Row:
        """Put the node behind a router of ``kind``, and try every guest."""
        is_mapped = kind == MAPPED
        with contextlib.ExitStack() as stack:
            if is_mapped:
                stack.enter_context(Router(self.world))
            nat.become(self.world, NODES_SITE, Kind.SYMMETRIC if is_mapped else Kind(kind))
            # A port that no router knows of from the row before.
            port = _FIRST_PORT + ROWS.index(kind)
            changes = {"share_country": _COUNTRY, "share_port": port}
            self.node.call("settings.set", changes=changes)
            self.node.call("share.on", agree=True)
            stack.callback(self.node.call, "share.off")
            means = self._means()
            guests = {}
            for guest in Kind:
                guests[guest.value] = means in {"open", "hole", "mapped"} and self._comes(guest)
                tell(f"{kind} <- {guest}: {guests[guest.value]}")
            return Row(node=kind, means=means, guests=guests)

    def _means(self) -> str:
        """Return how guests come, once the server knows, or why they do not."""

        def is_known(seen: Snapshot) -> bool:
            sharing: dict[str, Any] = dict(seen["sharing"])
            server, reach = sharing["server"] or {}, sharing["reach"] or {}
            return bool(server.get("listed")) or reach.get("reason") == "symmetric"

        sharing: dict[str, Any] = dict(self.node.until(is_known, _CHECKED_S)["sharing"])
        if not sharing["server"]["listed"]:
            return str(sharing["reach"]["reason"])
        if sharing["reach"]["way"] == "mapped":
            return "mapped"
        return "hole" if sharing["reach"]["way"] == "punched" else "open"

    def _connecting(self) -> bool:
        """Begin to connect; a node that is only about to see its last guest go refuses the next."""
        try:
            self.guest.call("tunnel.connect", place=_COUNTRY)
        except CommandError:
            return False
        return True

    def _comes(self, kind: Kind) -> bool:
        """Say whether a guest behind a router of ``kind`` reaches a page through the node."""
        nat.become(self.world, GUESTS_SITE, kind)
        _until(lambda: bool(_listed(self.guest)), _KNOWN_S)
        try:
            _until(self._connecting, _KNOWN_S)
            self.guest.until(is_connected, _CONNECT_S)
            return _answers(self.world)
        except EngineError:
            return False
        finally:
            self.guest.disconnect()


def tried(directory: Path, tell: Callable[[str], None] = lambda _line: None) -> tuple[Row, ...]:
    """Try every pair, in a lab of its own in ``directory``. Raises EngineError."""
    with Homes.standing(directory) as homes:
        return tuple(homes.row(kind, tell) for kind in ROWS)


def drawing(rows: tuple[Row, ...]) -> str:
    """Return the table for people: nodes down, guests across. Pure."""
    heads = ["node behind", "guests come by", *(f"guest: {kind.value}" for kind in Kind)]
    lines = [heads]
    for row in rows:
        marks = ["yes" if row.guests[kind.value] else "no" for kind in Kind]
        lines.append([row.node, row.means, *marks])
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        + "\n"
        for line in lines
    )


def _answers(world: World) -> bool:
    """Say whether a server of the internet sends back what the guest sends it."""
    with world.open_socket(HOME, socket.AF_INET, socket.SOCK_STREAM) as line:
        line.settimeout(_ANSWER_S)
        try:
            line.connect((str(PLACES.page), _ECHO_PORT))
            line.sendall(_ECHO_WORD)
            return line.recv(len(_ECHO_WORD), socket.MSG_WAITALL) == _ECHO_WORD
        except OSError:
            return False


def _say(line: str) -> None:
    sys.stderr.write(line)
    sys.stderr.flush()


def command(*, as_json: bool) -> int:
    """Print the table; return 0 where it is as it must be, else 1."""
    with tempfile.TemporaryDirectory(prefix="wv-nat-") as place:
        rows = tried(Path(place), lambda line: _say(f"{line}\n"))
    if as_json:
        json.dump([attrs.asdict(row) for row in rows], sys.stdout)
        sys.stdout.write("\n")
    else:
        sys.stdout.write(drawing(rows))
    return 0 if rows == expected() else 1


def _sign_up(daemon: Daemon, name: str) -> None:
    daemon.call("vault.create", opening={"kind": "file"})
    _until(lambda: daemon.status()["daemon"]["agent_pid"] is not None, _KNOWN_S)
    daemon.call("account.register", username=name, password=_PASSWORD)


def _listed(daemon: Daemon) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(daemon.call("directory.nodes")["json"])["nodes"]
    return found


def _until(holds: Callable[[], bool], limit_s: float) -> None:
    deadline_s = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > deadline_s:
            raise EngineError(f"it did not come in {limit_s:g} s")
        time.sleep(_POLL_S)
