"""What the owner wants of the node, and what is kept of it."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import pytest

from worldvpn_core.errors import ConfigError
from worldvpn_core.settings import Settings, changed
from worldvpn_core.share.invited import GuestStore, drawn_prefixes
from worldvpn_core.share.requests import shown
from worldvpn_core.share.states import ShareState
from worldvpn_core.testing import samples
from worldvpn_core.testing.samples import guest


@pytest.fixture
def store(tmp_path: Path) -> GuestStore:
    made = GuestStore(tmp_path / "guests.json")
    made.load()
    return made


def test_networks_are_drawn_once_and_kept(store: GuestStore, tmp_path: Path) -> None:
    again = GuestStore(tmp_path / "guests.json")
    drawn = store.prefixes
    again.load()

    assert again.prefixes == drawn
    assert [prefix.prefixlen for prefix in drawn] == [24, 64]
    assert all(prefix.is_private for prefix in drawn)


def test_two_nodes_hardly_have_the_same_networks() -> None:
    assert len({drawn_prefixes() for _ in range(50)}) == 50


def test_every_device_has_addresses_of_its_own_and_none_of_the_nodes(store: GuestStore) -> None:
    taken = set()
    for number in range(5):
        addresses = store.free_addresses(most=5)
        store.add(f"device {number}", attrs.evolve(guest(), addresses=addresses))
        taken |= {*addresses}

    assert len(taken) == 10
    assert not taken & {prefix[place] for prefix in store.prefixes for place in range(4)}


def test_no_more_are_invited_than_the_owner_wants(store: GuestStore) -> None:
    store.add("phone", guest())

    with pytest.raises(ConfigError, match="revoke one first"):
        store.free_addresses(most=1)


def test_what_is_kept_is_read_again_with_its_secret(store: GuestStore, tmp_path: Path) -> None:
    one = attrs.evolve(guest(), preshared_key=bytes(range(32)))
    store.add("phone", one)
    again = GuestStore(tmp_path / "guests.json")
    again.load()

    assert [(each.name, each.guest) for each in again.all()] == [("phone", one)]
    assert (tmp_path / "guests.json").stat().st_mode & 0o777 == 0o600
    assert repr(bytes(range(32))) not in repr(again.all())


def test_a_name_is_given_once_and_free_again_when_revoked(store: GuestStore) -> None:
    store.add("phone", guest())
    with pytest.raises(ConfigError, match="invited already"):
        store.add("phone", guest(2))
    assert store.remove("phone") == guest()
    with pytest.raises(ConfigError, match="not invited"):
        store.remove("phone")
    store.add("phone", guest(2))


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", '{"version": 9, "prefixes": [], "guests": []}', '{"version": 1}'),
        *('{"version": 1, "prefixes": [], "guests": [], "more": 1}', "[" * 99_999),
    ],
)
def test_a_broken_file_is_set_aside_and_nobody_is_let_in(tmp_path: Path, text: str) -> None:
    path = tmp_path / "guests.json"
    path.write_text(text)
    store = GuestStore(path)
    store.load()

    assert store.all() == ()
    assert store.notice is not None
    assert (tmp_path / "guests.json.broken").read_text() == text


def test_a_key_that_is_none_lets_nobody_in(store: GuestStore, tmp_path: Path) -> None:
    store.add("phone", guest())
    path = tmp_path / "guests.json"
    raw = json.loads(path.read_text())
    raw["guests"][0]["public_key"] = "00"
    path.write_text(json.dumps(raw))
    again = GuestStore(path)
    again.load()

    assert again.all() == ()


@pytest.mark.parametrize("state", samples.share_states(), ids=lambda state: type(state).__name__)
def test_what_is_shown_of_a_state_holds_no_key(state: ShareState) -> None:
    told = shown(state, Settings())

    assert told["state"] == type(state).__name__.lower()
    assert guest().public_key.hex() not in str(told)
    assert repr(guest().public_key) not in str(told)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("share_port", 80),
        ("share_port", 25_000),
        ("share_port", "51820"),
        ("share_port", True),
        ("share_rate_mbps", -1),
        ("share_guests", 0),
        ("share_guests", 1_000),
        ("share_refused_ports", [0]),
        ("share_refused_ports", ["25"]),
        ("share_refused_ports", 25),
        ("sharing", True),
        ("share_consent_utc", "2026-01-01"),
    ],
)
def test_settings_of_sharing_take_no_nonsense(name: str, value: object) -> None:
    with pytest.raises(ConfigError):
        changed(Settings(), {name: value}, confirm=True)


def test_settings_of_sharing_take_what_makes_sense() -> None:
    chosen = changed(
        Settings(), {"share_refused_ports": [25, 465], "share_port": 51_821}, confirm=False
    )

    assert (chosen.share_refused_ports, chosen.share_port) == ((25, 465), 51_821)
