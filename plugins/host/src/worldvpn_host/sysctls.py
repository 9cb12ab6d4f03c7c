"""Kernel settings under /proc/sys/net: read, set, and given back."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from worldvpn_core.contracts import Change
from worldvpn_core.errors import RoutingError

KIND: Final = "sysctl"

#: What a held host needs, by name; a value that asks for more is left alone.
#: Marked replies must pass a reverse-path filter (src_valid_mark), and nobody on
#: the LAN may learn the tunnel's address by ARP (arp_ignore): docs/security.md.
HELD: Final = {"net.ipv4.conf.all.src_valid_mark": 1, "net.ipv4.conf.all.arp_ignore": 2}

_ROOT: Final = Path("/proc/sys/net")
#: What keeps the far side of a tunnel from configuring this host through it.
#: IPv4's accept_redirects counts only where conf/all agrees: the firewall drops
#: redirects that come out of a tunnel, too.
_TUNNEL: Final = {
    "ipv6": {"accept_ra": "0", "accept_redirects": "0", "autoconf": "0", "addr_gen_mode": "1"},
    "ipv4": {"accept_redirects": "0", "send_redirects": "0"},
}


def refuse_orders_from(link: str) -> None:
    """Set ``link`` to take no router advertisement, redirect or link-local address.

    A family that the kernel lacks or has switched off is passed over.

    Raises:
        RoutingError: the link is gone, or /proc/sys cannot be written.
    """
    for family, values in _TUNNEL.items():
        if family == "ipv6" and not has_ipv6():
            continue
        for name, value in values.items():
            path = _ROOT / family / "conf" / link / name
            if _read(path) != value:
                _write(path, value)


def pass_on() -> None:
    """Make a network namespace pass packets on: the calling thread's own.

    Raises:
        RoutingError: /proc/sys cannot be written.
    """
    _write(_ROOT / "ipv4" / "ip_forward", "1")
    if has_ipv6():
        _write(_ROOT / "ipv6" / "conf" / "all" / "forwarding", "1")


def has_ipv6() -> bool:
    """Say whether this kernel speaks IPv6 at all (``ipv6.disable=1`` takes it away)."""
    return (_ROOT / "ipv6" / "conf" / "all").exists()


def without_ipv6(links: Iterable[str]) -> frozenset[str]:
    """Return those of ``links`` on which IPv6 is switched off, as many hosts do."""
    switches = {link: _ROOT / "ipv6" / "conf" / link / "disable_ipv6" for link in links}
    return frozenset(
        link for link, switch in switches.items() if switch.exists() and _read(switch) != "0"
    )


class HeldSysctls:
    """Holds the settings of ``HELD``, and remembers what they were before."""

    def __init__(self) -> None:
        self._old: dict[str, str] = {}

    def record(self) -> tuple[Change, ...]:
        """Return what each setting is without us: as remembered, else as it is now."""
        return tuple(
            Change(kind=KIND, name=name, old=self._old.get(name) or _read(_path(name)))
            for name in HELD
            if _path(name).exists()
        )

    def adopt(self, changes: tuple[Change, ...]) -> None:
        """Remember a former run's values; settings that are not ours are ignored."""
        for change in changes:
            is_ours = change.kind == KIND and change.name in HELD
            if is_ours and change.old is not None and change.old.isdecimal():
                self._old[change.name] = change.old

    def hold(self) -> None:
        """Set what is below its need. Raises RoutingError, with nothing changed."""
        for change in self.record():
            if change.old is not None:
                self._old.setdefault(change.name, change.old)
        for name, need in HELD.items():
            path = _path(name)
            if path.exists() and int(_read(path)) < need:
                _write(path, str(need))

    def release(self) -> None:
        """Give back each value that is still the one we set; forget them all."""
        for name, old in self._old.items():
            path = _path(name)
            if path.exists() and int(old) < HELD[name] and _read(path) == str(HELD[name]):
                _write(path, old)
        self._old.clear()


def _path(name: str) -> Path:
    return _ROOT.parent / name.replace(".", "/")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise RoutingError(f"cannot read {path}: {error.strerror}") from error


def _write(path: Path, value: str) -> None:
    try:
        path.write_text(value, encoding="ascii")
    except OSError as error:
        raise RoutingError(
            f"cannot set {path} to {value} ({error.strerror}): "
            "worldvpnd needs root and a writable /proc/sys"
        ) from error
