"""Runs Python code as a user without any right, on a host that lets users open TUN devices.

    python stranger.py CODE ARGUMENT...

Root becomes such a user in a mount namespace of its own, where this project's files can be
read wherever they lie; anybody else is one already.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from worldvpn_lab import linux

UID = 54_321
_TUN = os.makedev(10, 200)


def closed_above(path: Path) -> Path | None:
    """Return the topmost directory above ``path`` that others may not enter."""
    above = [*reversed(path.resolve().parents)]
    return next((each for each in above if not each.stat().st_mode & 1), None)


def open_the_way(needed: list[Path]) -> None:
    """Show ``needed`` to everybody, though directories above them are closed."""
    hidden = [(closed_above(path), path.resolve()) for path in needed]
    held = {path: os.open(path, os.O_PATH) for above, path in hidden if above is not None}
    for above in {above for above, _ in hidden if above is not None}:
        linux.mount("open", above, "tmpfs", 0, "mode=0755")
    for path, descriptor in held.items():
        path.mkdir(parents=True, exist_ok=True)
        linux.bind(Path(f"/proc/self/fd/{descriptor}"), path)
        os.close(descriptor)


def open_tun() -> None:
    """Give this mount namespace a /dev/net/tun that anybody may open."""
    linux.mount("tun", Path("/dev/net"), "tmpfs", 0, "mode=0755")
    os.mknod("/dev/net/tun", 0o20666, _TUN)
    Path("/dev/net/tun").chmod(0o666)


def main() -> None:
    if os.geteuid() == 0:
        linux.unshare(linux.CLONE_NEWNS)
        linux.mount("none", Path("/"), "", linux.MS_REC | linux.MS_PRIVATE)
        open_the_way([Path(sys.base_prefix), Path(sys.prefix), Path(__file__).parents[2]])
        open_tun()
        os.setgroups([])
        os.setgid(UID)
        os.setuid(UID)
    argv = [sys.executable, "-I", "-c", *sys.argv[1:]]
    child = os.posix_spawn(sys.executable, argv, os.environ)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    main()
