"""The node as the central server has it: offered while it serves, and not listed otherwise."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Final

import attrs

from worldvpn_core.central.calls import Announce
from worldvpn_core.central.link import CentralLink
from worldvpn_core.central.replies import Listener, NodeStanding
from worldvpn_core.errors import (
    AgentError,
    CentralBusyError,
    CentralError,
    ConfigError,
    WorldVpnError,
)
from worldvpn_core.settings import Settings
from worldvpn_core.share.rates import offered_mbps
from worldvpn_core.share.registered import NodeFile, Owner, owner_of
from worldvpn_core.share.states import Serving, ShareState
from worldvpn_core.types import Endpoint, IpNetwork

FIRST_AGAIN_S: Final = 5.0
LONGEST_AGAIN_S: Final = 300.0
#: The server checks three times a minute at most.
UNREACHED_AGAIN_S: Final = 60.0
#: Said anew now and then, so that a server that has forgotten it learns of it.
FRESH_S: Final = 900.0
#: A call takes one way to the server, and a row there.
SEEN_S: Final = 1.0
_GIGABYTE: Final = 1_000_000_000
#: The server puts the address that it sees in its place.
SEEN: Final = ip_address("0.0.0.0")  # noqa: S104 - nothing is bound to it

#: Said where no address is known that the server could be told.
HIDDEN: Final = (
    "your own tunnel hides this computer's address from the central server: disconnect for a "
    "moment, and guests find it from then on"
)
#: Said where the server refuses a check: others of this network or account have had theirs.
BUSY: Final = "the central server has no time to check this computer now: it is asked again soon"
PAUSED: Final = "no new guests are taken now"

_log = logging.getLogger(__name__)

#: What each of the server's reasons means for the owner.
REASONS: Final[Mapping[str, str]] = {
    "reached": "guests can come",
    "no-echo": "the handshake worked, but nothing came back through the tunnel",
    "no-answer": "the central server could not reach the port: open it in your router",
    "symmetric": "your router uses another port for each guest: open the port in your router",
    "node-silent": "this computer did not answer the central server in time",
    "address-refused": "the central server does not see this computer at that address",
    "carrier-unproven": "the protocol that guests would use could not be checked",
    "no-endpoint": "the central server knows no address of this computer",
}


@attrs.define(kw_only=True, eq=False)
class Listed:
    """Keeps the server's word on this node up to date.

    ``adopt`` makes the node take the inner networks that the server has drawn for it: it opens
    anew with them. It raises ConfigError where devices are invited under others.
    ``is_tunnelled`` says whether the server is asked through the owner's own tunnel now: what it
    sees then is that tunnel's exit, and it is told where it reached the node before.
    """

    link: CentralLink
    file: NodeFile
    settings: Callable[[], Settings]
    state: Callable[[], ShareState]
    adopt: Callable[[tuple[IpNetwork, ...]], None]
    protocol: str
    #: Where guests come to; None: to the address that the server sees, by the node's own port.
    public: Callable[[], Endpoint | None]
    #: Has the node call the server's ports; says whether it has just begun to.
    call: Callable[[tuple[Listener, ...]], bool] = lambda _listeners: False
    changed: Callable[[], None]
    is_tunnelled: Callable[[], bool]
    #: Whether new guests are taken.
    accepts: Callable[[], bool] = lambda: True
    is_listed: bool = attrs.field(default=False, init=False)
    #: Why the node is not listed, or "" while nothing is known.
    reason: str = attrs.field(default="", init=False)
    #: The server's own word for it: one of a closed list, or "" while it has said none.
    code: str = attrs.field(default="", init=False)
    #: Whether guests come only by what the node's own calls open.
    by_hole: bool = attrs.field(default=False, init=False)
    _news: asyncio.Event = attrs.field(factory=asyncio.Event, init=False)
    #: What the server was told last, and as whom, while it may send guests by it.
    _said: tuple[Owner, Announce] | None = attrs.field(default=None, init=False)

    def hurry(self) -> None:
        """Take note that the node's state, its settings or the account is another."""
        self._news.set()

    def settings_changed(self) -> None:
        """Say anew what is offered, if that is another: each time the server tries to come."""
        state = self.state()
        if self._said is None or not isinstance(state, Serving):
            return
        said = self._said[1]
        listen = self._listen(state.plan.listen_port) or said.listen
        if said != _announcement(state, self.settings(), said.node_id, self.protocol, listen):
            self.hurry()

    async def run(self) -> None:
        """Follow the node until cancelled."""
        failures = 0
        while True:
            self._news.clear()
            wait_s: float | None = None
            try:
                wait_s = await self._follow()
                failures = 0
            except (CentralError, AgentError) as error:
                failures += 1
                wait_s = min(LONGEST_AGAIN_S, FIRST_AGAIN_S * 2.0 ** (failures - 1))
                self._say(is_listed=False, reason=str(error))
            except WorldVpnError as error:
                wait_s = FIRST_AGAIN_S
                self._say(is_listed=False, reason=str(error))
            try:
                async with asyncio.timeout(wait_s):
                    await self._news.wait()
            except TimeoutError:
                pass

    async def _follow(self) -> float | None:
        """Say what there is to say; return after how long to look again, None: at news."""
        state, settings = self.state(), self.settings()
        owner = owner_of(self.link)
        if self._said is not None and self._said[0] != owner:
            # The server has taken that node off the list, as it signed its device out.
            self._said = None
        if owner is None:
            self._say(is_listed=False, reason="nobody is signed in: guests cannot be sent")
            return None
        match state:
            case Serving():
                if settings.share_country is None:
                    raise ConfigError(
                        "say which country this computer is in: worldvpn settings share_country CC"
                    )
                return await self._offer(state, settings, owner)
            case _:
                await self._close()
                return None

    async def _offer(self, state: Serving, settings: Settings, owner: Owner) -> float:
        listen = self._listen(state.plan.listen_port)
        if not listen:
            self._say(is_listed=False, reason=HIDDEN)
            return UNREACHED_AGAIN_S
        node_id = self.file.node_id(owner)
        call = _announcement(state, settings, node_id, self.protocol, listen)
        if not self.accepts():
            return await self._not_now(call, owner)
        standing = await self.link.ask(call, NodeStanding)
        drawn = (standing.inner4, standing.inner6)
        self._said = owner, call
        if set(drawn) != set(state.plan.prefixes):
            self.adopt(drawn)
            self._say(is_listed=False, reason="the node opens anew under the server's networks")
            return FRESH_S
        if self.call(standing.listeners):
            # What is seen of it from outside must be there when it is tried.
            await asyncio.sleep(SEEN_S)
        try:
            standing = await self.link.ask(attrs.evolve(call, reach=True), NodeStanding)
        except CentralBusyError:
            # What the server found before stands meanwhile:
            # a node that is where it was, with the key it had, is still listed.
            reason = REASONS["reached"] if standing.listed else BUSY
            self._say(is_listed=standing.listed, reason=reason)
            return UNREACHED_AGAIN_S
        self._remember(standing.reached)
        reason = REASONS.get(standing.reason, standing.reason)
        self.by_hole = standing.by_hole
        self._say(is_listed=standing.listed, reason=reason, code=standing.reason)
        return FRESH_S if standing.listed else UNREACHED_AGAIN_S

    async def _not_now(self, call: Announce, owner: Owner) -> float:
        """Let no new guest be sent, while those who are there stay."""
        await self.link.ask(attrs.evolve(call, accepting=False, reach=False), NodeStanding)
        self._said = owner, call
        self._say(is_listed=False, reason=PAUSED)
        return FRESH_S

    async def _close(self) -> None:
        """Let no new guest be sent: the stream of events alone would keep the node online."""
        self._say(is_listed=False, reason="")
        if self._said is not None:
            said = self._said[1]
            listen = self._listen(said.listen[0].port) or said.listen
            await self.link.ask(attrs.evolve(said, accepting=False, listen=listen), NodeStanding)
            self._said = None

    def _listen(self, port: int) -> tuple[Endpoint, ...]:
        """Return where guests are to come; nothing where that cannot be known now."""
        public = self.public()
        if public is not None:
            return (public,)
        if not self.is_tunnelled():
            return (Endpoint(host=SEEN, port=port),)
        return tuple(each for each in self.file.reached if each.port == port)

    def _remember(self, reached: tuple[Endpoint, ...]) -> None:
        if not reached:
            return
        try:
            self.file.keep_reached(reached)
        except ConfigError as error:
            _log.warning("%s", error)

    def _say(self, *, is_listed: bool, reason: str, code: str = "") -> None:
        self.code = code
        if (is_listed, reason) != (self.is_listed, self.reason):
            self.is_listed, self.reason = is_listed, reason
            _log.info("the node is %slisted: %s", "" if is_listed else "not ", reason or "-")
            self.changed()


def _announcement(
    state: Serving,
    settings: Settings,
    node_id: str,
    protocol: str,
    listen: tuple[Endpoint, ...],
) -> Announce:
    """Return what the server is told of the node. Pure."""
    return Announce(
        node_id=node_id,
        country=settings.share_country or "XX",
        city=settings.share_city,
        protocols=(protocol,),
        x25519=state.node.public_key,
        listen=listen,
        bandwidth_mbps=offered_mbps(settings),
        most_guests=settings.share_guests,
        daily_bytes=settings.share_daily_gb * _GIGABYTE,
        reach=False,
    )
