"""A guest whom the central server sends, on a computer that keeps to none of our rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

import attrs

from tests.e2e.rig import STATE, Rig
from tests.e2e.sharing import led
from tests.e2e.town import BACK_S, connect, is_listed, listed, sign_up, wait_until
from worldvpn_lab.central import CentralHouse
from worldvpn_lab.daemon import Daemon, Part, Start
from worldvpn_lab.device import Device, apart

GUEST_ROLE = "node2"


@contextmanager
def listed_node(rig: Rig, house: CentralHouse, how: Start | None = None) -> Iterator[Daemon]:
    """The client as a node of the directory, which its router leads guests to."""
    with led(rig.world):
        daemon = rig.start(attrs.evolve(how or rig.how, config=house.daemon_toml()))
        sign_up(daemon, f"owner-{rig.place}")
        daemon.call("settings.set", changes={"share_country": "NL"})
        daemon.call("share.on", agree=True)
        # A network is checked three times a minute: the node before may have had them.
        daemon.until(is_listed, BACK_S)
        yield daemon


@contextmanager
def lodger(rig: Rig, house: CentralHouse, node: Daemon) -> Iterator[tuple[Daemon, str]]:
    """The daemon of a guest that the server sends to ``node``, and the id of that node."""
    place = f"sent-{rig.place}"
    how = Start(
        role=GUEST_ROLE,
        config=house.daemon_toml(),
        config_path=f"/etc/worldvpn/{place}.toml",
        state_dir=f"{STATE}/{place}",
        log_name=f"{place}.log",
    )
    kept = Path(f"/proc/{node.program.pid}/root{node.started.state_dir}/node.json")
    (named,) = json.loads(kept.read_text("utf-8"))["nodes"]
    node_id = str(named["node_id"])
    with Daemon.start(rig.world, how) as daemon:
        try:
            sign_up(daemon, place)
            wait_until(lambda: node_id in {one["id"] for one in listed(daemon)})
            yield daemon, node_id
        finally:
            daemon.close()
            rig.world.run(GUEST_ROLE, [*how.program, "reset", *how.options]).checked()


@contextmanager
def sent(rig: Rig, house: CentralHouse, node: Daemon) -> Iterator[Device]:
    """A guest of ``node`` on a ticket: its tunnel, without what keeps its own host from misuse."""
    with lodger(rig, house, node) as (daemon, node_id):
        tunnel = connect(daemon, node_id)["tunnel"]
        # What the node must refuse is not to be stopped at its door already.
        daemon.kill(Part.DAEMON)
        for family in ("inet", "netdev"):
            rig.world.run(GUEST_ROLE, ["nft", "delete", "table", family, "worldvpn"]).checked()
        made = Device(
            world=rig.world,
            role=GUEST_ROLE,
            interface=str(tunnel["interface"]),
            addresses=tuple(map(ip_address, tunnel["addresses"])),
        )
        with apart(made):
            yield made
