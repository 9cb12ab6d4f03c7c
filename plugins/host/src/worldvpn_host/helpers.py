"""Child processes, each under the rights it needs and no others."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, Self

from worldvpn_core.contracts import Helper, HelperSpec
from worldvpn_core.errors import EngineError

_log = logging.getLogger(__name__)

#: Where programs are looked for: never the caller's own path.
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: Debian's name for the package of a program, where it is not the program's own.
_PACKAGES: Final = {
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "nft": "nftables",
    "ss-local": "shadowsocks-libev",
    "ss-redir": "shadowsocks-libev",
    "ss-server": "shadowsocks-libev",
    "ss-tunnel": "shadowsocks-libev",
    "wireguard-go": "wireguard-go",
    "obfs4proxy": "obfs4proxy",
    "lyrebird": "lyrebird",
}
_PATIENCE_S: Final = 1.0
#: Lines of standard output kept for ``read_line``; the oldest go first.
_KEPT_LINES: Final = 1_000
_LINE_BYTES: Final = 65_536


def rights(spec: HelperSpec, setpriv: str) -> tuple[str, ...]:
    """Return the setpriv(1) words that put ``spec`` under its uid and capabilities.

    Empty when it keeps root whole. The bounding set is lowered first and by
    setpriv itself, so that nothing of ours runs between fork and exec.
    """
    if spec.uid is None and not spec.capabilities:
        return ()
    raised = ",".join(f"+{name}" for name in spec.capabilities)
    limits = f"-all,{raised}" if raised else "-all"
    words = [setpriv, f"--bounding-set={limits}", f"--inh-caps={limits}"]
    if spec.uid is not None:
        user = f"--reuid={spec.uid}", f"--regid={spec.uid}", "--clear-groups"
        words += [*user, *([f"--ambient-caps={limits}"] if raised else [])]
    return (*words, "--")


class ProcessHelpers:
    """Starts helpers without a shell, with nothing of our environment.

    ``namespace`` is the path of the network namespace they are started in (None: ours).
    """

    def __init__(self, namespace: Path | None = None) -> None:
        self._namespace = namespace

    async def spawn(self, spec: HelperSpec) -> Helper:
        program = _find(spec.argv[0])
        words = rights(spec, _find("setpriv") if spec.uid is not None or spec.capabilities else "")
        if self._namespace is not None:
            # Entering needs rights that the helper itself is not given.
            words = (_find("nsenter"), f"--net={self._namespace}", "--", *words)
        with _Pipe() as output, _Pipe() as complaints:
            try:
                # No PR_SET_PDEATHSIG: an engine outlives a daemon that was killed, so
                # that the next one takes the tunnel up or removes it in good order.
                process = await asyncio.create_subprocess_exec(
                    *words,
                    program,
                    *spec.argv[1:],
                    cwd="/",
                    env=dict(spec.environment),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output.write_end,
                    stderr=complaints.write_end,
                    start_new_session=True,
                    umask=0o077,
                )
            except OSError as error:
                raise EngineError(f"{spec.name} could not be started: {error.strerror}") from error
            _log.info("started %s as process %d", spec.name, process.pid)
            return ProcessHelper(spec.name, process, output.taken(), complaints.taken())


class ProcessHelper:
    """A running helper; the group that it leads ends with it."""

    def __init__(
        self,
        name: str,
        process: asyncio.subprocess.Process,
        output: IO[bytes],
        complaints: IO[bytes],
    ) -> None:
        self._process = process
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._news = asyncio.Event()
        self._said = asyncio.create_task(self._keep(output))
        self._complained = asyncio.create_task(_pass_on(complaints, name))
        self._ended = asyncio.create_task(self._reap(name))

    @property
    def pid(self) -> int:
        return self._process.pid

    async def read_line(self) -> str | None:
        while not self._lines:
            if self._said.done():
                return None
            self._news.clear()
            await self._news.wait()
        return self._lines.popleft()

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    async def stop(self) -> None:
        if not self._ended.done():
            self._signal(signal.SIGTERM)
            await asyncio.wait([self._ended], timeout=_PATIENCE_S)
        if not self._ended.done():
            self._signal(signal.SIGKILL)
            await self.wait()

    async def _keep(self, pipe: IO[bytes]) -> None:
        """Keep the newest lines, so that a helper nobody listens to never has to wait."""
        try:
            async for line in _lines(pipe):
                self._lines.append(line)
                self._news.set()
        finally:
            # After this task: whoever waits then sees that there is no more to come.
            asyncio.get_running_loop().call_soon(self._news.set)

    async def _reap(self, name: str) -> int:
        status = await self._process.wait()
        # What it has started and left behind, which would hold its pipes open, too.
        self._signal(signal.SIGKILL)
        await asyncio.wait([self._said, self._complained])
        _log.info("%s (process %d) ended with status %d", name, self._process.pid, status)
        return status

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


class _Pipe:
    """A pipe whose reading end may be taken; asyncio's own would delay ``wait``.

    It waits for the pipes' end as well, which whatever the helper has started
    and left behind can put off for ever.
    """

    def __init__(self) -> None:
        reading, writing = os.pipe()
        # Open for reading, too: what outlives us must not die of SIGPIPE at its next word.
        self.write_end = os.open(f"/proc/self/fd/{writing}", os.O_RDWR | os.O_CLOEXEC)
        os.close(writing)
        self._reading: IO[bytes] | None = os.fdopen(reading, "rb", 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.write_end)
        if self._reading is not None:
            self._reading.close()

    def taken(self) -> IO[bytes]:
        """Return the reading end; it is the caller's to close."""
        taken, self._reading = self._reading, None
        if taken is None:
            raise ValueError("the reading end was taken already")
        return taken


async def _lines(pipe: IO[bytes]) -> AsyncIterator[str]:
    """Yield whole lines, without what a terminal would obey; one too long is dropped."""
    reader = asyncio.StreamReader(limit=_LINE_BYTES)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    try:
        while True:
            try:
                line = await reader.readline()
            except ValueError:
                continue
            if not line:
                return
            text = line.decode(errors="replace").rstrip("\r\n")
            yield "".join(char if char.isprintable() or char == "\t" else "?" for char in text)
    finally:
        transport.close()


async def _pass_on(pipe: IO[bytes], name: str) -> None:
    async for line in _lines(pipe):
        _log.warning("%s: %s", name, line)


def _find(program: str) -> str:
    """Return the path of ``program``. Raises EngineError when it is not installed."""
    found = shutil.which(program, path=_PATH)
    if found is None:
        package = _PACKAGES.get(program.rpartition("/")[2])
        advice = f": install the Debian package {package}" if package else ""
        raise EngineError(f"the program {program} is not installed{advice}")
    return found
