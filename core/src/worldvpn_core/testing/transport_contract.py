"""What every Transport must do, whatever its protocol and its engine.

A plugin's tests subclass ``TransportContract`` and give it a fixture ``ground``: a
host of its own with a remote that answers and one that is silent. They run under
anyio's pytest plugin, as root in a network namespace or in a virtual machine.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final, Protocol

import attrs
import pytest

from worldvpn_core.contracts import Links, Transport, Tunnel
from worldvpn_core.errors import ConfigError, HandshakeTimeoutError
from worldvpn_core.types import Counters, Link, TunnelPlan

#: Long enough on the slowest machine; nothing is measured by it.
_EVENTUALLY_S: Final = 30.0
_POLL_S: Final = 0.01
_SILENT_S: Final = 0.5
_BETWEEN_PROBES_S: Final = 0.2
_STREAM_PACKETS: Final = 1_000
_MTU_BYTES: Final = 1_312


class TransportGround(Protocol):
    """A host on which a transport is tried."""

    @property
    def transport(self) -> Transport:
        """The transport under test."""

    @property
    def links(self) -> Links:
        """The interfaces of the host it works on."""

    @property
    def raw_options(self) -> Mapping[str, str]:
        """Options that ``transport.parse`` takes; its secret ones must never be shown."""

    @property
    def plan(self) -> TunnelPlan:
        """A plan, made of ``raw_options``, whose remote answers."""

    @property
    def silent_plan(self) -> TunnelPlan:
        """The same towards a relay that takes packets and never answers."""

    async def leftovers(self) -> frozenset[str]:
        """Name every process, socket and file that tunnels now have on this host."""

    async def lost_packets(self, tunnel: Tunnel, sent: int) -> int:
        """Send ``sent`` packets through ``tunnel``, each to be answered.

        1,000 a second, fewer only where the machine itself is emulated. Returns how
        many answers never came.
        """


async def eventually_proved(tunnel: Tunnel, before: int) -> Counters:
    """Return the counters of ``tunnel`` once their proof is another than ``before``."""
    async with asyncio.timeout(_EVENTUALLY_S):
        while True:
            counters = await tunnel.counters()
            if counters.proof != before:
                return counters
            await asyncio.sleep(_POLL_S)


@asynccontextmanager
async def opened(ground: TransportGround, plan: TunnelPlan | None = None) -> AsyncIterator[Tunnel]:
    """Open a tunnel, by the ground's plan or another, for as long as the block lasts."""
    tunnel = await ground.transport.open(plan or ground.plan)
    try:
        yield tunnel
    finally:
        await tunnel.close()


async def link_names(ground: TransportGround) -> frozenset[str]:
    """Return the names of the host's interfaces."""
    return frozenset(link.name for link in await ground.links.all())


def _same(seen: object, meant: object) -> None:
    # Not ``assert``: pytest explains those only where it rewrote the module.
    if seen != meant:
        raise AssertionError(f"{seen!r} was seen, {meant!r} was meant")


def _must(held: object, promise: str) -> None:
    if not held:
        raise AssertionError(f"the contract promises {promise}")


