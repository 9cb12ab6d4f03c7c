"""What every exit must do: subclass ``ExitContract`` in its tests.

A subclass gives the fixtures ``ground`` and ``anyio_backend``.
"""

from __future__ import annotations

import asyncio
from ipaddress import ip_address, ip_network
from typing import Final, Protocol

from worldvpn_core.contracts import Exit, Guest, Invitation, ListenerInfo, SharePlan
from worldvpn_core.types import Endpoint, IpAddress, Server

PLAN: Final = SharePlan(
    attempt=1,
    listen_port=51_820,
    prefixes=(ip_network("10.66.0.0/24"), ip_network("fd66::/64")),
)
_OWN: Final = (ip_address("10.66.0.2"), ip_address("fd66::2"))
_GUEST: Final = (ip_address("10.66.0.4"), ip_address("fd66::4"))
_OTHER: Final = (ip_address("10.66.0.5"), ip_address("fd66::5"))
_REMOTE: Final = Server(host="node.example", port=51_820)


class ExitGround(Protocol):
    """A host whose node's rules let guests out, and a device that may be one of them."""

    def exit(self) -> Exit:
        """Return the exit of this host, remembering nothing, as after a crash."""

    async def state(self) -> str:
        """Return every namespace, link, address, route and process of the host, as text."""

    async def reaches(self, invitation: Invitation, source: IpAddress) -> bool:
        """Say whether a datagram of that device, sent from ``source``, gets out."""


def expect(holds: object, sentence: str) -> None:
    """Fail the running test with ``sentence`` unless it ``holds``."""
    if not holds:
        raise AssertionError(sentence)


def _invited(exit_: Exit, node: ListenerInfo, addresses: tuple[IpAddress, ...]) -> Invitation:
    return exit_.invite(node, _REMOTE, addresses, ())


class ExitContract:
    """Opening, letting in, sending away, closing; nothing stays behind."""

    async def test_it_listens_where_the_plan_says_and_nowhere_else(
        self, ground: ExitGround
    ) -> None:
        """Core leads guests there, and compares."""
        listener = await ground.exit().serve(PLAN)
        meant = tuple(Endpoint(host=host, port=PLAN.listen_port) for host in _OWN)
        expect(listener.info.listen == meant, f"it listens on {listener.info.listen}")
        await listener.close()

    async def test_closing_leaves_nothing_and_may_be_repeated(self, ground: ExitGround) -> None:
        """Whatever was made."""
        before = await ground.state()
        listener = await ground.exit().serve(PLAN)
        expect(await ground.state() != before, "nothing was made: the state shows too little")
        await listener.close()
        await listener.close()
        after = await ground.state()
        expect(after == before, f"left behind: {after}")
        expect(await listener.wait_down() is None, "closing is told as a fall")

    async def test_being_cancelled_leaves_nothing(self, ground: ExitGround) -> None:
        """At whatever step."""
        before = await ground.state()
        for wait_s in (0.0, 0.005, 0.02):
            opening = asyncio.ensure_future(ground.exit().serve(PLAN))
            await asyncio.sleep(wait_s)
            if not opening.cancel():
                await (await opening).close()
            await asyncio.wait({opening})
            if not opening.cancelled():
                await opening.result().close()
            after = await ground.state()
            expect(after == before, f"left behind after {wait_s} s: {after}")

    async def test_what_a_crash_has_left_gives_way(self, ground: ExitGround) -> None:
        """The next run serves all the same."""
        before = await ground.state()
        crashed = await ground.exit().serve(PLAN)
        listener = await ground.exit().serve(PLAN)
        await listener.close()
        after = await ground.state()
        expect(after == before, f"left behind: {after}")
        await crashed.close()
        expect(await ground.state() == before, "closing what has crashed made something")

    async def test_the_node_keeps_its_key(self, ground: ExitGround) -> None:
        """Or every device would have to be invited anew."""
        first = await ground.exit().serve(PLAN)
        await first.close()
        again = await ground.exit().serve(PLAN)
        expect(again.info.public_key == first.info.public_key, "it has another key now")
        await again.close()

    async def test_only_those_let_in_get_through(self, ground: ExitGround) -> None:
        """By their key, until they are sent away."""
        exit_ = ground.exit()
        listener = await exit_.serve(PLAN)
        try:
            invited = _invited(exit_, listener.info, _GUEST)
            expect(not await ground.reaches(invited, _GUEST[0]), "a stranger gets through")
            await listener.admit(invited.guest)
            await listener.admit(invited.guest)
            expect(await ground.reaches(invited, _GUEST[0]), "a guest does not get through")
            expect(await ground.reaches(invited, _GUEST[1]), "nor by IPv6")
            await listener.dismiss(invited.guest.public_key)
            await listener.dismiss(invited.guest.public_key)
            expect(not await ground.reaches(invited, _GUEST[0]), "one sent away gets through")
        finally:
            await listener.close()

    async def test_a_guest_has_no_other_source_than_its_own(self, ground: ExitGround) -> None:
        """Not even that of another guest."""
        exit_ = ground.exit()
        listener = await exit_.serve(PLAN)
        try:
            invited = _invited(exit_, listener.info, _GUEST)
            other = Guest(public_key=bytes([7]) * 32, addresses=_OTHER)
            await listener.admit(invited.guest)
            await listener.admit(other)
            expect(await ground.reaches(invited, _GUEST[0]), "a guest does not get through")
            for source in _OTHER:
                expect(not await ground.reaches(invited, source), f"it gets through as {source}")
        finally:
            await listener.close()

    async def test_an_invitation_tells_its_keys_to_nobody_but_its_reader(
        self, ground: ExitGround
    ) -> None:
        """Its text and its guest's secret stay out of what is printed."""
        exit_ = ground.exit()
        listener = await exit_.serve(PLAN)
        await listener.close()
        first, second = (_invited(exit_, listener.info, _GUEST) for _ in range(2))
        expect(first.guest.public_key != second.guest.public_key, "two devices have one key")
        shown = repr(first)
        secret = first.guest.preshared_key or b"\0"
        expect(first.profile not in shown, "the profile is shown")
        expect(repr(secret) not in shown, "the secret is shown")
