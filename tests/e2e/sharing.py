"""A daemon that shares, and where its devices find it."""

from __future__ import annotations

import sys
from pathlib import Path

from worldvpn_lab.daemon import Daemon
from worldvpn_lab.map import PLACES

#: Where devices reach the client from outside.
OUTER6 = str(PLACES.client6)
#: The router's own public address; a port must be led on from there.
OUTER4 = "192.0.2.77"
SILENCE_S = 1.0
WORLDVPN = str(Path(sys.prefix, "bin", "worldvpn"))


def serve(daemon: Daemon) -> None:
    daemon.call("share.on", agree=True)
    daemon.until(lambda seen: seen["sharing"]["state"] == "serving")


def invite(daemon: Daemon, name: str = "phone", host: str = OUTER6) -> str:
    return str(daemon.call("share.invite", name=name, host=host)["profile"])
