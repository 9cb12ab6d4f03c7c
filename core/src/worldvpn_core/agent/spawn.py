"""Starting and watching the agent's process: the operating-system calls of ``link``.

Core leaves child processes to the host plugin's ``Helpers``. This one is the exception:
it is core's own program, must inherit one end of a socket pair, and must exist before
any plugin's word is taken. Nothing else in core starts a process.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from worldvpn_core.errors import AgentError

#: Where the agent finds its end of the pair.
PAIR_DESCRIPTOR: Final = 3
_MOST_KEPT_BYTES: Final = 4_096
_MOST_HEARD_BYTES: Final = 65_536


class Child:
    """A running agent, seen from the thread that started it.

    That thread must last: the agent dies with it (PR_SET_PDEATHSIG, prctl(2)).
    """

    def __init__(self, pid: int, errors: int) -> None:
        self.pid = pid
        self._pidfd = os.pidfd_open(pid)
        self._errors = errors
        self._said = b""
        self._heard_bytes = 0
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._pidfd, self._reap)
        loop.add_reader(self._errors, self._hear)

    @property
    def last_words(self) -> str:
        """The last line of its standard error, printable and short: "" if it said none."""
        lines = self._said.decode(errors="replace").strip().splitlines() or [""]
        return "".join(letter if letter.isprintable() else "?" for letter in lines[-1][:500])

    async def wait(self) -> int:
        """Return when it has ended, with its exit status (negative: the signal)."""
        return await asyncio.shield(self._ended)

    def kill(self) -> None:
        """End it at once; ``wait`` then returns. Harmless when it has ended."""
        if not self._ended.done():
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def _reap(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._pidfd)
        status = -signal.SIGKILL
        # Somebody else may have reaped it: then how it ended is lost, not that it did.
        with contextlib.suppress(ChildProcessError):
            end = os.waitid(os.P_PIDFD, self._pidfd, os.WEXITED)
            if end is not None:
                status = end.si_status if end.si_code == os.CLD_EXITED else -end.si_status
        self._hear()
        loop.remove_reader(self._errors)
        os.close(self._pidfd)
        os.close(self._errors)
        self._ended.set_result(status)

    def _hear(self) -> None:
        try:
            said = os.read(self._errors, _MOST_KEPT_BYTES)
        except BlockingIOError:
            return
        self._heard_bytes += len(said)
        if not said or self._heard_bytes > _MOST_HEARD_BYTES:
            # Whoever babbles on blocks itself, not us.
            asyncio.get_running_loop().remove_reader(self._errors)
        self._said = (self._said + said)[-_MOST_KEPT_BYTES:]


def spawn(argv: list[str], environment: Mapping[str, str]) -> tuple[Child, socket.socket]:
    """Start ``argv`` in its own session and return it with the daemon's end of its pair.

    It inherits /dev/null, its standard error and, as ``PAIR_DESCRIPTOR``, its end of a
    SEQPACKET pair; everything else of ours is close-on-exec (PEP 446).

    Raises:
        AgentError: the program could not be started.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    hear, say = os.pipe2(os.O_CLOEXEC)
    os.set_blocking(hear, False)
    inherited = _raised(theirs.detach()), _raised(say)
    try:
        pid = os.posix_spawn(
            argv[0],
            argv,
            environment,
            file_actions=(
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0),
                (os.POSIX_SPAWN_DUP2, 0, 1),
                (os.POSIX_SPAWN_DUP2, inherited[1], 2),
                (os.POSIX_SPAWN_DUP2, inherited[0], PAIR_DESCRIPTOR),
            ),
            setsid=True,
            setsigdef=(signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGHUP),
            setsigmask=(),
        )
    except OSError as error:
        ours.close()
        os.close(hear)
        raise AgentError(f"worldvpn-agent cannot start ({argv[0]}): {error.strerror}") from error
    finally:
        for descriptor in inherited:
            os.close(descriptor)
    return Child(pid, hear), ours


def _raised(descriptor: int) -> int:
    """Move ``descriptor`` out of the way of those the child is given by number."""
    raised = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, PAIR_DESCRIPTOR + 1)
    os.close(descriptor)
    return raised


def sealed_text(data: bytes) -> int:
    """Return a descriptor of memory that holds ``data`` and cannot change any more.

    memfd_create(2), "File-sealing". The caller closes it.
    """
    descriptor = os.memfd_create("worldvpn", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(descriptor, data)
    seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor


def open_text(path: Path) -> int:
    """Return a descriptor of the text file ``path``, unread. Raises OSError."""
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)


def kernel_status(pid: int) -> dict[str, str]:
    """Return what the kernel says of process ``pid``, proc_pid_status(5), by its keys.

    Raises:
        AgentError: there is no such process.
    """
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise AgentError(f"worldvpn-agent (pid {pid}) is gone: {error.strerror}") from error
    lines = (line.partition(":") for line in text.splitlines())
    return {key: value.strip() for key, _, value in lines}
