"""Processes of the client, and of its node, that are stopped or killed: found by what they run."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from worldvpn_core.errors import EngineError
from worldvpn_lab.disturb.scene import Effect, Scene

if TYPE_CHECKING:
    from worldvpn_lab.world import World

#: The namespace in which a client that shares serves its guests, as ip-netns(8) knows it.
NODE: Final = "wvnode"
STOPPED_S: Final = 10.0
_DEATH_S: Final = 5.0
_POLL_S: Final = 0.001


@attrs.frozen(kw_only=True)
class Found:
    """A process inside a role, as this process sees it; ``pidfd`` is the caller's to close."""

    pid: int
    pidfd: int
    argv: tuple[str, ...]


@attrs.frozen(kw_only=True)
class _Home:
    """A network namespace, as stat(2) tells it from others."""

    device: int
    number: int


def running(world: World, role: str, word: str = "") -> list[Found]:
    """Return the processes in ``role``'s network whose command line has ``word`` in it."""
    (namespace,) = world.namespaces([role])
    try:
        home = os.fstat(namespace)
    finally:
        os.close(namespace)
    return _running(_Home(device=home.st_dev, number=home.st_ino), word)


def running_in_node(world: World, role: str, word: str = "") -> list[Found]:
    """Return the like in the network namespace of the node in ``role``; none without a node."""
    # Only those who live in the role have the name before their eyes.
    named = world.run(role, ["stat", "--dereference", "--format=%d %i", f"/run/netns/{NODE}"])
    if named.status:
        return []
    device, number = map(int, named.stdout.split())
    return _running(_Home(device=device, number=number), word)


def _running(home: _Home, word: str) -> list[Found]:
    found = [_inspect(int(entry.name), home) for entry in Path("/proc").glob("[1-9]*")]
    chosen: list[Found] = []
    for each in found:
        if each is not None and word in " ".join(each.argv):
            chosen.append(each)
        elif each is not None:
            os.close(each.pidfd)
    return chosen


def family(pid: int) -> list[int]:
    """Return a pidfd, the caller's to close, of ``pid`` and of every process below it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[1-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found, left = [], [pid]
    while left:
        each = left.pop()
        left += parents.get(each, [])
        with contextlib.suppress(OSError):
            found.append(os.pidfd_open(each))
    return found


def end(pidfds: Sequence[int]) -> None:
    """Kill what they stand for, and return once it is gone."""
    for pidfd in pidfds:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    for pidfd in pidfds:
        select.select([pidfd], [], [], _DEATH_S)


def _inspect(pid: int, home: _Home) -> Found | None:
    """Return the process of that number if it is in the network namespace ``home``."""
    try:
        # Held first, looked at then: the number cannot pass to another meanwhile.
        pidfd = os.pidfd_open(pid)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        there = Path(f"/proc/{pid}/ns/net").stat()
        line = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        if line and (there.st_dev, there.st_ino) == (home.device, home.number):
            return Found(pid=pid, pidfd=pidfd, argv=tuple(line.split("\0")[:-1]))
    os.close(pidfd)
    return None


def _signal(
    scene: Scene, words: Sequence[str], in_node: Sequence[str], number: signal.Signals
) -> list[Found]:
    found = [each for word in words for each in running(scene.world, "client", word)]
    for word in in_node:
        found += running_in_node(scene.world, "client", word)
    if not found:
        sought = ", ".join((*words, *in_node))
        raise EngineError(f"nothing in the client runs {sought}: no {number.name} sent")
    for each in found:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(each.pidfd, number)
    return found


def kill(words: Sequence[str], in_node: Sequence[str] = ()) -> Effect:
    """Return the effect of SIGKILL to what runs any of ``words``, dead once it begins.

    ``in_node`` are words of what the client's node runs, if it has one.
    """

    @contextlib.contextmanager
    def effect(scene: Scene) -> Iterator[None]:
        for each in _signal(scene, words, in_node, signal.SIGKILL):
            select.select([each.pidfd], [], [], _DEATH_S)
            os.close(each.pidfd)
        yield

    return effect


def stop(
    words: Sequence[str], in_node: Sequence[str] = (), *, stopped_s: float = STOPPED_S
) -> Effect:
    """Return the effect of SIGSTOP to what runs any of ``words``, for ``stopped_s``.

    They have stopped when it begins. ``in_node``: as for ``kill``.
    """

    @contextlib.contextmanager
    def effect(scene: Scene) -> Iterator[None]:
        began_s = time.monotonic()
        found = _signal(scene, words, in_node, signal.SIGSTOP)
        try:
            for each in found:
                _wait_stopped(each)
            yield
            time.sleep(max(0.0, began_s + stopped_s - time.monotonic()))
        finally:
            for each in found:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(each.pidfd, signal.SIGCONT)
                os.close(each.pidfd)

    return effect


def _wait_stopped(process: Found) -> None:
    """Return once ``process`` stands still (proc(5): state T); a signal takes its time."""
    deadline_s = time.monotonic() + _DEATH_S
    while time.monotonic() < deadline_s:
        stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8")
        if stat.rpartition(")")[2].split()[0] == "T":
            return
        time.sleep(_POLL_S)
    raise EngineError(f"{' '.join(process.argv)} did not stop within {_DEATH_S:g} s of SIGSTOP")
