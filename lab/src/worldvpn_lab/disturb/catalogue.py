"""Every disturbance of the leak matrix (docs/security.md), in one list."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from worldvpn_lab.daemon import Part
from worldvpn_lab.disturb import links, neighbours, processes, relay, routes
from worldvpn_lab.disturb.scene import Disturbance, Scene, nothing
from worldvpn_lab.map import PLACES, SECOND_UPLINK
from worldvpn_lab.probes.cells import Probe

#: The client's processes that can be hit, by a word of their command line.
PROCESSES: Final = {part.name.lower(): part.value for part in Part}


@contextlib.contextmanager
def _resolver_overwritten(scene: Scene) -> Iterator[None]:
    """Write a public resolver over resolv.conf, as a DHCP client does."""
    scene.world.write("client", {"/etc/resolv.conf": f"nameserver {PLACES.resolver}\n"})
    yield


#: A device that is new, or has a new name, is open to raw frames until the rules follow.
_RAW: Final = frozenset({Probe.PACKET})


_EVERY: Final = tuple(PROCESSES.values())
#: What runs in the namespace of a node.
_OF_NODE: Final = (Part.ENGINE.value,)

#: By then a node whose engine was killed has another: it is tried again after three seconds.
_SERVED_S: Final = 3.5
#: By then a tunnel without a far end has fallen, and a new one was tried.
_FALL_S: Final = 4.5


def _each_killed() -> tuple[Disturbance, ...]:
    return tuple(
        Disturbance(name=f"sigkill-{name}", effect=processes.kill((word,)), needs=name)
        for name, word in PROCESSES.items()
    )


CATALOGUE: Final = (
    Disturbance(name="none", effect=nothing),
    Disturbance(name="link-flap", effect=links.flap),
    Disturbance(name="second-uplink", effect=links.second_uplink, cable=SECOND_UPLINK),
    Disturbance(
        name="option-121-24", effect=routes.option_121("198.51.100.0/24", "2001:db8:80::/64")
    ),
    Disturbance(
        name="option-121-1",
        effect=routes.option_121("0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"),
    ),
    Disturbance(
        name="option-121-32",
        effect=routes.option_121(f"{PLACES.page}/32", f"{PLACES.page6}/128"),
    ),
    Disturbance(name="option-121-inner", effect=routes.option_121_inner),
    Disturbance(name="local-net", effect=routes.local_net),
    Disturbance(name="rogue-ra-lan", effect=routes.rogue_ra),
    Disturbance(name="rogue-ra-tunnel", effect=routes.rogue_ra_in_tunnel),
    Disturbance(name="relay-gone", effect=relay.gone, react_s=_FALL_S),
    Disturbance(name="relay-silent", effect=relay.silent, react_s=_FALL_S),
    Disturbance(name="uplink-renamed", effect=links.renamed, late=_RAW),
    Disturbance(
        name="new-device",
        effect=links.new_card,
        points=(links.NEW_LAN,),
        cable=links.NEW_CARD,
        late=_RAW,
    ),
    Disturbance(name="resolver-overwritten", effect=_resolver_overwritten),
    Disturbance(name="syn-ack-to-tunnel", effect=neighbours.syn_ack),
    Disturbance(name="arp-for-tunnel", effect=neighbours.who_has),
    Disturbance(name="sigstop", effect=processes.stop(_EVERY, _OF_NODE), needs="daemon"),
    *_each_killed(),
    Disturbance(
        name="sigkill-node-engine",
        effect=processes.kill((), _OF_NODE),
        needs="node-engine",
        react_s=_SERVED_S,
    ),
    Disturbance(name="sigkill-all", effect=processes.kill(_EVERY, _OF_NODE), needs="daemon"),
    Disturbance(
        name="clock-moved",
        effect=nothing,
        skip="Linux has no namespace for the wall clock: moving it would move the host's",
    ),
)


def disturbance(name: str) -> Disturbance:
    """Return the disturbance of that name."""
    return next(known for known in CATALOGUE if known.name == name)
