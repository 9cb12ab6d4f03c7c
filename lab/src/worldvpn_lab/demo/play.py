"""The demo, act by act: a real daemon, real tunnels, real packets, in a lab of its own."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import attrs

from worldvpn_app.cli.snapshot import Snapshot
from worldvpn_lab import guest
from worldvpn_lab.central import CentralHouse
from worldvpn_lab.daemon import Daemon, Part, Start, is_connected, is_connected_by, is_in
from worldvpn_lab.demo import network
from worldvpn_lab.demo.browser import Browser
from worldvpn_lab.demo.findings import Control, Durations, ExitAddresses, Findings
from worldvpn_lab.demo.witness import Witness, admitted_to
from worldvpn_lab.map import CABLES, NODES
from worldvpn_lab.oracle.tap import POINTS
from worldvpn_lab.probes.volley import ALL, Volley, seen
from worldvpn_lab.world import World

#: Kernels report a joined multicast group after a random moment; all else is there at once.
_SETTLE_S: Final = 0.3
_DOWNLOAD_S: Final = 1.0
#: The link at which the lab's home router puts its own address on what the client sends.
_OUTSIDE: Final = ("lan", "wan0")

#: The lab's cards are all virtual: the daemon could not know that the guest's leads outside.
_HOW: Final = Start(config=f'[options]\nkillswitch_outside = "{guest.CARD.near.name}"\n')

#: Tells a person what is being done now.
Tell = Callable[[str], None]


def play(directory: Path, tell: Tell) -> Findings:
    """Play it all in a lab whose files go to ``directory``; nothing is left of it.

    Raises:
        WorldVpnError, CommandError: it could not go on; the message says why.
    """
    began_s = time.monotonic()
    with contextlib.ExitStack() as stack:
        tell("Building a small internet inside this computer; your own network is not touched.")
        world = stack.enter_context(World.up(directory))
        volley = stack.enter_context(Volley(world))
        browser = stack.enter_context(Browser(world))
        witness = stack.enter_context(Witness(world, (*POINTS, guest.GUEST_LAN)))
        tell("Starting the VPN's daemon in it, and a central server with its database.")
        house = stack.enter_context(CentralHouse.open(world))
        how = attrs.evolve(_HOW, config=house.daemon_toml() + _HOW.config)
        daemon = stack.enter_context(Daemon.start(world, how))
        stage = network.Stage(world=world, house=house, client=daemon, browser=browser, tell=tell)
        return _Play(witness, volley, stage).run(began_s)


class _Play:
    """Everybody on the stage, and the acts."""

    def __init__(self, witness: Witness, volley: Volley, stage: network.Stage) -> None:
        self._witness = witness
        self._volley = volley
        self._stage = stage
        self._browser = stage.browser
        self._daemon = stage.client
        self._tell = stage.tell
        self._attempts = 0

    def run(self, began_s: float) -> Findings:
        browser, daemon, witness, tell = self._browser, self._daemon, self._witness, self._tell
        first, second = (daemon.import_profile(node.role) for node in NODES)
        control = self._control()
        before = browser.exit_address()

        tell(f"Without the VPN a web page sees {before}. Connecting to server 1.")
        connected, connect_ms = self._connect(first)
        reached, reached6 = browser.exit_address(), browser.exit_address(6)
        tell(f"Connected: a web page sees {reached}. Trying to send past the tunnel.")
        self._attempt()
        tell("Downloading through the tunnel.")
        with witness.without(NODES[0]):
            throughput_mbps = browser.throughput_mbps(_DOWNLOAD_S)
        tell("Killing the tunnel's process: nothing may leave until there is a new one.")
        reconnect_ms = self._crash()
        again = browser.exit_address()
        tell("Connected again. Switching to server 2, trying to send past the tunnel meanwhile.")
        switch_ms = self._switch(second)
        switched = browser.exit_address()
        self._attempt()

        tell("Disconnecting.")
        witness.from_now(None)
        daemon.disconnect()
        exits = ExitAddresses(
            before=before,
            first=reached,
            first6=reached6,
            again=again,
            second=switched,
            after=browser.exit_address(),
        )
        leaks_before = len(witness.census().leaks)
        through_nodes = network.play(self._stage, self._attempt, witness.from_now)
        witness.from_now(None)
        daemon.disconnect()
        census = witness.census()
        return Findings(
            network=through_nodes,
            network_leaked_packets=len(census.leaks) - leaks_before,
            engine=str(connected["tunnel"]["engine"]),
            protocol=str(connected["tunnel"]["transport"]),
            exits=exits,
            expected=_expected(),
            durations=Durations(
                connect_ms=connect_ms, reconnect_ms=reconnect_ms, switch_ms=switch_ms
            ),
            throughput_mbps=throughput_mbps,
            census=census,
            attempts=self._attempts,
            control=control,
            elapsed_s=time.monotonic() - began_s,
        )

    def _control(self) -> Control:
        """Fire every probe with the host open: what is not seen now never would be."""
        self._tell(
            f"Without the VPN, sending {len(ALL)} kinds of packet: all must be seen outside."
        )
        self._witness.from_now(None)
        self._witness.take()
        shot = self._volley.fire()
        time.sleep(_SETTLE_S)
        found = seen(self._witness.take(), shot)
        unseen = tuple(cell.name for cell in ALL if cell.index not in found)
        return Control(packets=sum(len(places) for places in found.values()), unseen=unseen)

    def _attempt(self) -> None:
        """Try to send one packet of every kind past the tunnel."""
        self._attempts += len(ALL)
        self._volley.fire()
        self._witness.take()

    def _connect(self, profile_id: str) -> tuple[Snapshot, float]:
        began_s = time.monotonic()
        self._daemon.call("tunnel.connect", profile_id=profile_id)
        self._daemon.until(lambda seen: not is_in("disconnected")(seen))
        # From here on the daemon claims that nothing but the tunnel leaves.
        self._witness.from_now(network.reaching(admitted_to(NODES[0])))
        connected = self._daemon.until(is_connected_by(profile_id))
        self._witness.from_now(admitted_to(NODES[0]))
        return connected, (time.monotonic() - began_s) * 1_000

    def _crash(self) -> float:
        """Kill the tunnel's process, probe at once, and wait until a new tunnel is open."""
        fallen = self._daemon.status()["tunnel"]["interface"]
        self._witness.from_now(network.reaching(admitted_to(NODES[0])))
        began_s = time.monotonic()
        self._daemon.kill(Part.ENGINE)
        self._attempt()
        self._daemon.until(
            lambda seen: is_connected(seen) and seen["tunnel"]["interface"] != fallen
        )
        self._witness.from_now(admitted_to(NODES[0]))
        return (time.monotonic() - began_s) * 1_000

    def _switch(self, profile_id: str) -> float:
        self._witness.from_now(admitted_to(*NODES))
        began_s = time.monotonic()
        self._daemon.call("tunnel.connect", profile_id=profile_id)
        self._attempt()
        self._daemon.until(is_connected_by(profile_id))
        elapsed_ms = (time.monotonic() - began_s) * 1_000
        self._witness.from_now(admitted_to(NODES[1]))
        return elapsed_ms


def _expected() -> ExitAddresses:
    """Return what the web server must see, by the lab's own map."""
    every = [end for cable in CABLES for end in (cable.near, cable.far)]
    (outside,) = (end for end in every if (end.role, end.name) == _OUTSIDE)
    home, (one, two) = str(outside.addresses[0].ip), NODES
    return ExitAddresses(
        before=home,
        first=str(one.endpoint),
        first6=str(one.endpoint6),
        again=str(one.endpoint),
        second=str(two.endpoint),
        after=home,
    )
