"""``worldvpnd reset`` when things are half done, or somebody else is at it."""

from __future__ import annotations

from pathlib import Path

import pluggy
import pytest

from worldvpn_core.alone import alone
from worldvpn_core.contracts import Change, JournalRecord, Services
from worldvpn_core.errors import BusyError, ConfigError, JournalError
from worldvpn_core.settings import Settings, SettingsFile
from worldvpn_core.system import Places, System
from worldvpn_core.testing.fakes import FakeDns, FakeFirewall, FakeJournal, fake_host
from worldvpn_core.undo import undo

pytestmark = pytest.mark.anyio

RECORD = JournalRecord(profile_id="home", changes=(Change(kind="sysctl", name="a", old="0"),))


class UnreadableJournal(FakeJournal):
    """A journal on a disk that is failing."""

    def pending(self) -> JournalRecord | None:
        raise JournalError("cannot read the journal: input/output error")


def system(places: Places, journal: FakeJournal) -> tuple[System, FakeFirewall]:
    host, firewall = fake_host(journal=journal), FakeFirewall()
    services = Services(host=host, state_dir=places.state, run_dir=places.run)
    manager = pluggy.PluginManager("worldvpn")
    return (
        System(manager=manager, host=host, services=services, firewall=firewall, dns=FakeDns()),
        firewall,
    )


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(config=tmp_path / "daemon.toml", state=tmp_path, run=tmp_path / "run")


async def test_reset_opens_the_host_though_the_journal_cannot_be_read(places: Places) -> None:
    made, firewall = system(places, UnreadableJournal())

    said = await undo(made, places)

    assert firewall.applied[-1].host.is_open
    assert any(line.startswith("not undone: what was recorded") for line in said)


async def test_reset_says_what_it_did_though_the_journal_cannot_be_emptied(places: Places) -> None:
    journal = FakeJournal(RECORD)
    journal.full = True
    made, _firewall = system(places, journal)

    said = await undo(made, places)

    assert "rules of fake removed" in said
    assert any(line.startswith("not undone: record") for line in said)


async def test_reset_says_what_it_did_though_settings_cannot_be_written(places: Places) -> None:
    SettingsFile(places.state / "settings.json").save(Settings(lockdown=True))
    (places.state / "settings.json.new").mkdir()
    made, firewall = system(places, FakeJournal(RECORD))

    said = await undo(made, places)

    assert firewall.applied[-1].host.is_open
    assert any(line.startswith("not undone: settings lockdown") for line in said)


async def test_reset_leaves_the_host_to_a_daemon_that_runs(places: Places) -> None:
    made, firewall = system(places, FakeJournal(RECORD))

    with alone(places.state), pytest.raises(BusyError, match="stop it first"):
        await undo(made, places)

    assert not firewall.applied


def test_lock_goes_with_who_holds_it_and_needs_no_room(tmp_path: Path) -> None:
    with alone(tmp_path):
        pass
    with alone(tmp_path):
        assert not list(tmp_path.iterdir())


def test_state_that_is_missing_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere"), alone(tmp_path / "nowhere"):
        pass
