"""Starts the process that holds a lab, in namespaces of its own."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from worldvpn_core.errors import EngineError

#: What a program of the lab finds in its environment unless told otherwise.
ENVIRONMENT: Final[Mapping[str, str]] = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
}

#: The socket in a lab's directory at which its holder listens.
CONTROL: Final = "control.sock"

_HOLDER: Final = "worldvpn_lab.holder"
_LOG: Final = "holder.log"
_LISTENING: Final = 10


def start_holder(directory: Path, roles: Sequence[str]) -> int:
    """Start the holder in fresh namespaces; return the process whose death ends it."""
    path = directory / CONTROL
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(str(path))
        listening.listen(64)
        log = os.open(directory / _LOG, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        null = os.open(os.devnull, os.O_RDONLY)
        try:
            return os.posix_spawnp(
                "unshare",
                [*_unshare(), sys.executable, "-I", "-m", _HOLDER, str(_LISTENING), *roles],
                dict(ENVIRONMENT),
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, listening.fileno(), _LISTENING),
                    (os.POSIX_SPAWN_DUP2, null, 0),
                    (os.POSIX_SPAWN_DUP2, log, 1),
                    (os.POSIX_SPAWN_DUP2, log, 2),
                ],
                setsid=True,
                setsigmask=[],
                setsigdef=[signal.SIGPIPE],
            )
        except FileNotFoundError as error:
            raise EngineError("unshare (Debian package util-linux) is not installed") from error
        finally:
            os.close(log)
            os.close(null)


def _unshare() -> list[str]:
    """Return how fresh namespaces are had: root needs no user namespace, others a map."""
    kinds = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child=SIGKILL"]
    if os.geteuid() == 0:
        return kinds
    mapped = ["--map-auto"] if shutil.which("newuidmap") and _has_subordinates() else []
    return [*kinds, "--user", "--map-root-user", *mapped]


def _has_subordinates() -> bool:
    """Return whether this user was given further uids (subuid(5)), so that programs can drop."""
    names = {str(os.geteuid())}
    with contextlib.suppress(KeyError):
        names.add(pwd.getpwuid(os.geteuid()).pw_name)
    with contextlib.suppress(OSError):
        granted = Path("/etc/subuid").read_text(encoding="utf-8").splitlines()
        return any(line.partition(":")[0] in names for line in granted)
    return False
