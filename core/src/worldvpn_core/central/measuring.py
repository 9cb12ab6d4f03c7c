"""Learns what nodes are like from the tunnels that go through them, and sends nothing for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from worldvpn_core.central.failed import FailedNodes
from worldvpn_core.central.tried_nodes import TriedNodes
from worldvpn_core.errors import HandshakeTimeoutError, TunnelSilentError
from worldvpn_core.tunnel.events import Event, TunnelDown, TunnelUp
from worldvpn_core.tunnel.states import Connected, State

#: Ends that may be the node's fault, or that of this computer's network.
_NO_ANSWER: Final = frozenset({HandshakeTimeoutError.code, TunnelSilentError.code})
_MICROSECONDS: Final = 1_000_000


class Measuring:
    """Follows tunnels; ``node_of`` returns the node that an attempt goes through.

    A node that does not answer is blamed once another one does: until then the fault may lie
    with this computer's own network, of which every node would be guilty.
    """

    def __init__(self, nodes: TriedNodes, node_of: Callable[[int], str | None]) -> None:
        self._nodes = nodes
        self._node_of = node_of
        self._suspects = FailedNodes()

    def happened(self, state: State, event: Event) -> bool:
        """Take note of ``event``, which led to ``state``; return whether anything was learnt."""
        match event:
            case TunnelUp(attempt=attempt, tunnel=tunnel):
                return self._up(self._node_of(attempt), tunnel.round_trip_s)
            case TunnelDown(attempt=attempt, cause=cause) if cause.code in _NO_ANSWER:
                return self._down(
                    self._node_of(attempt), is_another_up=isinstance(state, Connected)
                )
            case _:
                return False

    def forget(self) -> bool:
        """Forget all of it; return whether there was anything."""
        self._suspects.forget()
        return self._nodes.forget()

    def _up(self, node_id: str | None, round_trip_s: float | None) -> bool:
        now_s = int(time.time())
        suspects = [each for each in self._suspects.now() if each != node_id]
        self._suspects.forget()
        for each in suspects:
            self._nodes.failed(each, now_s)
        if node_id is not None:
            latency_us = None if round_trip_s is None else round(round_trip_s * _MICROSECONDS)
            self._nodes.answered(node_id, latency_us, now_s)
        return bool(suspects) or node_id is not None

    def _down(self, node_id: str | None, *, is_another_up: bool) -> bool:
        if node_id is None:
            return False
        if is_another_up:
            self._nodes.failed(node_id, int(time.time()))
        else:
            self._suspects.note(node_id)
        return is_another_up
