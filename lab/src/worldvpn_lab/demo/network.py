"""The demo's second part: a central server, two who share, and one who goes through them."""

from __future__ import annotations

import contextlib
import json
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_core.credit.units import CREDIT_TICKS
from worldvpn_core.errors import EngineError
from worldvpn_lab.central import PORT, CentralHouse
from worldvpn_lab.daemon import Daemon, Start, is_connected
from worldvpn_lab.demo.browser import Browser
from worldvpn_lab.demo.findings import Network
from worldvpn_lab.demo.settling import Purse, settle
from worldvpn_lab.map import NODES, PLACES
from worldvpn_lab.oracle.frames import TCP
from worldvpn_lab.oracle.judge import Admitted, Outside

if TYPE_CHECKING:
    from worldvpn_lab.world import World

#: Guests' port: the lab's own servers have WireGuard's.
SHARE_PORT: Final = 51_821
COUNTRIES: Final = {"node1": "DE", "node2": "FR"}
_LISTED_S: Final = 30.0
_FAILOVER_S: Final = 30.0
_DOWNLOAD_S: Final = 1.0
_POLL_S: Final = 0.1
#: Sends a datagram twenty times a second: somebody who uses the tunnel.
USER: Final = f"""
import socket, time
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    try:
        line.sendto(b"x", ("{PLACES.page}", 9))
    except OSError:
        pass
    time.sleep(0.05)
"""

Tell = Callable[[str], None]


#: Where the daemon's marked sockets may go while there is no tunnel.
CENTRAL: Final = (Outside(host=PLACES.central, port=PORT, protocol=TCP),)


def through_nodes() -> Admitted:
    """Return what may leave the client while it is a guest: tunnels to guests' ports."""
    hosts = tuple(host for node in NODES for host in (node.endpoint, node.endpoint6))
    return Admitted(endpoints=tuple(Outside(host=host, port=SHARE_PORT) for host in hosts))


def reaching(admitted: Admitted) -> Admitted:
    """Return the same while there is no tunnel: the central server is asked outside it."""
    return attrs.evolve(admitted, bootstrap=CENTRAL)


@attrs.frozen(kw_only=True)
class Stage:
    """Where it is played; ``client`` is the daemon of the one who connects."""

    world: World
    house: CentralHouse
    client: Daemon
    browser: Browser
    tell: Tell


def play(
    stage: Stage, attempt: Callable[[], None], watch: Callable[[Admitted | None], None]
) -> Network:
    """Play it.

    ``attempt`` tries to send past the tunnel, ``watch`` says what may leave; None: anything.

    Raises:
        WorldVpnError, CommandError: it could not go on.
    """
    with contextlib.ExitStack() as stack:
        stage.tell("Two users sign in and share their connection; the central server tries them.")
        stage.house.wait_ready()
        sharing = {
            role: stack.enter_context(sharing_node(stage.world, stage.house, role))
            for role in COUNTRIES
        }
        for daemon in sharing.values():
            daemon.until(is_listed, _LISTED_S)
        stage.tell("A third user registers, sees both, and connects to the fastest.")
        sign_in(stage.client, "visitor")
        nodes, began = listed(stage.client, len(sharing)), Purse.of(stage.client)
        began_s = time.monotonic()
        stage.client.call("tunnel.connect", place="fastest")
        watch(reaching(through_nodes()))
        connected = stage.client.until(is_connected)
        watch(through_nodes())
        connect_ms = (time.monotonic() - began_s) * 1_000
        first = stage.browser.exit_address()
        held = _held_credits(stage.client)
        attempt()

        used, other = _places(connected, nodes)
        stage.tell("That user's computer loses power: traffic must find the other one by itself.")
        argv = [sys.executable, "-c", USER]
        stack.enter_context(contextlib.closing(stage.world.spawn("client", argv)))
        watch(reaching(through_nodes()))
        began_s = time.monotonic()
        sharing[used].vanish()
        attempt()
        stage.client.until(lambda seen: _is_through(seen, connected), _FAILOVER_S)
        failover_ms = (time.monotonic() - began_s) * 1_000
        watch(through_nodes())
        second = stage.browser.exit_address()
        attempt()
        stage.tell("Downloading through it, and seeing that it is paid for to the byte.")
        stage.browser.throughput_mbps(_DOWNLOAD_S)
        watch(None)
        stage.client.disconnect()
        # The first one's computer is back: what both ends signed for before is paid, too.
        again = stack.enter_context(Daemon.start(stage.world, sharing[used].started))
        owners = (again, sharing[other])
        for daemon in owners:
            daemon.until(is_online, _LISTED_S)
        settlement = settle(stage.house, stage.client, began, owners)
        addresses = {node.role: str(node.endpoint) for node in NODES}
        return Network(
            nodes_seen=len(nodes),
            connect_ms=connect_ms,
            failover_ms=failover_ms,
            held_credits=held,
            settlement=settlement,
            exits=(first, second),
            expected=(addresses[used], addresses[other]),
        )


