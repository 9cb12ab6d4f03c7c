"""A guest of the client's node at work: it talks all the time, and fires all errands on demand.

What it sends is written by hand, and its own system answers to nothing: so all that comes out
of its tunnel has a tag.
"""

from __future__ import annotations

import itertools
import select
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Final, Self

from worldvpn_core.errors import EngineError
from worldvpn_core.types import IpAddress
from worldvpn_lab import build
from worldvpn_lab.device import Device
from worldvpn_lab.oracle.frames import decode_packet
from worldvpn_lab.probes.errands import Errand, Way, errands
from worldvpn_lab.probes.marks import errand_of
from worldvpn_lab.probes.packets import ethertype_of

_ETH_P_ALL: Final = 3
_TALK_S: Final = 0.02
_KNOCK_S: Final = 0.5
_SERVED_S: Final = 15.0
_MOST_BYTES: Final = 1 << 11
#: The burst of what is said between bursts.
_BETWEEN: Final = 0

_MUTE: Final = (
    "table inet lab_mute_{device} {{\n"
    "  chain in {{ type filter hook input priority raw; policy accept;\n"
    "    iifname {device} drop\n"
    "  }}\n"
    "}}\n"
)


class Salvo:
    """An invited ``device`` that uses the node from now on.

    ``pair`` are the addresses that the host has towards the node, one of each family.
    """

    def __init__(self, device: Device, pair: Sequence[IpAddress]) -> None:
        """Start talking.

        Raises:
            EngineError: the device could not be made mute.
        """
        self.device = device
        self._bursts = itertools.count(_BETWEEN + 1)
        self._table = f"lab_mute_{device.interface}"
        build.load_rules(device.world, device.role, _MUTE.format(device=device.interface))
        self.errands = errands(device.addresses, pair)
        self._line = device.world.open_socket(device.role, socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        self._line.bind((device.interface, _ETH_P_ALL))
        self._over = threading.Event()
        self._talk = threading.Thread(target=self._talking, name="guest", daemon=True)
        self._talk.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._talk.join()
        self._line.close()
        undo = f"delete table inet {self._table}\n"
        build.load_rules(self.device.world, self.device.role, undo)

    def wait_served(self) -> None:
        """Return once an answer came by the node. Raises EngineError when none did in time."""
        deadline_s = time.monotonic() + _SERVED_S
        while not self.knock():
            if time.monotonic() > deadline_s:
                raise EngineError(f"no guest was served within {_SERVED_S:g} s of its invitation")

    def knock(self) -> bool:
        """Begin with the node anew if it has not answered lately, as people do who wait.

        Returns whether it answers now.
        """
        while select.select([self._line], [], [], 0)[0]:
            self._line.recv(_MOST_BYTES)
        if self._is_answered():
            return True
        self.device.set_up()
        return self._is_answered()

    def fire(self) -> int:
        """Send every errand once; return the number of this burst."""
        burst = next(self._bursts)
        self._send(self.errands, burst)
        return burst

    def _is_answered(self) -> bool:
        """Return whether anything of the talk comes back by the time one would wonder."""
        deadline_s = time.monotonic() + _KNOCK_S
        while (left_s := deadline_s - time.monotonic()) > 0:
            if select.select([self._line], [], [], left_s)[0]:
                said = decode_packet(self._line.recv(_MOST_BYTES))
                if errand_of(said) is not None:
                    return True
        return False

    def _talking(self) -> None:
        flows = [errand for errand in self.errands if errand.way is Way.FLOW]
        while not self._over.wait(_TALK_S):
            self._send(flows, _BETWEEN)

    def _send(self, chosen: Iterable[Errand], burst: int) -> None:
        for errand in chosen:
            packet = errand.packet(burst)
            self._line.sendto(packet, (self.device.interface, ethertype_of(packet)))
