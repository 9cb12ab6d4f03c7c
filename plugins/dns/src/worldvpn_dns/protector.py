"""The DnsProtector: finds out how this host resolves, and bends that."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from worldvpn_core.contracts import Change, Services
from worldvpn_core.errors import DnsError
from worldvpn_core.policy import DnsPolicy
from worldvpn_core.types import DnsSecurity
from worldvpn_dns.backend import Backend
from worldvpn_dns.displaced import Displaced
from worldvpn_dns.file_backend import FileBackend
from worldvpn_dns.resolv_conf import Keeper, keeper_of
from worldvpn_dns.resolvconf import ResolvconfBackend
from worldvpn_dns.resolved import ResolvedBackend
from worldvpn_dns.resolver_file import ResolverFile
from worldvpn_dns.saved import Symlink, from_changes
from worldvpn_dns.watch import watched

_log = logging.getLogger(__name__)

#: Others are given this long without a further change to finish what they write.
QUIET_S: Final = 0.05
#: … but not longer than this in all.
PATIENCE_S: Final = 1.0

_DEFAULTS: Final = {
    "resolv_conf": "/etc/resolv.conf",
    "resolvconf": "resolvconf",
    # dbus-fast's own choice: DBUS_SYSTEM_BUS_ADDRESS, else the usual socket.
    "system_bus": "",
}


class HostDnsProtector:
    """Bends the host's resolver by whichever way it has at that moment.

    The way is found anew at each ``apply``; when it changed, the old one is
    released. One that cannot be bent gives way to the file that programs read.
    """

    def __init__(self, services: Services) -> None:
        options = read_options(services.options)
        self._news = asyncio.Event()
        self._file = ResolverFile(Path(options["resolv_conf"]))
        self._plain = FileBackend(
            self._file, Displaced(services.state_dir / "dns" / "displaced.json")
        )
        self._resolved = ResolvedBackend(
            services.host.links, options["system_bus"] or None, self._news
        )
        self._resolvconf = ResolvconfBackend(
            services.host.helpers,
            self._file,
            services.run_dir / "dns" / "resolvconf.txt",
            options["resolvconf"],
        )
        self._active: Backend | None = None
        self._recorded: tuple[Change, ...] = ()
        # The record that is good until release: what is there now may be our doing.
        self._standing: tuple[Change, ...] = ()

    @property
    def name(self) -> str:
        if self._active is not None:
            return self._active.name
        try:
            return self._keeper().value
        except DnsError:
            return self._plain.name

    async def record(self) -> tuple[Change, ...]:
        changes = self._standing or self._plain.record()
        asked: Mapping[Keeper, tuple[Change, ...]] = {
            Keeper.RESOLVED: self._resolved.record(),
            Keeper.RESOLVCONF: self._resolvconf.record(),
        }
        more = asked.get(self._keeper(), ())
        self._recorded = (*changes, *(change for change in more if change not in changes))
        return self._recorded

    def adopt(self, changes: tuple[Change, ...]) -> None:
        for backend in self._all():
            backend.adopt(changes)
        asked = (*self._resolved.record(), *self._resolvconf.record())
        self._standing = tuple(
            change
            for change in changes
            if change in asked or from_changes(self._file.path, (change,)) is not None
        )

    async def apply(self, policy: DnsPolicy) -> None:
        if policy.held:
            _refuse_encrypted(policy)
            await self._hold(policy)
        else:
            await self._release()
        self._news.set()

    async def drifted(self) -> None:
        while True:
            # Armed before looking, so that no change falls between.
            with watched(self._file.path, self._news):
                self._news.clear()
                if self._active is not None and not await self._stands(self._active):
                    return
                await self._news.wait()
                await self._settle()

    async def _hold(self, policy: DnsPolicy) -> None:
        backend = await self._way()
        if self._active is not None and self._active is not backend:
            _log.warning("names are now resolved by %s", backend.name)
            await self._active.release()
        self._active = backend
        self._standing = self._standing or self._recorded
        try:
            await backend.hold(policy)
        except DnsError as error:
            if backend is self._plain:
                raise
            _log.warning("%s cannot be used, so %s is: %s", backend.name, self._plain.name, error)
            await self._give_up(backend)
            self._active = self._plain
            await self._plain.hold(policy)

    async def _give_up(self, backend: Backend) -> None:
        """Take back what ``backend`` did, so that what is remembered is nothing of ours."""
        try:
            await backend.release()
        except DnsError as error:
            _log.warning("%s still has what we asked of it: %s", backend.name, error)

    async def _release(self) -> None:
        for backend in self._all():
            await backend.release()
        self._active = None
        self._recorded = self._standing = ()

    def _all(self) -> tuple[Backend, ...]:
        # The file first: what others are asked to write then meets theirs, not ours.
        return (self._plain, self._resolvconf, self._resolved)

    async def _way(self) -> Backend:
        match self._keeper():
            case Keeper.RESOLVED if await self._resolved.is_there():
                return self._resolved
            case Keeper.RESOLVCONF if self._resolvconf.is_there():
                return self._resolvconf
            case _:
                return self._plain

    async def _stands(self, backend: Backend) -> bool:
        try:
            return backend is await self._way() and await backend.holds()
        except DnsError:
            # ``apply`` meets the same reason, and tells it.
            return False

    def _keeper(self) -> Keeper:
        saved = self._file.read()
        return keeper_of(self._file.text(), saved.target if isinstance(saved, Symlink) else None)

    async def _settle(self) -> None:
        """Return once nothing has happened for a moment: half a file is nobody's wish."""
        loop = asyncio.get_running_loop()
        end_monotonic_s = loop.time() + PATIENCE_S
        while loop.time() < end_monotonic_s:
            self._news.clear()
            try:
                async with asyncio.timeout(QUIET_S):
                    await self._news.wait()
            except TimeoutError:
                return


def read_options(given: Mapping[str, str]) -> Mapping[str, str]:
    """Return our options out of everyone's, defaults filled in.

    Raises:
        DnsError: a path is not absolute.
    """
    options = {name: given.get(name, default) for name, default in _DEFAULTS.items()}
    if not Path(options["resolv_conf"]).is_absolute():
        raise DnsError(f"dns: resolv_conf must be an absolute path, not {options['resolv_conf']}")
    return options


def _refuse_encrypted(policy: DnsPolicy) -> None:
    for upstream in policy.upstreams:
        if upstream.security is not DnsSecurity.PLAIN:
            raise DnsError(
                f"{upstream.host} is to be asked by {upstream.security.value}, which needs the"
                " DNS stub: use a plain server inside the tunnel"
            )
