"""What a change of node costs a stream of 1,000 packets a second: lost ones, and the gap.

``python benchmarks/switch.py`` builds a lab, has a server echo a datagram every
millisecond through the tunnel, and switches from node to node meanwhile. Exit status 1
when a packet is lost or echoes stay away for longer than the target; how long they stay
away without a switch, by chance of this computer's scheduling, is printed beside it.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import statistics
import struct
import sys
import threading
import time
from typing import Final, Self

from bench import Bar, Stage, report, staged
from worldvpn_lab.daemon import is_connected_by
from worldvpn_lab.map import PLACES
from worldvpn_lab.world import World

_SWITCHES: Final = 20
_GAP_MS: Final = 15.0
_TICK_S: Final = 0.001
_ECHO_PORT: Final = 7
_NUMBER: Final = struct.Struct("!Q")
#: A stretch of stream that is looked at: before a switch, without one, and with one.
_WINDOW_S: Final = 0.5
#: An echo that has not come by then is lost.
_LATE_S: Final = 1.0


class Stream:
    """Sends a numbered datagram every millisecond, and notes when each echo came."""

    def __init__(self, world: World) -> None:
        self._line = world.open_socket("client", socket.AF_INET, socket.SOCK_DGRAM)
        self._line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._line.settimeout(_LATE_S)
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._send, self._receive)]
        self.sent_s: dict[int, float] = {}
        self.refused = 0
        self.came_s: dict[int, float] = {}

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._line.close()

    def lost(self) -> int:
        """Return how many were sent, or refused, and never came back; once it has ended."""
        return self.refused + len(self.sent_s.keys() - self.came_s.keys())

    def longest_gap_ms(self, since_s: float, until_s: float) -> float:
        """Return the longest time without an echo between two moments."""
        came = sorted(moment for moment in self.came_s.values() if since_s <= moment <= until_s)
        return max((after - before) * 1e3 for before, after in itertools.pairwise(came))

    def _send(self) -> None:
        target = str(PLACES.page), _ECHO_PORT
        due_s = time.perf_counter()
        for number in itertools.count():
            if self._stopping.is_set():
                return
            try:
                self._line.sendto(_NUMBER.pack(number), target)
            except OSError:
                self.refused += 1
            else:
                self.sent_s[number] = time.perf_counter()
            # What was late is not made up for: that would be no stream but a burst.
            due_s = max(due_s + _TICK_S, time.perf_counter())
            time.sleep(max(0.0, due_s - time.perf_counter()))

    def _receive(self) -> None:
        with contextlib.suppress(TimeoutError):
            while True:
                data = self._line.recv(64)
                self.came_s[_NUMBER.unpack(data)[0]] = time.perf_counter()


def main() -> int:
    """Measure; return the exit status."""
    with staged() as stage:
        stage.daemon.connect(stage.profiles["node1"])
        time.sleep(1)
        with Stream(stage.world) as stream:
            time.sleep(_WINDOW_S)
            moments = [_switch(stage, number) for number in range(_SWITCHES)]
    still = [stream.longest_gap_ms(began - _WINDOW_S, began) for began, _ in moments]
    moved = [stream.longest_gap_ms(began, began + _WINDOW_S) for began, _ in moments]
    taken = [(done - began) * 1e3 for began, done in moments]
    return report(
        f"switch: {_SWITCHES} changes of node under {len(stream.sent_s)} echoed datagrams",
        [
            Bar(name="packets lost", figure=stream.lost(), limit=0),
            Bar(name="longest gap, worst switch", figure=max(moved), unit="ms", limit=_GAP_MS),
            Bar(name="longest gap, median switch", figure=statistics.median(moved), unit="ms"),
            Bar(name="without a switch, worst", figure=max(still), unit="ms"),
            Bar(name="without a switch, median", figure=statistics.median(still), unit="ms"),
            Bar(name="request to switched, median", figure=statistics.median(taken), unit="ms"),
        ],
    )


def _switch(stage: Stage, number: int) -> tuple[float, float]:
    """Go to the other node; return when that was asked for and when it was done."""
    profile_id = stage.profiles[("node2", "node1")[number % 2]]
    time.sleep(_WINDOW_S)
    began_s = time.perf_counter()
    stage.daemon.call("tunnel.connect", profile_id=profile_id)
    stage.daemon.until(is_connected_by(profile_id))
    done_s = time.perf_counter()
    time.sleep(_WINDOW_S)
    return began_s, done_s


if __name__ == "__main__":
    sys.exit(main())
