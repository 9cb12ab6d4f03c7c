"""How the product is brought into each state, and what may leave in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import attrs

from worldvpn_core.errors import EngineError
from worldvpn_lab import guest
from worldvpn_lab.daemon import Daemon, Part, Start, is_connected, is_in
from worldvpn_lab.device import addresses_of, device
from worldvpn_lab.disturb import relay
from worldvpn_lab.disturb.processes import NODE, stop
from worldvpn_lab.disturb.scene import Scene
from worldvpn_lab.map import NODES, PLACES, Node
from worldvpn_lab.oracle.judge import Admitted, Outside
from worldvpn_lab.probes.errands import NUMBER as ERRANDS
from worldvpn_lab.probes.salvo import Salvo
from worldvpn_lab.probes.volley import ALL

if TYPE_CHECKING:
    from contextlib import ExitStack

FIRST, SECOND = NODES
_PAUSE_S: Final = 3600
_BLOCKED_S: Final = 30.0
_FAR_S: Final = 2.0
_POLL_S: Final = 0.02
_SERVING_S: Final = 10.0


#: The lab's client has only the accounts every Debian has. Its third card is a veth on a bridge,
#: as a container's is: that it leads outside must be said.
START: Final = Start(
    config=(
        'agent_user = "nobody"\nsocket_group = "nogroup"\n'
        f'[options]\nkillswitch_outside = "{guest.CARD.near.name}"\n'
    )
)


@attrs.define(kw_only=True, eq=False)
class Stage:
    """What entering a state works with; ``stack`` undoes at the scenario's end."""

    scene: Scene
    daemon: Daemon
    stack: ExitStack
    #: The guest of the client's node, where it has one.
    salvo: Salvo | None = None

    def beside(self, node: Node) -> Scene:
        """Return the scene with another node in the middle of it."""
        return attrs.evolve(self.scene, node=node)


def _disconnected(_stage: Stage) -> None:
    pass


def _connected(stage: Stage) -> None:
    stage.daemon.import_profile("node1")
    stage.daemon.connect("node1")


def _connected_with_lan(stage: Stage) -> None:
    stage.daemon.call("settings.set", changes={"allow_lan": True})
    _connected(stage)


def _connecting(stage: Stage) -> None:
    stage.stack.enter_context(relay.silent(stage.scene))
    stage.daemon.import_profile("node1")
    stage.daemon.call("tunnel.connect", profile_id="node1")
    stage.daemon.until(is_in("connecting"))


def _switching(stage: Stage) -> None:
    _connected(stage)
    stage.daemon.import_profile("node2")
    stage.stack.enter_context(relay.silent(stage.beside(SECOND)))
    stage.daemon.call("tunnel.connect", profile_id="node2")
    stage.daemon.until(is_in("switching"))


def _switched(stage: Stage) -> None:
    _connected(stage)
    stage.daemon.import_profile("node2")
    stage.daemon.connect("node2")


def _paused(stage: Stage) -> None:
    _connected(stage)
    stage.daemon.call("tunnel.pause", duration_s=_PAUSE_S)
    stage.daemon.until(is_in("paused"))


def _resumed(stage: Stage) -> None:
    _paused(stage)
    stage.daemon.call("tunnel.resume")
    stage.daemon.until(is_connected)


def _disconnecting(stage: Stage) -> None:
    """Hold the state: an engine that stands still takes a second to be ended."""
    stage.daemon.call("settings.set", changes={"lockdown": True})
    _connected(stage)
    stage.stack.enter_context(stop((Part.ENGINE,), stopped_s=0.0)(stage.scene))
    stage.daemon.call("tunnel.disconnect")
    stage.daemon.until(is_in("disconnecting"))


def _blocked(stage: Stage) -> None:
    """Let the engine be a program that fails at once: trying again cannot help either."""
    over = ["mount", "--bind", "/bin/false", "/usr/bin/wireguard-go"]
    stage.scene.world.run("client", over).checked()
    stage.daemon.import_profile("node1")
    stage.daemon.call("tunnel.connect", profile_id="node1")
    _wait_long_blocked(stage.daemon)


def _wait_long_blocked(daemon: Daemon) -> None:
    """Return once the next attempt is far away: the first ones follow within a blink.

    Raises:
        EngineError: that did not come in time.
    """
    deadline_s = time.monotonic() + _BLOCKED_S
    while time.monotonic() < deadline_s:
        tunnel = daemon.status()["tunnel"]
        if tunnel["state"] == "blocked" and (tunnel["retry_in_s"] or 0.0) >= _FAR_S:
            return
        time.sleep(_POLL_S)
    raise EngineError(f"no attempt was {_FAR_S:g} s away within {_BLOCKED_S:g} s of trying")


def _lockdown(stage: Stage) -> None:
    stage.daemon.call("settings.set", changes={"lockdown": True})
    # Asking is answered before it is enforced; the state's name does not change.
    time.sleep(0.2)


def _restarted(stage: Stage) -> None:
    _connected(stage)
    stage.daemon.kill(Part.DAEMON)
    stage.daemon = stage.stack.enter_context(stage.daemon.restart())
    stage.daemon.until(is_connected, 30.0)


