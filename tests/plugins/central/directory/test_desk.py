"""Where a session is asked for: by the signed directory, and first by what own tunnels know."""

from __future__ import annotations

import time
from typing import Final
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.plugins.central.desk import Desk, at, public
from tests.plugins.central.directory.directory import KEY, KEY_ID, manifest, node, whole
from worldvpn_central.api import Api
from worldvpn_central.backend import DeskBackend
from worldvpn_central.clock import Clock
from worldvpn_central.directory.desk import DirectoryDesk
from worldvpn_central.http import Http
from worldvpn_central.keys import FILE, Keys
from worldvpn_central.trust import Trust
from worldvpn_core.central.calls import Open
from worldvpn_core.central.identity import DeviceKeys
from worldvpn_core.central.place import Place
from worldvpn_core.central.server import CentralServer
from worldvpn_core.central.tried import Measured

_ROOT: Final = Ed25519PrivateKey.from_private_bytes(bytes(32))
_NEAR, _FAR = str(UUID(int=1)), str(UUID(int=2))


@pytest.fixture
def directory() -> DirectoryDesk:
    """One that calls node 1 near and node 2 far, kept from before: nobody has to answer."""
    root_key = _ROOT.public_key().public_bytes_raw()
    server = CentralServer(
        url="https://central.example",
        addresses=(at(443),),
        root_key=root_key,
        spki_sha256=bytes(32),
    )
    desk, clock, trust = Desk(root_key), Clock(), Trust(server)
    keys = Keys(root_key, clock, trust)
    keys.remember({FILE: manifest().sign(_ROOT)})
    made = DirectoryDesk(Api(Http(server.url, DeskBackend(server, desk, trust))), desk, keys, clock)
    nodes = whole([node(1, latency_ms=10), node(2, latency_ms=90)], issued_s=int(time.time()))
    made.load({f"directory-{nodes.region}": nodes.sign(KEY_ID, KEY)})
    return made


def _wish(place: str, *measured: Measured) -> Open:
    return Open(
        place=Place.parse(place),
        protocol="wireguard",
        keys=public(DeviceKeys.fresh()),
        key="once",
        measured=measured,
    )


@pytest.mark.parametrize("place", ["fastest", "DE", "DE/Berlin"])
def test_node_that_was_measured_near_is_asked_before_the_one_the_directory_calls_near(
    directory: DirectoryDesk, place: str
) -> None:
    assert directory.candidates(_wish(place)) == (_NEAR, _FAR)

    measured = (
        Measured(node_id=_NEAR, latency_us=150_000),
        Measured(node_id=_FAR, latency_us=20_000),
    )

    assert directory.candidates(_wish(place, *measured)) == (_FAR, _NEAR)


def test_node_that_keeps_failing_is_asked_after_others(directory: DirectoryDesk) -> None:
    failing = Measured(node_id=_NEAR, failing_percent=51)

    assert directory.candidates(_wish("fastest", failing)) == (_FAR, _NEAR)


def test_measurement_of_a_node_that_is_not_listed_changes_nothing(
    directory: DirectoryDesk,
) -> None:
    gone = Measured(node_id=str(UUID(int=3)), latency_us=1)

    assert directory.candidates(_wish("fastest", gone)) == (_NEAR, _FAR)
