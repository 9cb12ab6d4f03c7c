"""Every way in which a vault's files change, and all that a cut or a refusing disk makes of it."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator

import attrs

from tests.core.vault.power import CuttableDisk, PowerCut, refusal
from tests.core.vault.samples import KEY, OTHER_PASSPHRASE, PASSPHRASE, keeping, secrets
from worldvpn_core.errors import BusyError, VaultError, VaultKeyError
from worldvpn_core.vault.contents import Secrets
from worldvpn_core.vault.keeping import Keeping
from worldvpn_core.vault.opening import Opening

OLD, NEW = secrets("old-token"), secrets("new-token")

#: What is found after a cut: who opens it, and what is in it; None where there is nothing.
Found = tuple[Opening, Secrets | None] | None


@attrs.frozen(kw_only=True)
class Write:
    """One way in which the vault's files change: its start, itself, and what it may leave."""

    files: dict[str, bytes]
    act: Callable[[Keeping], object]
    before: Found
    after: Found


def files_after(*acts: Callable[[Keeping], object], opening: Opening = KEY) -> dict[str, bytes]:
    """Return the files of a vault with OLD in it, after ``acts``."""
    disk = CuttableDisk()
    kept = keeping(disk)
    kept.stored(kept.created(opening, None), OLD)
    for act in acts:
        act(keeping(disk))
    return disk.files


def write_of(name: str) -> Write:
    return {
        "first store after an open": Write(
            files=files_after(lambda kept: kept.opened(KEY)),
            act=lambda kept: kept.stored(kept.opened(KEY), NEW),
            before=(KEY, OLD),
            after=(KEY, NEW),
        ),
        "store beside a former generation": Write(
            files=files_after(),
            act=lambda kept: kept.stored(attrs.evolve(kept.opened(KEY)), NEW),
            before=(KEY, OLD),
            after=(KEY, NEW),
        ),
        "store over a damaged file": Write(
            files={**_former(OLD), "vault": b"damaged", "vault.new": b"rest"},
            act=lambda kept: kept.stored(kept.opened(KEY), NEW),
            before=(KEY, OLD),
            after=(KEY, NEW),
        ),
        "store where only the former is left": Write(
            files=_former(OLD),
            act=lambda kept: kept.stored(kept.opened(KEY), NEW),
            before=(KEY, OLD),
            after=(KEY, NEW),
        ),
        "open": Write(
            files=files_after(),
            act=lambda kept: kept.opened(KEY),
            before=(KEY, OLD),
            after=(KEY, OLD),
        ),
        "open by passphrase": Write(
            files=files_after(opening=PASSPHRASE),
            act=lambda kept: kept.opened(PASSPHRASE),
            before=(PASSPHRASE, OLD),
            after=(PASSPHRASE, OLD),
        ),
        "change of the passphrase": Write(
            files=files_after(opening=PASSPHRASE),
            act=lambda kept: kept.changed(
                kept.opened(PASSPHRASE), OTHER_PASSPHRASE, proof=PASSPHRASE
            ),
            before=(PASSPHRASE, OLD),
            after=(OTHER_PASSPHRASE, OLD),
        ),
        "change beside a former generation": Write(
            files=files_after(opening=PASSPHRASE),
            act=lambda kept: kept.changed(
                kept.stored(kept.opened(PASSPHRASE), OLD), OTHER_PASSPHRASE, proof=PASSPHRASE
            ),
            before=(PASSPHRASE, OLD),
            after=(OTHER_PASSPHRASE, OLD),
        ),
        "change over a damaged file": Write(
            files={**_former(OLD), "vault": b"damaged"},
            act=lambda kept: kept.changed(kept.opened(KEY), OTHER_PASSPHRASE, proof=None),
            before=(KEY, OLD),
            after=(OTHER_PASSPHRASE, OLD),
        ),
        "create": Write(
            files={},
            act=lambda kept: kept.created(KEY, None),
            before=None,
            after=(KEY, None),
        ),
        "wipe": Write(
            files=files_after(),
            act=lambda kept: kept.wipe(),
            before=(KEY, OLD),
            after=None,
        ),
    }[name]


WRITES = (
    "first store after an open",
    "store beside a former generation",
    "store over a damaged file",
    "store where only the former is left",
    "open",
    "open by passphrase",
    "change of the passphrase",
    "change beside a former generation",
    "change over a damaged file",
    "create",
    "wipe",
)


def _former(kept: Secrets) -> dict[str, bytes]:
    disk = CuttableDisk()
    keeper = keeping(disk)
    keeper.stored(keeper.stored(keeper.created(KEY, None), kept), NEW)
    return {"vault.previous": disk.files["vault.previous"]}


def found_on(disk: CuttableDisk) -> Found:
    """Return what opens ``disk``, and what is in it; fails where nothing does or two do."""
    opened = []
    for opening in (KEY, PASSPHRASE, OTHER_PASSPHRASE):
        try:
            held = keeping(CuttableDisk(disk.files)).opened(opening)
        except VaultKeyError:
            continue
        except BusyError:
            return None
        opened.append((opening, held.secrets))
    (only,) = opened
    return only


def cuts(write: Write, disk_type: type[CuttableDisk] = CuttableDisk) -> Iterator[CuttableDisk]:
    """Yield every disk that a cut before every step leaves."""
    step = 0
    while True:
        disk = disk_type(write.files)
        disk.fails_at = step
        try:
            write.act(keeping(disk))
        except PowerCut:
            yield from disk.cut()
            step += 1
        else:
            return


def finished(write: Write, disk_type: type[CuttableDisk] = CuttableDisk) -> Iterator[CuttableDisk]:
    """Yield every disk that a cut right after the write leaves."""
    disk = disk_type(write.files)
    write.act(keeping(disk))
    yield from disk.cut()


def refused_at_every_step(write: Write) -> Iterator[CuttableDisk]:
    """Yield the disk of a host that runs on after its disk refused a step of ``write``."""
    for step in itertools.count():
        disk = CuttableDisk(write.files)
        disk.fails_at, disk.failure = step, refusal
        with contextlib.suppress(VaultError):
            write.act(keeping(disk))
        if disk.steps < step:
            return
        disk.fails_at = None
        yield disk


def opens_any_file(opening: Opening, disk: CuttableDisk) -> bool:
    """Say whether ``opening`` opens a file of ``disk``, whatever it is called."""
    for raw in disk.files.values():
        with contextlib.suppress(VaultError):
            keeping(CuttableDisk({"vault": raw})).opened(opening)
            return True
    return False
