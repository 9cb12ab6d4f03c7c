"""Holds a resolv.conf that nobody else keeps, or that we take from whoever does."""

from __future__ import annotations

from typing import ClassVar

from worldvpn_core.contracts import Change
from worldvpn_core.policy import DnsPolicy
from worldvpn_dns.displaced import Displaced
from worldvpn_dns.resolv_conf import Keeper, is_ours, render
from worldvpn_dns.resolver_file import ResolverFile
from worldvpn_dns.saved import Content, Missing, Saved, as_change, from_changes


class FileBackend:
    """Writes the file itself, and puts back what it found, or what others wrote since."""

    name: ClassVar[str] = Keeper.NOBODY.value

    def __init__(self, file: ResolverFile, displaced: Displaced) -> None:
        self._file = file
        self._displaced = displaced
        self._before: Saved | None = None
        self._journalled: Change | None = None
        self._set: bytes | None = None

    def record(self) -> tuple[Change, ...]:
        """Return the file as it is, or as it was where it is ours already. Raises DnsError."""
        now = self._file.read()
        self._journalled = as_change(self._file.path, self._former() if _ours(now) else now)
        return (self._journalled,)

    def adopt(self, changes: tuple[Change, ...]) -> None:
        before = from_changes(self._file.path, changes)
        if before is not None:
            self._journalled = as_change(self._file.path, before)
            self._before = self._kept() or before

    async def hold(self, policy: DnsPolicy) -> None:
        now = self._file.read()
        if not _ours(now):
            self._remember(now)
        wanted = Content(content=self._wanted(policy, now))
        if now != wanted:
            self._file.write(wanted)
        self._set = wanted.content

    async def release(self) -> None:
        if _ours(self._file.read()):
            self._file.write(self._former())
        self._displaced.forget()
        self._before = self._journalled = self._set = None

    async def holds(self) -> bool:
        return self._set is not None and self._file.text() == self._set

    def _wanted(self, policy: DnsPolicy, now: Saved) -> bytes:
        """Return what to write: without upstreams, what we set last, if anything."""
        if not policy.upstreams:
            if self._set is not None:
                return self._set
            if isinstance(now, Content) and is_ours(now.content):
                return now.content
        return render(policy)

    def _remember(self, now: Saved) -> None:
        """Note ``now`` as what to restore, before it is overwritten."""
        change = as_change(self._file.path, now)
        if change == self._journalled:
            self._displaced.forget()
        else:
            self._displaced.keep(change)
        self._before = now

    def _former(self) -> Saved:
        return self._before or self._kept() or Missing()

    def _kept(self) -> Saved | None:
        change = self._displaced.load()
        return None if change is None else from_changes(self._file.path, (change,))


def _ours(saved: Saved) -> bool:
    return isinstance(saved, Content) and is_ours(saved.content)
