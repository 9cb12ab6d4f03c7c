"""A tunnel's figures never fall back, whatever its engine forgets; a lost call is repeated."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from ipaddress import ip_address, ip_interface

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldvpn_core.contracts import LinkFacts
from worldvpn_core.errors import ConfigError, HandshakeTimeoutError
from worldvpn_core.types import Counters, Endpoint, Link, TunnelInfo, TunnelPlan
from worldvpn_wireguard.device import Device, DeviceChange, PeerState
from worldvpn_wireguard.options import PeerOptions, WireGuardOptions
from worldvpn_wireguard.transport import (
    CALL_GAPS_S,
    ENGINE_REPEATS_S,
    Call,
    WireGuardTransport,
    round_trip_s,
)
from worldvpn_wireguard.tunnel import (
    MAX_CALLS,
    MIN_CALL_GAP_S,
    PROBE_S,
    WireGuardTunnel,
    call_gap_s,
    next_counters,
)

KEY = b"\x02" * 32
OTHER_KEY = b"\x04" * 32
REMOTE = Endpoint(host=ip_address("198.51.100.7"), port=51_820)
OPTIONS = WireGuardOptions(
    private_key=b"\x01" * 32,
    peers=(PeerOptions(public_key=KEY, server=0), PeerOptions(public_key=OTHER_KEY)),
)
PLAN = TunnelPlan(
    attempt=1,
    profile_id="home",
    transport="wireguard",
    interface="wv0",
    remotes=(REMOTE,),
    addresses=(ip_interface("10.0.0.2/32"),),
    handshake_timeout_s=0.05,
    options=OPTIONS,
)

STATES = st.lists(
    st.builds(
        PeerState,
        public_key=st.sampled_from([KEY, OTHER_KEY]),
        handshake_ns=st.integers(0, 2**62),
        received_bytes=st.integers(0, 2**64 - 1),
        sent_bytes=st.integers(0, 2**64 - 1),
    ),
    max_size=3,
).map(tuple)


@attrs.define
class ScriptedDevice:
    """Answers its n-th call: ``answers`` says whether the peer heard it."""

    answers: Callable[[int], bool]
    changes: list[DeviceChange] = attrs.field(factory=list)
    handshake_ns: int = 0
    closed: bool = False

    @property
    def engine(self) -> str:
        return "scripted"

    async def change(self, change: DeviceChange) -> None:
        if change.private_key and self.answers(len(self.changes)):
            self.handshake_ns += 1
        self.changes.append(change)

    async def peers(self) -> tuple[PeerState, ...]:
        return (PeerState(public_key=KEY, handshake_ns=self.handshake_ns),)

    async def wait_down(self) -> Exception | None:
        return None

    async def close(self) -> None:
        self.closed = True


@attrs.define
class ScriptedEngine:
    device: ScriptedDevice

    async def make(self, interface: str) -> Device:
        assert interface == PLAN.interface
        return self.device


class WillingLinks:
    async def all(self) -> tuple[LinkFacts, ...]:
        return ()

    async def add(self, name: str, kind: str) -> None:
        raise AssertionError((name, kind))

    async def delete(self, name: str) -> None:
        raise AssertionError(name)

    async def set_up(self, name: str) -> None:
        assert name == PLAN.interface

    async def set_mtu(self, name: str, mtu_bytes: int) -> None:
        assert (name, mtu_bytes) == (PLAN.interface, 1_420)


def tunnel_on(device: ScriptedDevice) -> WireGuardTunnel:
    return WireGuardTunnel(
        info=TunnelInfo(path=Link(name="wv0"), outer_endpoints=(REMOTE,)),
        device=device,
        options=OPTIONS,
        remotes=(REMOTE,),
        answer_s=0.0,
    )


@given(st.lists(STATES, max_size=6))
def test_counters_never_decrease(readings: list[tuple[PeerState, ...]]) -> None:
    counters = [Counters()]
    for states in readings:
        counters.append(next_counters(counters[-1], OPTIONS, states))
    assert sorted(c.received_bytes for c in counters) == [c.received_bytes for c in counters]
    assert sorted(c.sent_bytes for c in counters) == [c.sent_bytes for c in counters]


def test_handshake_that_the_engine_forgot_stays_the_proof() -> None:
    before = Counters(proof=7)
    assert next_counters(before, OPTIONS, (PeerState(public_key=KEY),)).proof == 7
    assert next_counters(before, OPTIONS, ()).proof == 7


def test_only_the_primary_peer_proves() -> None:
    states = (PeerState(public_key=OTHER_KEY, handshake_ns=9, received_bytes=5),)
    assert next_counters(Counters(), OPTIONS, states) == Counters(received_bytes=5, proof=0)


@given(st.floats(0, 100))
def test_calls_are_apart_and_fit_between_cores_probes(answer_s: float) -> None:
    assert MIN_CALL_GAP_S <= call_gap_s(answer_s) <= PROBE_S


@pytest.mark.anyio
async def test_probe_that_is_heard_calls_once() -> None:
    device = ScriptedDevice(lambda _: True)
    await tunnel_on(device).probe()
    await asyncio.sleep(3 * MIN_CALL_GAP_S)
    assert len(device.changes) == 1


@pytest.mark.anyio
async def test_probe_that_is_not_heard_is_repeated_until_it_is() -> None:
    device = ScriptedDevice(lambda number: number == 2)
    tunnel = tunnel_on(device)
    await tunnel.probe()
    await asyncio.sleep(6 * MIN_CALL_GAP_S)
    assert len(device.changes) == 3
    assert (await tunnel.counters()).proof == 1


@pytest.mark.anyio
async def test_probe_of_a_dead_remote_gives_up() -> None:
    device = ScriptedDevice(lambda _: False)
    await tunnel_on(device).probe()
    await asyncio.sleep(PROBE_S)
    assert len(device.changes) == 1 + MAX_CALLS


@pytest.mark.anyio
async def test_closed_tunnel_calls_no_more() -> None:
    device = ScriptedDevice(lambda _: False)
    tunnel = tunnel_on(device)
    await tunnel.probe()
    await tunnel.close()
    await asyncio.sleep(3 * MIN_CALL_GAP_S)
    assert len(device.changes) == 1
    assert device.closed


@pytest.mark.anyio
async def test_every_call_holds_another_decoy_key() -> None:
    device = ScriptedDevice(lambda _: False)
    await tunnel_on(device).probe()
    await asyncio.sleep(3 * MIN_CALL_GAP_S)
    decoys = [change.decoy_key for change in device.changes]
    assert len(set(decoys)) == len(decoys)


@pytest.mark.anyio
async def test_open_that_times_out_names_the_server_and_closes() -> None:
    device = ScriptedDevice(lambda _: False)
    transport = WireGuardTransport(ScriptedEngine(device), WillingLinks())
    with pytest.raises(HandshakeTimeoutError, match=r"^no handshake from 198\.51\.100\.7:51820 in"):
        await transport.open(PLAN)
    assert device.closed


@pytest.mark.anyio
async def test_first_call_that_is_lost_is_repeated_while_opening() -> None:
    device = ScriptedDevice(lambda number: number == 1)
    transport = WireGuardTransport(ScriptedEngine(device), WillingLinks())
    patient = attrs.evolve(PLAN, handshake_timeout_s=CALL_GAPS_S[0] * 10)
    began_monotonic_s = time.monotonic()
    opened = await transport.open(patient)
    took_s = time.monotonic() - began_monotonic_s
    assert (await opened.counters()).proof == 1
    # The wait for the answer that never came is no part of the way there.
    assert opened.info.round_trip_s is not None
    assert opened.info.round_trip_s <= took_s - CALL_GAPS_S[0]


CALLS = st.builds(Call, st.floats(0, 1e6), st.integers(0, 2**62))


@given(CALLS, st.integers(-(2**40), 2**40), st.floats(0, 2 * ENGINE_REPEATS_S))
def test_round_trip_is_never_more_than_what_was_waited(
    last: Call, after_ns: int, waited_s: float
) -> None:
    seen_monotonic_s = last.at_monotonic_s + waited_s
    waited_s = seen_monotonic_s - last.at_monotonic_s
    told_s = round_trip_s(last, last.at_ns + after_ns, seen_monotonic_s)
    if 0 < waited_s < ENGINE_REPEATS_S:
        assert told_s is not None
        assert 0 < told_s <= waited_s
    else:
        assert told_s is None


def test_round_trip_ends_when_the_engine_says_so_and_not_when_that_was_read() -> None:
    assert round_trip_s(Call(100.0, 7_000_000_000), 7_030_000_000, 100.05) == pytest.approx(0.03)


@pytest.mark.parametrize("set_by_ns", [-60_000_000_000, 60_000_000_000])
def test_clock_that_was_set_meanwhile_leaves_when_the_answer_was_seen(set_by_ns: int) -> None:
    last = Call(100.0, 70_000_000_000)
    assert round_trip_s(last, last.at_ns + set_by_ns, 100.05) == pytest.approx(0.05)


@pytest.mark.anyio
async def test_options_of_another_transport_are_refused() -> None:
    transport = WireGuardTransport(ScriptedEngine(ScriptedDevice(lambda _: True)), WillingLinks())
    with pytest.raises(ConfigError, match="not WireGuard's"):
        await transport.open(attrs.evolve(PLAN, options=("other",)))