def _share(stage: Stage) -> None:
    """Share, and let a device in that is somewhere else in the world."""
    stage.daemon.call("share.on", agree=True)
    stage.daemon.until(lambda seen: seen["sharing"]["state"] == "serving", _SERVING_S)
    invited = stage.daemon.call("share.invite", name="phone", host=str(PLACES.client6))
    world = stage.scene.world
    phone = stage.stack.enter_context(device(world, SECOND.role, str(invited["profile"])))
    stage.salvo = stage.stack.enter_context(Salvo(phone, addresses_of(world, "client", NODE)))
    stage.salvo.wait_served()


def _sharing(stage: Stage) -> None:
    _connected(stage)
    _share(stage)


def _sharing_lockdown(stage: Stage) -> None:
    changes = {"share_while_blocked": True, "lockdown": True}
    stage.daemon.call("settings.set", changes=changes)
    _share(stage)


def _to(*nodes: Node) -> tuple[Outside, ...]:
    return tuple(Outside(host=node.endpoint, port=node.port) for node in nodes)


def _inner(*nodes: Node) -> Admitted:
    return Admitted(
        endpoints=_to(*nodes),
        inner=tuple(address for node in nodes for address in (node.guest.ip, node.guest6.ip)),
    )


#: No endpoint at all, as docs/security.md has it for Blocked and for the way to lockdown.
_CLOSED: Final = attrs.evolve(_inner(FIRST), endpoints=())


@attrs.frozen(kw_only=True)
class StateCase:
    """A state of the matrix. ``open``: everything may leave, which is the positive control.

    ``runs`` are the processes that live in it; ``carries``: pages come through a tunnel;
    ``shares``: a guest is served, whose errands are cells of it too.
    ``start`` is how the daemon is started: a mutant is another program. ``shows`` is what the
    daemon must call the state when the first burst is fired.
    """

    name: str
    enter: Callable[[Stage], None]
    admitted: Admitted = attrs.field(factory=Admitted)
    node: Node = FIRST
    open: bool = False
    carries: bool = False
    shares: bool = False
    runs: frozenset[str] = frozenset({"daemon", "agent"})
    start: Start = START
    shows: str = "connected"


_TUNNEL: Final = frozenset({"daemon", "agent", "engine"})

STATES: Final = (
    StateCase(name="disconnected", shows="disconnected", enter=_disconnected, open=True),
    StateCase(
        name="connecting",
        shows="connecting",
        enter=_connecting,
        admitted=_inner(FIRST),
        runs=_TUNNEL,
    ),
    StateCase(
        name="connected", enter=_connected, admitted=_inner(FIRST), carries=True, runs=_TUNNEL
    ),
    StateCase(
        name="connected-lan",
        enter=_connected_with_lan,
        admitted=attrs.evolve(_inner(FIRST), lan=True),
        carries=True,
        runs=_TUNNEL,
    ),
    StateCase(
        name="switching",
        shows="switching",
        enter=_switching,
        admitted=_inner(FIRST, SECOND),
        runs=_TUNNEL,
    ),
    StateCase(
        name="switched",
        enter=_switched,
        admitted=_inner(SECOND),
        node=SECOND,
        carries=True,
        runs=_TUNNEL,
    ),
    StateCase(name="paused", shows="paused", enter=_paused, open=True),
    StateCase(name="resumed", enter=_resumed, admitted=_inner(FIRST), carries=True, runs=_TUNNEL),
    StateCase(name="disconnecting", shows="disconnecting", enter=_disconnecting, admitted=_CLOSED),
    StateCase(name="blocked", shows="blocked", enter=_blocked, admitted=_CLOSED),
    StateCase(name="lockdown", shows="disconnected", enter=_lockdown),
    StateCase(
        name="restarted", enter=_restarted, admitted=_inner(FIRST), carries=True, runs=_TUNNEL
    ),
    StateCase(
        name="sharing",
        enter=_sharing,
        admitted=_inner(FIRST),
        carries=True,
        shares=True,
        runs=_TUNNEL | {"node-engine"},
    ),
    StateCase(
        name="sharing-lockdown",
        shows="disconnected",
        enter=_sharing_lockdown,
        shares=True,
        runs=frozenset({"daemon", "agent", "node-engine"}),
    ),
)


def cells_of(case: StateCase) -> int:
    """Return how many cells each field of the state has."""
    return len(ALL) + (ERRANDS if case.shares else 0)


def state(name: str) -> StateCase:
    """Return the state of that name."""
    return next(known for known in STATES if known.name == name)


#: States of docs/security.md, section 3, that this matrix does not enter, and why.
NOT_ENTERED: Final = {
    "early-boot": "needs the boot unit, which the installer brings",
    "during-upgrade": "needs the updater",
    "switching-protocol": "needs a second transport plugin",
}

#: Disturbances of the same section that this matrix does not make, and why.
NOT_DISTURBED: Final = {
    "server-ip": "the lab's resolvers cannot lie yet: the relay's name always has its address",
}

#: The one protocol and engine of this matrix; the others have none.
PROTOCOL: Final = "WireGuard, userspace engine"
