"""What the sets of ``guest_watch`` say of each guest, put together. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from worldvpn_core.contracts import Watched
from worldvpn_core.policy import NodePolicy
from worldvpn_core.share.classes import TrafficClass
from worldvpn_core.types import IpAddress
from worldvpn_killswitch import guest_watch
from worldvpn_killswitch.element_counts import Count

_NONE = Count()
_Read = Mapping[str, Mapping[bytes, Count]]


def watched_of(policy: NodePolicy, read: _Read) -> dict[IpAddress, Watched]:
    """Return what each guest of ``policy`` has done; ``read`` is each set by its name."""
    pairs = {
        name: Counter(guest_watch.guest_of(key, version) for key in read.get(name, ()))
        for version in guest_watch.VERSIONS
        for name in (guest_watch.ports(version), guest_watch.hosts(version))
    }
    return {guest: _of(guest, read, pairs) for guest in policy.guests}


def _of(guest: IpAddress, read: _Read, pairs: Mapping[str, Counter[bytes]]) -> Watched:
    version, key = guest.version, guest.packed

    def count(name: str) -> Count:
        return read.get(name, {}).get(key, _NONE)

    return Watched(
        begun={name: count(guest_watch.begun_in(name, version)).packets for name in TrafficClass},
        opened=count(guest_watch.opened(version)).packets,
        unanswered_bytes=count(guest_watch.unanswered(version)).bytes,
        ports=pairs[guest_watch.ports(version)][key],
        hosts=pairs[guest_watch.hosts(version)][key],
    )