@contextlib.contextmanager
def sharing_node(
    world: World, house: CentralHouse, role: str, **settings: object
) -> Iterator[Daemon]:
    """A daemon in ``role`` whose owner signs in and shares; it may not be listed yet.

    ``settings`` are those that the owner chooses besides.
    """
    how = Start(role=role, config=house.daemon_toml(), log_name=f"{role}-daemon.log")
    with Daemon.start(world, how) as daemon:
        sign_in(daemon, f"owner-of-{role}")
        chosen = {"share_port": SHARE_PORT, "share_country": COUNTRIES[role], **settings}
        daemon.call("settings.set", changes=chosen)
        daemon.call("share.on", agree=True)
        yield daemon


def sign_in(daemon: Daemon, name: str) -> None:
    """Make a vault, and an account in it."""
    daemon.call("vault.create", opening={"kind": "file"})
    daemon.call("account.register", username=name, password=secrets.token_urlsafe(24))


def is_online(seen: Snapshot) -> bool:
    """Say whether the daemon speaks with the central server."""
    return _part(seen, "account").get("reach") == "online"


def is_listed(seen: Snapshot) -> bool:
    """Say whether the central server sends guests to the node."""
    return bool(_part(seen["sharing"], "server").get("listed"))


def _is_through(seen: Snapshot, before: Snapshot) -> bool:
    """Say whether another node than ``before`` is used now."""
    now, then = (_part(each, "session").get("node_id") for each in (seen, before))
    return is_connected(seen) and now is not None and now != then


def listed(daemon: Daemon, count: int) -> list[dict[str, Any]]:
    """Return the nodes that are listed, once there are ``count``. Raises EngineError."""
    deadline_s = time.monotonic() + _LISTED_S
    while True:
        text = str(daemon.call("directory.nodes")["json"])
        nodes: list[dict[str, Any]] = json.loads(text)["nodes"]
        if len(nodes) >= count:
            return nodes
        if time.monotonic() > deadline_s:
            raise EngineError(f"{len(nodes)} nodes are listed, and {count} share")
        time.sleep(_POLL_S)


def _places(connected: Snapshot, nodes: list[dict[str, Any]]) -> tuple[str, str]:
    """Return the role whose node is used, and the other one."""
    node_id = _part(connected, "session").get("node_id")
    country = next(each["country"] for each in nodes if each["id"] == node_id)
    (used,) = (role for role, there in COUNTRIES.items() if there == country)
    (other,) = (role for role in COUNTRIES if role != used)
    return used, other


def _held_credits(daemon: Daemon) -> int:
    """Return what is held for the session, in whole credits."""
    seen = daemon.until(lambda each: bool(_balance(each).get("held_ticks")))
    return int(_balance(seen)["held_ticks"]) // CREDIT_TICKS


def _balance(seen: Snapshot) -> dict[str, Any]:
    return _part(_part(seen, "account"), "balance")


def _part(whole: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object inside a snapshot; {} where there is none."""
    return whole.get(name) or {}
