"""Asks resolvconf(8), openresolv's, to list our servers and no others."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import ClassVar, Final

from worldvpn_core.contracts import Change, Helpers, HelperSpec
from worldvpn_core.errors import DnsError, EngineError
from worldvpn_core.policy import DnsPolicy
from worldvpn_dns.resolv_conf import MAX_SERVERS, NOWHERE, Keeper, body, nameservers
from worldvpn_dns.resolver_file import ResolverFile

_SEARCH_PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin"

#: Our record's name. Debian's resolvconf knows no metric: its interface-order puts tun* first.
RECORD: Final = "tun.worldvpn"

# A helper has no standard input of its own, and its reason must come back to us.
_FEED: Final = 'input=$1; shift; exec "$@" <"$input" 2>&1'


class ResolvconfBackend:
    """Adds and removes one record; resolvconf itself keeps what all others said.

    openresolv takes ``-x`` and drops the others' servers while ours stand. Debian's
    ignores it and lists them behind ours: ``hold`` refuses that, and the file is held.
    """

    name: ClassVar[str] = Keeper.RESOLVCONF.value

    def __init__(
        self, helpers: Helpers, file: ResolverFile, input_path: Path, program: str
    ) -> None:
        self._helpers = helpers
        self._file = file
        self._input_path = input_path
        self._program = program
        self._set: DnsPolicy | None = None
        self._adopted = False

    def is_there(self) -> bool:
        """Say whether the program is installed."""
        return shutil.which(self._program, path=_SEARCH_PATH) is not None

    def record(self) -> tuple[Change, ...]:
        """Return our record, which did not exist."""
        return (Change(kind="resolvconf", name=RECORD),)

    def adopt(self, changes: tuple[Change, ...]) -> None:
        self._adopted = self._adopted or any(change in changes for change in self.record())

    async def hold(self, policy: DnsPolicy) -> None:
        if self._set is not None and not policy.upstreams:
            policy = self._set
        self._feed(body(policy))
        self._adopted = True
        await self._run("-a", RECORD, "-x", "-m", "0")
        self._set = policy
        if not await self.holds():
            raise DnsError(
                f"{self._program} took our servers, but {self._file.path} has not just"
                f" them: it has {', '.join(map(str, nameservers(self._file.text()))) or 'none'}"
            )

    async def release(self) -> None:
        if self._set is None and not (self._adopted and self.is_there()):
            return
        self._feed("")
        try:
            await self._run("-d", RECORD)
        except DnsError:
            # openresolv fails on a record that is not there; what counts is that none is.
            if self._set is not None and await self.holds():
                raise
        self._set = None
        self._adopted = False

    async def holds(self) -> bool:
        if self._set is None:
            return False
        servers = tuple(upstream.host for upstream in self._set.upstreams) or (NOWHERE,)
        ours = servers[:MAX_SERVERS]
        return nameservers(self._file.text())[:MAX_SERVERS] == ours

    def _feed(self, text: str) -> None:
        try:
            self._input_path.parent.mkdir(parents=True, exist_ok=True)
            self._input_path.write_text(text, encoding="ascii")
        except OSError as error:
            raise DnsError(f"cannot write {self._input_path}: {error.strerror}") from error

    async def _run(self, *arguments: str) -> None:
        spec = HelperSpec(
            name="resolvconf",
            argv=("sh", "-c", _FEED, "sh", str(self._input_path), self._program, *arguments),
            environment=(("PATH", _SEARCH_PATH),),
        )
        said = []
        try:
            helper = await self._helpers.spawn(spec)
            try:
                while (line := await helper.read_line()) is not None:
                    said.append(line.strip())
                status = await helper.wait()
            finally:
                await helper.stop()
        except EngineError as error:
            raise DnsError(f"{self._program} could not be started: {error}") from error
        if status != 0:
            raise DnsError(
                f"{self._program} {' '.join(arguments)} ended with {status}: {' '.join(said)}"
            )
