"""The real worldvpnd, except that it kills itself right after a step it was told.

    python crashing_worldvpnd.py DIRECTORY [worldvpnd's own arguments]

A step is one effect on the host: a record written, rules loaded, a netlink batch sent,
a process started. Each is written to DIRECTORY/trace; the one that DIRECTORY/target names
is the last. Only what a change of state does is counted, not what attendance repeats.
"""

from __future__ import annotations

import functools
import inspect
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from worldvpn_core import daemon
from worldvpn_core.contracts import HelperSpec
from worldvpn_core.enforce import Enforcer
from worldvpn_core.tunnel.states import State, Switching
from worldvpn_core.tunnel.watch import Watcher
from worldvpn_dns.displaced import Displaced
from worldvpn_dns.resolver_file import ResolverFile
from worldvpn_host import journal, sysctls
from worldvpn_host.helpers import ProcessHelpers
from worldvpn_host.journal import FileJournal
from worldvpn_host.netlink import Request
from worldvpn_host.route_socket import RouteSocket
from worldvpn_killswitch.libnftables import LibNftables
from worldvpn_wireguard.process import Process
from worldvpn_wireguard.transport import WireGuardTransport
from worldvpn_wireguard.tunnel import WireGuardTunnel
from worldvpn_wireguard.uapi_socket import UapiSocket

DIRECTORY = Path(sys.argv[1])

#: What is being done, in this task and the threads it waits for; empty: nothing that counts.
_doing: ContextVar[str] = ContextVar("doing", default="")
_quiet: ContextVar[bool] = ContextVar("quiet", default=False)
_taken: Counter[str] = Counter()


def step(what: str) -> None:
    doing = _doing.get()
    if not doing or _quiet.get():
        return
    name = f"{doing}: {what}"
    _taken[name] += 1
    if _taken[name] > 1:
        name = f"{name} {_taken[name]}"
    with (DIRECTORY / "trace").open("a", encoding="utf-8") as trace:
        trace.write(name + "\n")
    target = DIRECTORY / "target"
    if target.exists() and target.read_text(encoding="utf-8") == name:
        os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def during(doing: str) -> Iterator[None]:
    token = _doing.set(doing)
    for name in [name for name in _taken if name.startswith(f"{doing}:")]:
        del _taken[name]
    try:
        yield
    finally:
        _doing.reset(token)


def name_of(state: State) -> str:
    moved = isinstance(state, Switching) and state.moved is not None
    return "moved" if moved else type(state).__name__.lower()


def after(owner: object, method: str, what: str | Callable[..., str]) -> None:
    """Make ``owner.method`` a step once it has returned; ``what`` may say from its arguments."""
    original = getattr(owner, method)

    def done(arguments: tuple[object, ...]) -> None:
        name = what if isinstance(what, str) else what(*arguments)
        if name:
            step(name)

    @functools.wraps(original)
    def wrapped(*arguments: object, **named: object) -> object:
        result = original(*arguments, **named)
        done(arguments)
        return result

    @functools.wraps(original)
    async def waiting(*arguments: object, **named: object) -> object:
        result = await original(*arguments, **named)
        done(arguments)
        return result

    setattr(owner, method, waiting if inspect.iscoroutinefunction(original) else wrapped)


def _sent(_socket: object, batch: Sequence[Request]) -> str:
    """Return what the kernel was asked to do, whatever the tunnel is called."""
    if not batch or _doing.get() not in {"open", "close"}:
        return "routing changed" if batch else ""
    return re.sub(r"wv[0-9]+", "link", batch[0].purpose)


def around(owner: object, method: str, doing: Callable[..., str]) -> None:
    """Let all that ``owner.method`` does count as ``doing``, from its beginning."""
    original: Callable[..., Awaitable[object]] = getattr(owner, method)

    @functools.wraps(original)
    async def wrapped(*arguments: object, **named: object) -> object:
        with during(doing(*arguments)):
            if owner is Enforcer:
                step("begins")
            return await original(*arguments, **named)

    setattr(owner, method, wrapped)


def hushed(owner: object, method: str) -> None:
    """Let nothing that ``owner.method`` does count: how often depends on the weather."""
    original: Callable[..., Awaitable[object]] = getattr(owner, method)

    @functools.wraps(original)
    async def wrapped(*arguments: object, **named: object) -> object:
        token = _quiet.set(True)
        try:
            return await original(*arguments, **named)
        finally:
            _quiet.reset(token)

    setattr(owner, method, wrapped)


def _loaded(_engine: object, commands: str) -> str:
    return "" if commands.startswith("list") else "rules loaded"


def _spawned(_helpers: object, spec: HelperSpec) -> str:
    return "engine started" if "-wv" in spec.name else ""


def _switched(path: Path, _value: str) -> str:
    return f"{path.name} set" if path.parent.name == "all" else ""


def prepare() -> None:
    around(Enforcer, "enter", lambda _self, state: name_of(state))
    around(WireGuardTransport, "open", lambda *_: "open")
    around(WireGuardTunnel, "close", lambda *_: "close")
    hushed(Enforcer, "repeat")
    hushed(WireGuardTransport, "_handshake")
    hushed(Watcher, "_measure")
    after(journal, "_write_all", "record written")
    after(FileJournal, "_begin", "record kept")
    after(FileJournal, "_end", "record emptied")
    after(sysctls, "_write", _switched)
    after(sysctls, "refuse_orders_from", "link takes no orders")
    after(RouteSocket, "send", _sent)
    after(LibNftables, "run", _loaded)
    after(ResolverFile, "write", "resolv.conf written")
    after(Displaced, "keep", "resolver kept")
    after(ProcessHelpers, "spawn", _spawned)
    after(Process, "stop", "engine ended")
    after(UapiSocket, "change", "keys set")


if __name__ == "__main__":
    prepare()
    sys.exit(daemon.main(sys.argv[2:]))
