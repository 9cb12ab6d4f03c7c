"""``worldvpn demo --gui``: the app on a daemon in the lab, with somewhere to connect to."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from worldvpn_app.cli.exits import CommandError
from worldvpn_lab.central import CentralHouse
from worldvpn_lab.daemon import Daemon, Start
from worldvpn_lab.demo import network
from worldvpn_lab.map import NODES
from worldvpn_lab.world import World

_VISITOR: Final = "visitor"
_LISTED_S: Final = 30.0

#: Tells a person what is being done now.
Tell = Callable[[str], None]
#: Shows the window of the daemon at a socket, with its settings in a folder, until it is closed.
Show = Callable[[Path, Path], int]


def play(directory: Path, tell: Tell, show: Show | None = None) -> int:
    """Build a lab below ``directory``, show the window, and leave nothing; return its exit code.

    Raises:
        WorldVpnError, CommandError: it could not be built; the message says why.
    """
    show = show or window
    with contextlib.ExitStack() as stack:
        tell("Building a small internet inside this computer; your own network is not touched.")
        world = stack.enter_context(World.up(directory))
        house = stack.enter_context(CentralHouse.open(world))
        tell("Two users sign in and share their connection; the central server tries them.")
        sharing = [
            stack.enter_context(network.sharing_node(world, house, role))
            for role in network.COUNTRIES
        ]
        how = Start(config=house.daemon_toml())
        client = stack.enter_context(Daemon.start(world, how))
        network.sign_in(client, _VISITOR)
        for node in NODES:
            client.import_profile(node.role)
        for daemon in sharing:
            daemon.until(network.is_listed, _LISTED_S)
        network.listed(client, len(sharing))
        tell(f"The window opens; {_VISITOR} is signed in. Close it, or Ctrl-C, to remove it all.")
        return show(client.socket_path, directory / "app")


def window(socket: Path, folder: Path) -> int:
    """Run the app until it ends; what it keeps goes to ``folder``. Raises CommandError."""
    argv = [sys.executable, "-m", "worldvpn_app.cli.main", "--socket", str(socket), "gui"]
    with subprocess.Popen(argv, env=environment(os.environ, folder)) as program:  # noqa: S603 - ours
        try:
            status = program.wait()
        except KeyboardInterrupt:
            program.terminate()
            raise
    if status != 0:
        raise CommandError("gui", f"the window ended with status {status}")
    return status


def environment(own: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return ``own`` so that the app's settings are the demo's. Pure.

    Its window would otherwise change how the user's own app is.
    """
    return {**own, "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}
