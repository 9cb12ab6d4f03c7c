"""What is wanted of the tunnel, and what the daemon makes of it when it starts. Pure."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address

import attrs

from worldvpn_core.central.broker import Broker
from worldvpn_core.contracts import JournalRecord, Transport
from worldvpn_core.errors import WorldVpnError
from worldvpn_core.planner import Resolve, Resolvers, Turn, tunnel_plan
from worldvpn_core.profiles import ProfileStore
from worldvpn_core.settings import Settings
from worldvpn_core.tunnel.states import Blocked, Disconnected, Paused, State
from worldvpn_core.types import Cause, IpAddress, Refusal, SessionRequest

RESTARTED = Cause(
    code="daemon.restarted",
    detail="the daemon was started again while a tunnel was wanted; connecting",
    retryable=True,
)
STOPPED = Blocked(
    cause=Cause(
        code="daemon.stopped",
        detail="the daemon was stopped while a tunnel is wanted; the block stays",
        retryable=True,
    )
)

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Wanted:
    """What the user asked for last, to be taken up again after a fall or a crash.

    ``profile_id`` is a profile's, or ``@PLACE`` of the directory.
    """

    profile_id: str
    partial: bool = False


@attrs.frozen(kw_only=True)
class Means:
    """What planning needs of the rest of the daemon."""

    profiles: ProfileStore
    transports: Mapping[str, Transport]
    resolve: Resolve
    refusal: Callable[[SessionRequest], Refusal | None]
    settings: Callable[[], Settings]
    default_dns: tuple[IpAddress, ...]
    #: Opens sessions at places of the directory; None: this host belongs to no server.
    broker: Broker | None = None

    @property
    def resolvers(self) -> Resolvers:
        """Who is asked for names by the owner's present choice."""
        return Resolvers(chosen=self.settings().resolvers, default=self.default_dns)


def first_state(
    pending: JournalRecord | None, settings: Settings, now_utc: datetime | None = None
) -> tuple[State, Wanted | None]:
    """Return the state a starting daemon enters, and what is wanted. Pure.

    What a former run began is taken up again: until then, blocked or still paused.
    """
    if pending is not None and pending.profile_id is not None:
        wanted = Wanted(profile_id=pending.profile_id, partial=pending.partial)
        until = pending.paused_until_utc
        now_utc = now_utc or datetime.now(UTC)
        if until is not None and until > now_utc and not settings.lockdown:
            return Paused(until_utc=until), wanted
        return Blocked(cause=RESTARTED), wanted
    if settings.auto_connect is not None:
        return Blocked(cause=RESTARTED), Wanted(profile_id=settings.auto_connect)
    return Disconnected(), None


def resumed(state: State, wanted: Wanted | None, means: Means) -> State:
    """Return the first ``state`` with the plan of a partial tunnel, as far as it is known.

    Without one everything would be blocked until there is a tunnel again.
    """
    if wanted is None or not wanted.partial or not isinstance(state, Blocked | Paused):
        return state
    try:
        profile = means.profiles.get(wanted.profile_id)
        transport = means.transports[profile.transport]
        hosts = dict(profile.known_hosts)
        hosts |= {
            server.host: (ip_address(server.host),)
            for server in profile.servers
            if server.host not in hosts
        }
        turn = Turn(attempt=1, partial=True)
        plan = tunnel_plan(profile, transport, hosts, turn, resolvers=means.resolvers)
    except (WorldVpnError, LookupError, ValueError) as error:
        _log.warning("all is blocked, for what was protected is unknown: %s", error)
        return state
    return attrs.evolve(state, plan=plan)
