"""Who is there and what each has done, from one reading to the next. Pure but for its memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import attrs

from worldvpn_core.contracts import Watched
from worldvpn_core.credit.figures import Figures
from worldvpn_core.credit.tally import Tally
from worldvpn_core.share.abuse import Offence, Record, Seen
from worldvpn_core.share.classes import TrafficClass
from worldvpn_core.share.plan import Guest
from worldvpn_core.types import IpAddress


@attrs.frozen(kw_only=True)
class Member:
    """What is known of one guest, by its key."""

    tallies: Mapping[IpAddress, Tally] = attrs.field(factory=dict)
    record: Record = attrs.field(factory=Record)
    begun: Mapping[TrafficClass, int] = attrs.field(factory=dict)

    @property
    def figures(self) -> Figures:
        """What it has carried, by all its addresses."""
        totals = [each.total for each in self.tallies.values()]
        return Figures(
            up_bytes=sum(each.up_bytes for each in totals),
            down_bytes=sum(each.down_bytes for each in totals),
        )


@attrs.define(eq=False)
class Crowd:
    """The node's guests, by key."""

    members: dict[bytes, Member] = attrs.field(factory=dict)

    def read(
        self,
        guests: tuple[Guest, ...],
        carried: Mapping[IpAddress, Figures],
        watched: Mapping[IpAddress, Watched],
        at_s: float,
    ) -> int:
        """Take note of a reading at ``at_s``; return how many bytes were carried since the last.

        ``at_s`` is of a clock that is never set.
        """
        before = self.members
        self.members = {
            one.public_key: _later(
                before.get(one.public_key, Member()), one.addresses, carried, watched, at_s
            )
            for one in guests
        }
        return sum(
            member.figures.total_bytes - before.get(key, Member()).figures.total_bytes
            for key, member in self.members.items()
        )

    def offences(self, guests: tuple[Guest, ...]) -> dict[bytes, Offence]:
        """Return who of the server's guests has done too much, and what."""
        found = ((one.public_key, self._offence(one)) for one in guests if one.is_sent)
        return {key: offence for key, offence in found if offence is not None}

    def _offence(self, guest: Guest) -> Offence | None:
        member = self.members.get(guest.public_key)
        return None if member is None else member.record.offence


def _later(
    member: Member,
    addresses: tuple[IpAddress, ...],
    carried: Mapping[IpAddress, Figures],
    watched: Mapping[IpAddress, Watched],
    at_s: float,
) -> Member:
    tallies = {
        each: member.tallies.get(each, Tally()).counted(carried.get(each, Figures()))
        for each in addresses
    }
    done = [watched.get(each, Watched()) for each in addresses]
    begun: Counter[TrafficClass] = Counter()
    for each in done:
        begun.update(each.begun)
    unanswered = sum(each.unanswered_bytes for each in done)
    sent = sum(each.total.up_bytes for each in tallies.values()) + unanswered
    seen = Seen(
        at_s=at_s,
        opened=sum(each.opened for each in done),
        ports=max((each.ports for each in done), default=0),
        hosts=sum(each.hosts for each in done),
        sent_bytes=sent,
        unanswered_bytes=unanswered,
    )
    return Member(tallies=tallies, record=member.record.with_newer(seen), begun=begun)
