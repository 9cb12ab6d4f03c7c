"""A disk that can lose its power at any step, and everything it may then be found to hold.

It keeps what is durable apart from what was only asked for. Of the bytes of a file that
was not synced, any part may be there: none, a prefix, zeros in place of the rest. Of the
names that were not synced, any of the changes may have been made and any not; each one
alone is whole, as rename(2) promises.
"""

from __future__ import annotations

import errno
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Self

import attrs

from worldvpn_core.vault.sealed import HEADER_BYTES

#: Where a write may be torn: around every border of the format, and in the middle of each part.
BORDERS = (1, 8, HEADER_BYTES - 12, HEADER_BYTES, HEADER_BYTES + 1)


class PowerCut(BaseException):
    """The host is gone. Not an Exception, so that no code under test lives on."""


@attrs.define(eq=False)
class Inode:
    """A file's bytes: on the disk, and in memory on their way there."""

    durable: bytes = b""
    asked: bytes = b""
    #: So much of its beginning was synced, and only added to since.
    firm: int = 0

    def found(self) -> Iterator[bytes]:
        """Yield all that may be read after a cut."""
        if self.durable == self.asked:
            yield self.durable
            return
        for end in torn(len(self.asked), self.firm):
            yield self.asked[:end]
            yield self.asked[:end] + bytes(len(self.asked) - end)
        yield self.durable


def torn(length: int, firm: int = 0) -> list[int]:
    """Return where a write of ``length`` bytes may end, of which ``firm`` were there before."""
    ends = {0, length // 2, length - 33, length - 32, length - 1, length, *BORDERS}
    ends |= {firm, firm + 1} if firm else set()
    return sorted(end for end in ends if firm <= end <= length)


#: A change of names: the one that goes, and the one that comes with its file.
Change = tuple[str | None, tuple[str, Inode] | None]


class CuttableDisk:
    """A ``Folder`` that fails before its ``fails_at``-th step, counted from 0."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self._durable = {name: Inode(raw, raw) for name, raw in (files or {}).items()}
        self._asked = dict(self._durable)
        self._changes: list[Change] = []
        self.steps = 0
        self.fails_at: int | None = None
        self.failure: Callable[[], BaseException] = PowerCut

    @property
    def files(self) -> dict[str, bytes]:
        """What a running host reads."""
        return {name: inode.asked for name, inode in self._asked.items()}

    def cut(self) -> Iterator[Self]:
        """Yield every disk that may be found after the power was cut now."""
        for made in itertools.product((False, True), repeat=len(self._changes)):
            names = dict(self._durable)
            for is_made, (gone, come) in zip(made, self._changes, strict=True):
                if is_made and gone is not None:
                    names.pop(gone, None)
                if is_made and come is not None:
                    names[come[0]] = come[1]
            contents = [list(dict.fromkeys(inode.found())) for inode in names.values()]
            for chosen in itertools.product(*contents):
                yield type(self)(dict(zip(names, chosen, strict=True)))

    def read(self, name: str, most_bytes: int) -> bytes | None:
        inode = self._asked.get(name)
        return None if inode is None else inode.asked[:most_bytes]

    def write(self, name: str, data: bytes) -> None:
        self._step()
        inode = self._asked.get(name)
        if inode is None:
            inode = self._asked[name] = Inode()
            self._changes.append((None, (name, inode)))
        for end in torn(len(data)):
            self._step()
            inode.asked = data[:end]
            inode.firm = 0

    def append(self, name: str, data: bytes) -> None:
        self._step()
        inode = self._asked[name]
        before = inode.asked
        for end in torn(len(data)):
            self._step()
            inode.asked = before + data[:end]

    def rename(self, old: str, new: str) -> None:
        self._step()
        inode = self._asked.pop(old)
        self._asked[new] = inode
        self._changes.append((old, (new, inode)))

    def remove(self, name: str) -> None:
        self._step()
        if self._asked.pop(name, None) is not None:
            self._changes.append((name, None))

    def sync(self, name: str | None) -> None:
        self._step()
        if name is None:
            self._durable, self._changes = dict(self._asked), []
        else:
            inode = self._asked[name]
            inode.durable, inode.firm = inode.asked, len(inode.asked)
        self._step()

    def _step(self) -> None:
        if self.steps == self.fails_at:
            raise self.failure()
        self.steps += 1


class ForgetfulDisk(CuttableDisk):
    """A disk that says it has synced a file's bytes, and has not."""

    def sync(self, name: str | None) -> None:
        if name is None:
            super().sync(name)


class NamelessDisk(CuttableDisk):
    """A disk that says it has synced the names, and has not."""

    def sync(self, name: str | None) -> None:
        if name is not None:
            super().sync(name)


class TemporaryLessDisk(CuttableDisk):
    """Writes into the present file itself, as a program without care would."""

    def write(self, name: str, data: bytes) -> None:
        super().write(name.removesuffix(".new"), data)

    def rename(self, old: str, new: str) -> None:
        if not old.endswith(".new"):
            super().rename(old, new)

    def read(self, name: str, most_bytes: int) -> bytes | None:
        return super().read(name.removesuffix(".new"), most_bytes)

    def sync(self, name: str | None) -> None:
        super().sync(None if name is None else name.removesuffix(".new"))


def refusal() -> OSError:
    """Return what a disk that is full, or broken, says."""
    return OSError(errno.EIO, "Input/output error")
