"""The power is cut before every step of every write: one generation opens, never neither."""

from __future__ import annotations

import contextlib
import itertools

import attrs
import pytest

from tests.core.vault.power import (
    CuttableDisk,
    ForgetfulDisk,
    NamelessDisk,
    PowerCut,
    TemporaryLessDisk,
)
from tests.core.vault.samples import KEY, OTHER_PASSPHRASE, PASSPHRASE, keeping, secrets
from tests.core.vault.writes import (
    OLD,
    WRITES,
    cuts,
    files_after,
    finished,
    found_on,
    opens_any_file,
    refused_at_every_step,
    write_of,
)
from worldvpn_core.errors import BusyError, VaultKeyError, WorldVpnError


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


@pytest.mark.parametrize("name", [name for name in WRITES if name.startswith("change")])
def test_after_a_change_what_opened_it_before_opens_no_file_by_any_name(name: str) -> None:
    write = write_of(name)
    assert write.before is not None
    old = write.before[0]
    assert [disk.files for disk in finished(write) if opens_any_file(old, disk)] == []


def test_once_the_new_passphrase_opens_it_the_old_opens_no_file_whenever_the_cut_comes() -> None:
    write = write_of("change beside a former generation")
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