class TransportContract:
    """Subclass it, and give it the fixture ``ground``."""

    pytestmark = pytest.mark.anyio

    @pytest.fixture
    def anyio_backend(self) -> str:
        """Run on asyncio, as the daemon does."""
        return "asyncio"

    def test_its_name_is_stable_lower_case(self, ground: TransportGround) -> None:
        """Profiles hold it."""
        name = ground.transport.name
        _same(name, name.lower().strip() or "a name")

    def test_its_options_are_declared_once_each(self, ground: TransportGround) -> None:
        """Forms and flags are made of them."""
        names = [option.name for option in ground.transport.options]
        _same(sorted(names), sorted(set(names)))

    def test_same_options_parse_to_one_hashable_value(self, ground: TransportGround) -> None:
        """States hold it, and are compared."""
        parsed = ground.transport.parse(ground.raw_options)
        _same({parsed}, {ground.transport.parse(ground.raw_options)})

    def test_unknown_option_is_refused(self, ground: TransportGround) -> None:
        """A misspelt option must not be a setting that silently does nothing."""
        with pytest.raises(ConfigError, match="colour"):
            ground.transport.parse({**ground.raw_options, "colour": "blue"})

    def test_missing_required_option_is_refused_by_name(self, ground: TransportGround) -> None:
        """Each alone."""
        required = {option.name for option in ground.transport.options if option.required}
        for name in required:
            raw = {key: text for key, text in ground.raw_options.items() if key != name}
            with pytest.raises(ConfigError, match=name):
                ground.transport.parse(raw)

    def test_outer_endpoints_are_pure(self, ground: TransportGround) -> None:
        """The firewall admits them before ``open`` runs."""
        endpoints = ground.transport.outer_endpoints(ground.plan)
        _same(ground.transport.outer_endpoints(attrs.evolve(ground.plan)), endpoints)
        _must(endpoints, "at least one endpoint")

    async def test_open_reports_the_named_link_and_what_was_admitted(
        self, ground: TransportGround
    ) -> None:
        """Core compares both."""
        async with opened(ground) as tunnel:
            _same(tunnel.info.path, Link(name=ground.plan.interface))
            admitted = ground.transport.outer_endpoints(ground.plan)
            _same(set(tunnel.info.outer_endpoints), set(admitted))
            _must(tunnel.info.engine, "the engine's name")

    async def test_open_makes_that_link_and_no_other_and_brings_it_up(
        self, ground: TransportGround
    ) -> None:
        """Addresses and routes are core's."""
        before = await link_names(ground)
        async with opened(ground):
            links = {link.name: link for link in await ground.links.all()}
            _same(set(links) - before, {ground.plan.interface})
            _must(links[ground.plan.interface].is_up, "a link that is up")
            _must(links[ground.plan.interface].kind in {"tun", "wireguard"}, "a tunnel's link")

    async def test_open_returns_with_a_proof(self, ground: TransportGround) -> None:
        """Packets flow, and not only out; a round trip is part of what that took."""
        began_monotonic_s = monotonic()
        async with opened(ground) as tunnel:
            most_s = monotonic() - began_monotonic_s
            _must((tunnel.info.round_trip_s or 0.0) <= most_s, "a round trip within that")
            _must((await tunnel.counters()).proof, "a proof")

    async def test_open_sets_the_mtu_that_the_plan_fixes(self, ground: TransportGround) -> None:
        """A profile knows its path."""
        async with opened(ground, attrs.evolve(ground.plan, mtu_bytes=_MTU_BYTES)):
            links = {link.name: link for link in await ground.links.all()}
            _same(links[ground.plan.interface].mtu_bytes, _MTU_BYTES)

    async def test_packets_pass_and_are_counted(self, ground: TransportGround) -> None:
        """Both ways."""
        async with opened(ground) as tunnel:
            before = await tunnel.counters()
            _same(await ground.lost_packets(tunnel, 50), 0)
            after = await tunnel.counters()
            _must(after.received_bytes > before.received_bytes, "received bytes that grow")
            _must(after.sent_bytes > before.sent_bytes, "sent bytes that grow")

    async def test_probe_brings_a_new_proof(self, ground: TransportGround) -> None:
        """Twice, for the second finds other sessions than the first."""
        async with opened(ground) as tunnel:
            first = await tunnel.counters()
            await tunnel.probe()
            second = await eventually_proved(tunnel, first.proof)
            await tunnel.probe()
            await eventually_proved(tunnel, second.proof)

    async def test_probe_loses_no_packet(self, ground: TransportGround) -> None:
        """Of a steady stream, each to be answered."""
        async with opened(ground) as tunnel:
            traffic = asyncio.create_task(ground.lost_packets(tunnel, _STREAM_PACKETS))
            while not (await asyncio.wait({traffic}, timeout=_BETWEEN_PROBES_S))[0]:
                await tunnel.probe()
            _same(await traffic, 0)

    async def test_counters_never_decrease_over_a_probe(self, ground: TransportGround) -> None:
        """Whatever the protocol's way of probing does to its own."""
        async with opened(ground) as tunnel:
            _same(await ground.lost_packets(tunnel, 50), 0)
            before = await tunnel.counters()
            await tunnel.probe()
            after = await eventually_proved(tunnel, before.proof)
            _must(after.received_bytes >= before.received_bytes, "received bytes that stay")
            _must(after.sent_bytes >= before.sent_bytes, "sent bytes that stay")

    async def test_silent_remote_is_a_handshake_timeout_that_names_it(
        self, ground: TransportGround
    ) -> None:
        """And nothing is left of the attempt."""
        before = await ground.leftovers(), await link_names(ground)
        plan = attrs.evolve(ground.silent_plan, handshake_timeout_s=_SILENT_S)
        with pytest.raises(HandshakeTimeoutError, match=str(plan.remotes[0].port)):
            await ground.transport.open(plan)
        _same((await ground.leftovers(), await link_names(ground)), before)

    @pytest.mark.parametrize("delay_s", [0.0, 0.001, 0.005, 0.02, 0.2])
    async def test_cancelled_open_leaves_nothing(
        self, ground: TransportGround, delay_s: float
    ) -> None:
        """Whatever it was doing just then."""
        before = await ground.leftovers(), await link_names(ground)
        opening = asyncio.create_task(ground.transport.open(ground.silent_plan))
        await asyncio.sleep(delay_s)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        _same((await ground.leftovers(), await link_names(ground)), before)

    async def test_close_leaves_nothing_and_may_be_repeated(self, ground: TransportGround) -> None:
        """By several at once, too."""
        before = await ground.leftovers(), await link_names(ground)
        tunnel = await ground.transport.open(ground.plan)
        await asyncio.gather(tunnel.close(), tunnel.close())
        await tunnel.close()
        _same((await ground.leftovers(), await link_names(ground)), before)

    async def test_closed_tunnel_opens_again(self, ground: TransportGround) -> None:
        """A transport is stateless."""
        for _ in range(3):
            async with opened(ground) as tunnel:
                _must((await tunnel.counters()).proof, "a proof")

    async def test_leftover_link_of_a_crash_is_replaced(self, ground: TransportGround) -> None:
        """Its name is ours: the prefix says so."""
        crashed = await ground.transport.open(ground.plan)
        async with opened(ground) as tunnel:
            _same(await ground.lost_packets(tunnel, 20), 0)
        await crashed.close()

    async def test_wait_down_returns_none_after_close(self, ground: TransportGround) -> None:
        """It did not fall."""
        tunnel = await ground.transport.open(ground.plan)
        waiting = asyncio.create_task(tunnel.wait_down())
        await asyncio.sleep(0)
        await tunnel.close()
        async with asyncio.timeout(_EVENTUALLY_S):
            _same(await waiting, None)

    async def test_tunnel_whose_link_is_removed_falls_with_a_cause(
        self, ground: TransportGround
    ) -> None:
        """And still closes."""
        before = await ground.leftovers(), await link_names(ground)
        tunnel = await ground.transport.open(ground.plan)
        waiting = asyncio.create_task(tunnel.wait_down())
        await asyncio.sleep(0)
        await ground.links.delete(ground.plan.interface)
        async with asyncio.timeout(_EVENTUALLY_S):
            _must(isinstance(await waiting, Exception), "a cause")
        await tunnel.close()
        _same((await ground.leftovers(), await link_names(ground)), before)

    async def test_no_secret_is_shown(
        self, ground: TransportGround, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Not in the ``repr`` of anything that is logged, nor in the log."""
        caplog.set_level(logging.DEBUG)
        secret_names = {option.name for option in ground.transport.options if option.secret}
        secrets = [text for name, text in ground.raw_options.items() if name in secret_names]
        async with opened(ground) as tunnel:
            await tunnel.probe()
            await tunnel.counters()
            shown = f"{ground.transport!r} {ground.plan!r} {tunnel!r} {tunnel.info!r}"
            shown += repr(ground.transport.parse(ground.raw_options))
        _must(secrets, "a secret option to look for")
        _must(not [text for text in secrets if text in shown + caplog.text], "no secret shown")
