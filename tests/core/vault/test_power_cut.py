"""The power is cut before every step of every write: one generation opens, never neither."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator

import attrs
import pytest

from tests.core.vault.power import (
    CuttableDisk,
    ForgetfulDisk,
    NamelessDisk,
    PowerCut,
    TemporaryLessDisk,
    refusal,
)
from tests.core.vault.samples import KEY, OTHER_PASSPHRASE, PASSPHRASE, keeping, secrets
from worldvpn_core.errors import BusyError, VaultError, VaultKeyError, WorldVpnError
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


@pytest.mark.parametrize("name", WRITES)
def test_cut_before_any_step_leaves_old_or_new(name: str) -> None:
    write = write_of(name)
    found = [found_on(disk) for disk in cuts(write)]
    assert len(found) >= 4
    assert [one for one in found if one not in {write.before, write.after}] == []


@pytest.mark.parametrize("name", WRITES)
def test_cut_after_it_returned_leaves_the_new(name: str) -> None:
    write = write_of(name)
    assert {found_on(disk) for disk in finished(write)} == {write.after}


@pytest.mark.parametrize("name", WRITES)
def test_vault_works_on_after_any_cut(name: str) -> None:
    write = write_of(name)
    for disk in cuts(write):
        found = found_on(disk)
        kept = keeping(disk)
        if found is None:
            kept.wipe()
            held = kept.created(KEY, None)
        else:
            held = kept.opened(found[0])
        kept.stored(held, secrets("later-token"))
        assert found_on(disk) == (found[0] if found else KEY, secrets("later-token"))


@pytest.mark.parametrize("name", WRITES)
def test_disk_that_refuses_any_step_leaves_old_or_new(name: str) -> None:
    write, count = write_of(name), 0
    for disk in refused_at_every_step(write):
        assert found_on(disk) in {write.before, write.after}
        count += 1
    assert count >= 4


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


@pytest.mark.parametrize("name", ["create", "store beside a former generation"])
def test_what_was_opened_after_a_refused_write_is_there_after_a_cut(name: str) -> None:
    for disk in refused_at_every_step(write_of(name)):
        with contextlib.suppress(BusyError):
            opened = keeping(disk).opened(KEY)
            assert {found_on(left) for left in disk.cut()} == {(KEY, opened.secrets)}


def test_cut_in_a_change_that_follows_a_refused_store_leaves_one_of_them() -> None:
    first = write_of("store beside a former generation")
    truths = {first.before, first.after, (OTHER_PASSPHRASE, OLD)}
    for number, _disk in enumerate(refused_at_every_step(first)):
        for step in itertools.count():
            disk = next(itertools.islice(refused_at_every_step(first), number, None))
            disk.fails_at, disk.failure = disk.steps + step, PowerCut
            held = keeping(CuttableDisk(first.files)).opened(KEY)
            try:
                keeping(disk).changed(held, OTHER_PASSPHRASE, proof=None)
            except PowerCut:
                assert {found_on(left) for left in disk.cut()} <= truths
            else:
                break


def opens_any_file(opening: Opening, disk: CuttableDisk) -> bool:
    """Say whether ``opening`` opens a file of ``disk``, whatever it is called."""
    for raw in disk.files.values():
        with contextlib.suppress(VaultError):
            keeping(CuttableDisk({"vault": raw})).opened(opening)
            return True
    return False


@pytest.mark.parametrize("name", ["change of the passphrase", "change over a damaged file"])
def test_after_a_change_what_opened_it_before_opens_no_file_by_any_name(name: str) -> None:
    write = write_of(name)
    assert write.before is not None
    old = write.before[0]
    assert [disk.files for disk in finished(write) if opens_any_file(old, disk)] == []


def test_once_the_new_passphrase_opens_it_the_old_opens_no_file_whenever_the_cut_comes() -> None:
    write = write_of("change of the passphrase")
    changed = [disk for disk in cuts(write) if found_on(disk) == write.after]
    assert changed
    assert [disk.files for disk in changed if opens_any_file(PASSPHRASE, disk)] == []


def test_after_a_wipe_there_is_no_file_by_any_name() -> None:
    opened = files_after(lambda kept: kept.opened(PASSPHRASE), opening=PASSPHRASE)
    crowded = {**opened, "vault.new": b"x", "vault.previous": opened["vault"]}
    wrong = CuttableDisk(crowded)
    with pytest.raises(VaultKeyError):
        keeping(wrong).opened(OTHER_PASSPHRASE)
    wipe = attrs.evolve(write_of("wipe"), files=wrong.files)
    assert [disk.files for disk in finished(wipe)] == [{}]


@pytest.mark.parametrize("careless", [ForgetfulDisk, TemporaryLessDisk])
def test_control_careless_writes_are_caught_by_these_cuts(careless: type[CuttableDisk]) -> None:
    write = write_of("first store after an open")
    bad = 0
    for disk in (*cuts(write, careless), *finished(write, careless)):
        try:
            bad += found_on(CuttableDisk(disk.files)) not in {write.before, write.after}
        except WorldVpnError:
            bad += 1
    assert bad


def test_control_names_that_were_not_synced_are_caught_by_these_cuts() -> None:
    write = write_of("first store after an open")
    assert write.before in {found_on(disk) for disk in finished(write, NamelessDisk)}


def test_wrong_passphrase_is_counted_before_it_is_tried() -> None:
    files = files_after(opening=PASSPHRASE)
    disk = CuttableDisk(files)
    with pytest.raises(VaultKeyError):
        keeping(disk).opened(OTHER_PASSPHRASE)
    for left in disk.cut():
        assert b'"count": 1' in left.files["vault.failures"]
