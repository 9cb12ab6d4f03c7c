"""Nodes are measured by the tunnels that go through them, and blamed only while others answer."""

from __future__ import annotations

import time
from pathlib import Path

import attrs
import pytest

from tests.core.central.server_side import node
from worldvpn_core.central.measuring import Measuring
from worldvpn_core.central.tried import Measured
from worldvpn_core.central.tried_nodes import TriedNodes
from worldvpn_core.errors import EngineError, HandshakeTimeoutError, TunnelSilentError
from worldvpn_core.testing.samples import connected, plan, tunnel
from worldvpn_core.tunnel.events import TunnelDown, TunnelUp
from worldvpn_core.tunnel.opener import cause_of
from worldvpn_core.tunnel.states import Blocked

#: A profile's own tunnel goes through no node.
PROFILE = 9
TIMEOUT = HandshakeTimeoutError("no answer")
SILENT = TunnelSilentError("no answer any more")


@attrs.define
class Case:
    """Tunnels, one an attempt; attempt n goes through node n."""

    nodes: TriedNodes
    measuring: Measuring = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.measuring = Measuring(
            self.nodes, lambda attempt: None if attempt == PROFILE else node(attempt)
        )

    def opens(self, attempt: int, round_trip_s: float | None = None) -> bool:
        """Let the tunnel of ``attempt`` open; return whether anything was learnt."""
        info = attrs.evolve(tunnel(plan(attempt)), round_trip_s=round_trip_s)
        return self.measuring.happened(connected(attempt), TunnelUp(attempt=attempt, tunnel=info))

    def ends(self, attempt: int, error: Exception = TIMEOUT, *, beside: int | None = None) -> bool:
        """Let it end by ``error``, while the tunnel of ``beside`` goes on."""
        cause = cause_of(error)
        state = Blocked(cause=cause, plan=plan(attempt)) if beside is None else connected(beside)
        return self.measuring.happened(state, TunnelDown(attempt=attempt, cause=cause))

    def shown(self) -> dict[str, Measured]:
        """Return what is known, by node."""
        return {each.node_id: each for each in self.nodes.measured(int(time.time()))}

    def failing(self) -> set[str]:
        """Return the nodes that are blamed."""
        return {name for name, each in self.shown().items() if each.failing_percent}


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(TriedNodes(tmp_path / "tried.json"))


def test_tunnel_that_opens_measures_its_node(case: Case) -> None:
    assert case.opens(1, 0.021)

    assert case.shown() == {node(1): Measured(node_id=node(1), latency_us=21_000)}


def test_tunnel_of_a_profile_measures_no_node(case: Case) -> None:
    assert not case.opens(PROFILE, 0.021)

    assert case.shown() == {}


@pytest.mark.parametrize("error", [TIMEOUT, SILENT], ids=["first", "later"])
def test_node_that_did_not_answer_is_blamed_once_another_does(case: Case, error: Exception) -> None:
    assert not case.ends(1, error)
    assert case.failing() == set()

    assert case.opens(2)
    assert case.failing() == {node(1)}


def test_network_that_was_away_is_the_fault_of_no_node(case: Case) -> None:
    case.ends(1)
    case.opens(1, 0.021)
    case.opens(2, 0.021)

    assert case.failing() == set()


def test_every_node_that_did_not_answer_is_blamed_once(case: Case) -> None:
    case.ends(1)
    case.ends(2)
    case.opens(PROFILE)
    case.opens(3)

    assert {name: each.failing_percent for name, each in case.shown().items()} == {
        node(1): 30,
        node(2): 30,
    }


def test_node_that_did_not_answer_beside_a_tunnel_that_goes_on_is_blamed_at_once(
    case: Case,
) -> None:
    assert case.ends(2, beside=1)

    assert case.failing() == {node(2)}


def test_what_is_not_the_nodes_fault_is_not_counted_against_it(case: Case) -> None:
    case.ends(1, EngineError("no engine"))
    case.ends(PROFILE, TIMEOUT)
    case.opens(2, 0.021)

    assert case.failing() == set()


def test_whoever_was_suspected_is_forgotten_with_all_the_rest(case: Case) -> None:
    case.opens(1, 0.021)
    case.ends(2)

    assert case.measuring.forget()
    case.opens(3, 0.021)

    assert set(case.shown()) == {node(3)}
