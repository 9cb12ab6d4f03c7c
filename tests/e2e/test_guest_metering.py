"""What guests carry through a real node is counted for whom it was, while others come and go."""

from __future__ import annotations

import re
from contextlib import ExitStack

import pytest

from tests.e2e.rig import Rig
from tests.e2e.sharing import invite, serve
from worldvpn_core.types import IpAddress
from worldvpn_killswitch.meter import DOWN, TABLE, UP
from worldvpn_lab.daemon import Daemon
from worldvpn_lab.device import Device, device
from worldvpn_lab.map import PLACES

pytestmark = pytest.mark.netns

_LISTED = ("ip", "netns", "exec", "wvnode", "nft", "list", "set", "inet", TABLE)


def counted(rig: Rig, guest: Device, to: IpAddress) -> tuple[int, int]:
    """Return the bytes that ``guest`` has sent and got, by its address of the family of ``to``."""
    own = guest.own(to)
    found = []
    for names in (UP, DOWN):
        listing = rig.world.run("client", [*_LISTED, names[own.version]]).checked()
        count = re.search(rf"{re.escape(str(own))} counter packets \d+ bytes (\d+)", listing)
        assert count is not None, listing
        found.append(int(count[1]))
    return found[0], found[1]


def test_each_guest_is_counted_for_itself_and_goes_on_when_others_come(
    rig: Rig, daemon: Daemon
) -> None:
    serve(daemon)
    with ExitStack() as stack:
        one = stack.enter_context(device(rig.world, "node2", invite(daemon, "phone"), "wvg0"))
        page = one.page(PLACES.page)
        sent, got = counted(rig, one, PLACES.page)
        assert page
        assert got > len(page)
        assert sent > 0
        assert counted(rig, one, PLACES.page6) == (0, 0)

        other = stack.enter_context(device(rig.world, "node1", invite(daemon, "laptop"), "wvg1"))
        page6 = other.page(PLACES.page6)
        assert counted(rig, other, PLACES.page6)[1] > len(page6)
        # The last words of its connection may have come after they were read.
        later = counted(rig, one, PLACES.page)
        assert min(later[0] - sent, later[1] - got) >= 0
