"""Where a daemon keeps what it counted, and a clock that goes when it is told to."""

from __future__ import annotations

from pathlib import Path

from worldvpn_accounting.files import Files
from worldvpn_accounting.kept import KeptAccounting
from worldvpn_core.contracts import Reading

NOW_S = 1_800_000_000.0


class Place:
    """The daemon's two directories, and a clock that goes when it is told to."""

    def __init__(self, folder: Path) -> None:
        self.lasting = folder / "state" / "traffic.json"
        self.fleeting = folder / "run" / "traffic.json"
        for path in (self.lasting, self.fleeting):
            path.parent.mkdir()
        self.now_s = NOW_S

    def open(self) -> KeptAccounting:
        return KeptAccounting(self.files(), lambda: self.now_s)

    def files(self) -> Files:
        return Files(lasting=self.lasting, fleeting=self.fleeting)

    def damage(self, name: str) -> Path:
        """Cut the end off a file."""
        path: Path = getattr(self, name)
        path.write_bytes(path.read_bytes()[:-9])
        return path

    @staticmethod
    def names(folder: Path) -> list[str]:
        return sorted(path.name for path in folder.iterdir())

    def power_cut(self) -> None:
        self.fleeting.unlink(missing_ok=True)


def reading(received_bytes: int, source: str = "a") -> tuple[Reading, ...]:
    return (Reading(source=source, received_bytes=received_bytes, sent_bytes=0),)


def total(accounting: KeptAccounting) -> int:
    return accounting.traffic().total.received_bytes
