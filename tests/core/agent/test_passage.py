"""In which state a socket leaves, and by which way."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

import pytest

from worldvpn_core.agent.passage import Passage, passage
from worldvpn_core.agent.spec import SocketKind, SocketWanted
from worldvpn_core.types import Carrier, Endpoint

HERE: Final = Endpoint(host=ip_address("192.0.2.1"), port=443, carrier=Carrier.TCP)
ELSEWHERE: Final = Endpoint(host=ip_address("192.0.2.2"), port=443, carrier=Carrier.TCP)

#: Kind; then the way while the host is open, with a tunnel, without one.
WAYS: Final = [
    (SocketKind.DNS, Passage.PLAIN, None, None),
    (SocketKind.BOOTSTRAP, None, None, Passage.MARKED),
    (SocketKind.CENTRAL, Passage.PLAIN, Passage.PLAIN, Passage.MARKED),
    (SocketKind.ROUTER, Passage.MARKED, None, Passage.MARKED),
]


@pytest.mark.parametrize(("kind", "opened", "tunnelled", "held"), WAYS)
def test_way_follows_kind_and_state(
    kind: SocketKind, opened: Passage | None, tunnelled: Passage | None, held: Passage | None
) -> None:
    wanted = SocketWanted(kind=kind, endpoint=HERE)

    found = (
        passage(wanted, is_open=True, has_tunnel=False, bootstrap=()),
        passage(wanted, is_open=False, has_tunnel=True, bootstrap=()),
        passage(wanted, is_open=False, has_tunnel=False, bootstrap=(HERE,)),
    )

    assert found == (opened, tunnelled, held)


@pytest.mark.parametrize("kind", SocketKind)
def test_nothing_leaves_without_a_tunnel_to_where_the_firewall_lets_nothing(
    kind: SocketKind,
) -> None:
    wanted = SocketWanted(kind=kind, endpoint=ELSEWHERE)

    assert passage(wanted, is_open=False, has_tunnel=False, bootstrap=(HERE,)) is None
