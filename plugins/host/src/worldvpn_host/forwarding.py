"""Passing on the packets of a node's guests: the kernel settings for it, and back.

A host that passes IPv6 on takes no router advertisements any more, and forgets the routes
that it had of them, unless its interfaces are told to go on (accept_ra=2,
Documentation/networking/ip-sysctl.rst): so they are told first, and asked back last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from worldvpn_core.contracts import Change
from worldvpn_core.errors import ShareError
from worldvpn_core.types import LINK_PREFIX

KIND: Final = "forwarding"

_ROOT: Final = Path("/proc/sys/net")
_EVERYWHERE: Final = ("ipv4/ip_forward", "ipv6/conf/all/forwarding")
_ADVERTISED: Final = re.compile(r"ipv6/conf/(?!\.)[^/\s]{1,15}/accept_ra")
#: Takes advertisements unless it forwards; takes them always.
_UNLESS_FORWARDING: Final = "1"
_ALWAYS: Final = "2"


class HeldForwarding:
    """Lets packets pass, and remembers what the settings were before."""

    def __init__(self) -> None:
        self._old: dict[str, str] = {}

    def record(self) -> tuple[Change, ...]:
        """Return what each setting is without us: as remembered, else as it is now."""
        return tuple(
            Change(kind=KIND, name=name, old=old) for name, old in {**_below(), **self._old}.items()
        )

    def adopt(self, changes: tuple[Change, ...]) -> None:
        """Remember a former run's values; what is not ours is ignored."""
        for change in changes:
            is_name = change.name in _EVERYWHERE or _ADVERTISED.fullmatch(change.name)
            if change.kind == KIND and is_name and change.old in {"0", "1"}:
                self._old[change.name] = change.old

    def hold(self) -> None:
        """Set what is below its need.

        Raises:
            ShareError: a setting cannot be written.
        """
        below = _below()
        self._old = {**below, **self._old}
        for name in sorted(below, key=_order):
            _write(name, _need(name))

    def release(self) -> None:
        """Give back each value that is still the one we set; forget them all."""
        old, self._old = self._old, {}
        for name in sorted(old, key=_order, reverse=True):
            if _read(name) == _need(name):
                _write(name, old[name])


def _below() -> dict[str, str]:
    """Return the settings that must be raised, with their present values."""
    found = {name: _read(name) for name in (*_EVERYWHERE, *_advertised())}
    raised = {name: _UNLESS_FORWARDING if name.endswith("accept_ra") else "0" for name in found}
    return {name: value for name, value in found.items() if value == raised[name]}


def _advertised() -> Iterator[str]:
    directory = _ROOT / "ipv6" / "conf"
    if directory.exists():
        for link in directory.iterdir():
            if link.name not in {"all", "default", "lo"} and not link.name.startswith(LINK_PREFIX):
                yield f"ipv6/conf/{link.name}/accept_ra"


def _order(name: str) -> bool:
    return name in _EVERYWHERE


def _need(name: str) -> str:
    return "1" if name in _EVERYWHERE else _ALWAYS


def _read(name: str) -> str:
    """Return a setting's value; nothing where it has gone with its link, or its family."""
    try:
        return (_ROOT / name).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _write(name: str, value: str) -> None:
    try:
        (_ROOT / name).write_text(value, encoding="ascii")
    except OSError as error:
        raise ShareError(
            f"cannot set {_ROOT / name} to {value} ({error.strerror}), and so pass on the packets "
            "of guests: worldvpnd needs root and a writable /proc/sys"
        ) from error
