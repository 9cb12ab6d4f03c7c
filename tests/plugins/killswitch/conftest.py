"""What the kill switch's tests stand on: a host, its tunnel, and the backend on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from tests.plugins.killswitch.probe import KernelLinks
from tests.plugins.killswitch.street import Street, standing
from worldvpn_killswitch.backend import NftablesBackend
from worldvpn_killswitch.libnftables import LibNftables


@pytest.fixture
def street() -> Iterator[Street]:
    """The host, entered."""
    with standing() as host:
        yield host


@pytest.fixture
def tunnel(street: Street) -> int:
    """The descriptor behind wv0, which carries the addresses of the sample policies."""
    descriptor = street.tun("wv0")
    street.run("ip addr add 10.64.0.2/32 dev wv0")
    street.run("ip addr add fd64:1::2/128 dev wv0 nodad")
    return descriptor


@pytest.fixture
def backend(street: Street) -> NftablesBackend:
    """The backend on that host, with nft's library."""
    assert street
    return NftablesBackend(KernelLinks(), LibNftables())


@pytest.fixture
def entered(tunnel: int) -> Callable[[], list[bytes]]:
    """Return the packets that have entered wv0 since the last call."""

    def packets() -> list[bytes]:
        found: list[bytes] = []
        while True:
            try:
                found.append(os.read(tunnel, 65_536))
            except BlockingIOError:
                return found

    return packets
