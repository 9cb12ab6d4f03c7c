"""Sentences that say what to do next, with the exact command for this installation."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Final

from worldvpn_core.ipc.protocol import SOCKET_GROUP

#: What to do about what the central server, its absence, or a locked vault keeps us from.
_WAYS_ON: Final = {
    "vault.locked": "The command: worldvpn vault unlock",
    "central.offline": (
        "Try again once it can be reached; a profile of your own connects without it:"
        " worldvpn connect PROFILE"
    ),
    "central.busy": "Nothing was changed; what is wanted is tried again by itself",
    "no-credit-proof": (
        "Try again once the central server can be reached; a profile of your own connects"
        " without it: worldvpn connect PROFILE"
    ),
    "central.refused": "That is the central server's answer; nothing was changed",
    "central.signed_out": "Sign in: worldvpn login. Make an account: worldvpn register",
    "out-of-credit": (
        "Earn more by sharing: worldvpn share on. Or end the tunnel: worldvpn disconnect."
        " Or try again once what is held has come back: worldvpn connect"
    ),
}


def ways_on(code: str) -> str:
    """Return what one can do about an error with ``code``; nothing where the message says it."""
    return _WAYS_ON.get(code, "")


def command(*arguments: str, as_root: bool = False) -> str:
    """Return ``worldvpn`` with ``arguments`` as it can be typed here.

    With ``as_root`` it begins with sudo, unless we are root, and has a full path, for
    sudo looks in its own PATH.
    """
    own = Path(sys.argv[0]).absolute()
    # Without a folder it is no path, and the present directory may hold another of that name.
    is_program = own.name == "worldvpn" and os.sep in sys.argv[0] and own.is_file()
    name = str(own) if as_root and is_program else "worldvpn"
    sudo = ("sudo",) if as_root and os.geteuid() != 0 else ()
    return shlex.join((*sudo, name, *arguments))


def no_daemon(path: str) -> str:
    """Return what to say when nobody listens at ``path``."""
    return f"no daemon answers at {path}: start it with `{command('daemon', as_root=True)}`"


def no_right(path: str) -> str:
    """Return what to say when the socket at ``path`` may not be opened."""
    return (
        f"you may not speak to the daemon at {path}: use sudo, or join its group with"
        f" `sudo usermod -aG {SOCKET_GROUP} $USER` and log in again"
    )
