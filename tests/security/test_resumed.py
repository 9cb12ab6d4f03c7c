"""What a daemon that starts again protects before it has planned anything."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import attrs

from worldvpn_core.decide import protected
from worldvpn_core.profiles import ProfileStore
from worldvpn_core.settings import Settings
from worldvpn_core.testing.fakes import FakeLinks, FakeTransport
from worldvpn_core.testing.samples import SILENT, profile
from worldvpn_core.tunnel.states import Blocked
from worldvpn_core.types import EVERYTHING, IpAddress, Profile, Server
from worldvpn_core.wanted import Means, Wanted, resumed

FALLEN = Blocked(cause=SILENT)
PART = (profile().addresses[0].network,)
BY_NAME = attrs.evolve(
    profile("home", Server(host="vpn.example", port=51_820)),
    allowed=PART,
    known_hosts=(("vpn.example", (ip_address("203.0.113.1"),)),),
)


def means(directory: Path, *kept: Profile) -> Means:
    profiles = ProfileStore(directory)
    profiles.load()
    for each in kept:
        profiles.save(each, replace=False)
    return Means(
        profiles=profiles,
        transports={"fake": FakeTransport(FakeLinks())},
        resolve=_resolve,
        refusal=lambda _request: None,
        settings=Settings,
        default_dns=(),
    )


async def _resolve(_name: str) -> tuple[IpAddress, ...]:
    return ()


def test_partial_tunnel_protects_its_part_from_the_start(tmp_path: Path) -> None:
    wanted = Wanted(profile_id="home", partial=True)

    state = resumed(FALLEN, wanted, means(tmp_path, BY_NAME))

    assert protected(state, Settings()) == PART


def test_partial_tunnel_that_is_not_known_any_more_protects_everything(tmp_path: Path) -> None:
    wanted = Wanted(profile_id="home", partial=True)
    nameless = attrs.evolve(BY_NAME, known_hosts=())

    assert resumed(FALLEN, wanted, means(tmp_path / "none")) == FALLEN
    assert resumed(FALLEN, wanted, means(tmp_path / "nameless", nameless)) == FALLEN
    assert protected(FALLEN, Settings()) == EVERYTHING


def test_whole_tunnel_protects_everything_from_the_start(tmp_path: Path) -> None:
    state = resumed(FALLEN, Wanted(profile_id="home"), means(tmp_path, BY_NAME))

    assert protected(state, Settings()) == EVERYTHING
