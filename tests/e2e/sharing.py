"""A daemon that shares, and where its devices find it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worldvpn_lab.daemon import Daemon
from worldvpn_lab.map import PLACES
from worldvpn_lab.world import World

#: Where devices reach the client from outside.
OUTER6 = str(PLACES.client6)
#: The router's own public address; a port must be led on from there.
OUTER4 = "192.0.2.77"
SILENCE_S = 1.0
#: The port that guests of the client reach unless the owner chooses.
LISTEN = 51_820
WORLDVPN = str(Path(sys.prefix, "bin", "worldvpn"))


def serve(daemon: Daemon) -> None:
    daemon.call("share.on", agree=True)
    daemon.until(lambda seen: seen["sharing"]["state"] == "serving")


def invite(daemon: Daemon, name: str = "phone", host: str = OUTER6) -> str:
    return str(daemon.call("share.invite", name=name, host=host)["profile"])


@contextmanager
def led(world: World) -> Iterator[None]:
    """Have the router lead the guests' port on to the client, as its owner sets it up."""
    rule = f"iifname wan0 udp dport {LISTEN} dnat to {PLACES.client}"
    chain = "type nat hook prerouting priority dstnat"
    table = f"table ip led {{\n chain in {{\n  {chain}\n  {rule}\n }}\n}}\n"
    world.run("lan", ["nft", "-f", "-"], stdin=table.encode()).checked()
    try:
        yield
    finally:
        world.run("lan", ["nft", "delete", "table", "ip", "led"])
