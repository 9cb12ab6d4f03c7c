"""A node that goes away, or says nothing any more."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from typing import Final

from worldvpn_lab import build, nodes
from worldvpn_lab.disturb.scene import Scene

_SILENCE: Final = (
    "table inet {table} {{\n"
    "  chain in {{ type filter hook prerouting priority raw; policy accept;\n"
    "    iifname eth0 drop\n"
    "  }}\n"
    "  chain out {{ type filter hook output priority raw; policy accept;\n"
    "    oifname eth0 udp sport {port} drop\n"
    "  }}\n"
    "}}\n"
)

_NUMBERS: Final = itertools.count(1)


@contextlib.contextmanager
def gone(scene: Scene) -> Iterator[None]:
    """End the node's engine: its port is closed, and the kernel says so."""
    nodes.stop_engine(scene.world, scene.node.role)
    try:
        yield
    finally:
        nodes.start_engine(scene.world, scene.node.role)


@contextlib.contextmanager
def silent(scene: Scene) -> Iterator[None]:
    """Let the node drop all it receives from outside, and not say so."""
    # A table of its own: a node can be silent twice over, and is until both have ended.
    table = f"lab_silence_{next(_NUMBERS)}"
    rules = _SILENCE.format(table=table, port=scene.node.port)
    build.load_rules(scene.world, scene.node.role, rules)
    try:
        yield
    finally:
        build.load_rules(scene.world, scene.node.role, f"delete table inet {table}\n")
