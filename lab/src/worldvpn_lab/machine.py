"""A role's own view of a computer: its network, and private /etc, /run, /sys and state.

What programs of a role write there stays in memory and goes with the lab; the rest of
those directories shows the host's files, read-only.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import attrs

from worldvpn_lab import linux

#: Where, seen from the holder, each role's private directories lie: ROLES/client/etc, …
ROLES: Final = Path("/run/roles")

#: Directories that are a role's own, each with the entries of the host's that it must not show.
PRIVATE: Final[dict[str, frozenset[str]]] = {
    "etc": frozenset({"resolv.conf", "worldvpn", "netns", "resolvconf"}),
    "var/lib": frozenset({"worldvpn"}),
    "var/cache": frozenset({"worldvpn"}),
    "var/log": frozenset({"worldvpn"}),
}

_CGROUPS: Final = Path("/sys/fs/cgroup")


@attrs.frozen(kw_only=True)
class Machine:
    """Descriptors of a role's network and mount namespaces."""

    net: int
    mnt: int

    @classmethod
    def of_this_process(cls) -> Machine:
        """Return the namespaces this process is in."""
        return cls(
            net=os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC),
            mnt=os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC),
        )

    def enter(self) -> None:
        """Move this process there; its working directory becomes ``/``."""
        linux.setns(self.net, linux.CLONE_NEWNET)
        linux.setns(self.mnt, linux.CLONE_NEWNS)


def private_root() -> None:
    """Cut this mount namespace off from the host's; give it a /proc and a /run of its own."""
    linux.mount("none", Path("/"), "", linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("proc", Path("/proc"), "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    linux.mount("run", Path("/run"), "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=0755")
    ROLES.mkdir()
    Path("/run/netns").mkdir()


def furnish(role: str, home: Machine, old: Machine | None = None) -> Machine:
    """Return a machine for ``role``, with a fresh network (``old``'s, if given) and empty state.

    Leaves this process in ``home``.
    """
    if old is None:
        linux.unshare(linux.CLONE_NEWNET)
        name = Path("/run/netns", role)
        name.touch()
        linux.bind(Path("/proc/self/ns/net"), name)
    else:
        linux.setns(old.net, linux.CLONE_NEWNET)
        os.close(old.mnt)
    base = ROLES / role
    if base.exists():
        shutil.rmtree(base)
    base.mkdir()
    linux.unshare(linux.CLONE_NEWNS)
    for directory, hidden in PRIVATE.items():
        _shadow(base, directory, hidden)
    for directory in ("run/lock", "run/netns", "run/wireguard", "run/worldvpn", "etc/worldvpn"):
        (base / directory).mkdir(parents=True)
    _show_own_sys()
    linux.bind(base / "run", Path("/run"))
    made = Machine.of_this_process()
    if old is not None:
        os.close(made.net)
        made = Machine(net=old.net, mnt=made.mnt)
    home.enter()
    return made


def _shadow(base: Path, directory: str, hidden: frozenset[str]) -> None:
    """Put a writable directory over ``directory``, full of links to what the host has there."""
    real, own, kept = Path("/", directory), base / directory, base / "run/.host" / directory
    own.mkdir(parents=True)
    kept.mkdir(parents=True)
    linux.bind(real, kept)
    linux.make_read_only(kept)
    for entry in real.iterdir():
        if entry.name not in hidden:
            (own / entry.name).symlink_to(Path("/run/.host", directory, entry.name))
    linux.bind(own, real)


def _show_own_sys() -> None:
    """Mount this network namespace's /sys, with the unified cgroup tree where programs look."""
    unified = _CGROUPS / "unified"
    tree = unified if unified.is_dir() else _CGROUPS
    aside = Path("/run/cgroup")
    aside.mkdir(exist_ok=True)
    linux.bind(tree, aside)
    linux.mount("sys", Path("/sys"), "sysfs", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    if _CGROUPS.is_dir():
        linux.bind(aside, _CGROUPS)
