"""Sessions as one part of a server: made once a process."""

from __future__ import annotations

from typing import Final, Self

import attrs

from worldvpn_server.operations.jobs import Job
from worldvpn_server.sessions.acceptance import Answers
from worldvpn_server.sessions.away import Away
from worldvpn_server.sessions.broker import Broker
from worldvpn_server.sessions.endings import Endings
from worldvpn_server.sessions.grants import Grants
from worldvpn_server.sessions.offers import Offers
from worldvpn_server.sessions.opened import Opener
from worldvpn_server.sessions.parts import Parts
from worldvpn_server.sessions.standing import Standings
from worldvpn_server.sessions.topups import TopUps
from worldvpn_server.sessions.views import Views

_EXPIRE_S: Final = 5.0
_RENEW_S: Final = 1.0
_FORGET_S: Final = 600.0


@attrs.frozen(kw_only=True)
class Sessions:
    """Everything that is done with sessions, by what is done."""

    broker: Broker
    answers: Answers
    topups: TopUps
    endings: Endings
    views: Views
    away: Away

    @classmethod
    def on(cls, parts: Parts) -> Self:
        """Return sessions that stand on ``parts``."""
        offers, grants, standings = Offers(parts), Grants(parts), Standings(parts)
        endings = Endings(parts, offers)
        away = Away(parts, offers, endings)
        return cls(
            broker=Broker(parts, offers, standings, endings, Opener(parts), away),
            answers=Answers(parts, offers, grants, standings),
            topups=TopUps(parts, grants, standings, endings),
            endings=endings,
            views=Views(parts),
            away=away,
        )

    def jobs(self) -> tuple[Job, ...]:
        """Return what goes on in the background."""
        return (
            Job(name="sessions-expire", interval_s=_EXPIRE_S, work=self.endings.expire),
            Job(name="sessions-prepaid", interval_s=_RENEW_S, work=self.topups.renew_prepaid),
            Job(name="sessions-away", interval_s=_FORGET_S, work=self.away.forget),
            Job(name="sessions-close", interval_s=_EXPIRE_S, work=self.topups.close_prepaid),
        )
