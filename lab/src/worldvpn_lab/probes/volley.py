"""Fires bursts in a world and tells which cells came out, and where."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Iterable
from typing import IO, TYPE_CHECKING, Final, Self

import attrs

from worldvpn_core.errors import EngineError
from worldvpn_lab import guest
from worldvpn_lab.map import UPLINK, Cable
from worldvpn_lab.oracle.tap import Sighting
from worldvpn_lab.probes import packets
from worldvpn_lab.probes.cells import Cell, Probe, cells, is_ipv4
from worldvpn_lab.probes.marks import cell_of, tag_of

if TYPE_CHECKING:
    from worldvpn_lab.program import Program
    from worldvpn_lab.world import World

ALL: Final = cells()
_PROGRAM: Final = "worldvpn_lab.probes.burst"


@attrs.frozen(kw_only=True)
class Shot:
    """One burst that was fired. ``refused`` maps a cell to what the kernel said to it."""

    burst: int
    refused: dict[int, str]
    elapsed_ms: float


class Volley:
    """A program in the client, and a socket in its guest, ready to fire.

    Make it before any tunnel: its bound sockets must be older than that. Bridging the
    guest is part of it, and undone when it is closed.
    """

    def __init__(self, world: World, *, with_guest: bool = True) -> None:
        self._world = world
        self._burst = 0
        self._guest = None
        if with_guest:
            guest.attach(world)
            self._guest = guest.line_of(world)
        self._program, self._orders, self._reports = _start(world)
        self.fire(but=tuple(Probe))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Process id of the program in the client, as seen from here."""
        return self._program.pid

    def fire(self, *, but: Collection[Probe] = (), cable: Cable = UPLINK) -> Shot:
        """Send every cell once, ``but`` those of some probes, and return what the kernel said.

        Probes that bind to a device take the client's end of ``cable``.

        Raises:
            EngineError: the program in the client has ended.
        """
        self._burst += 1
        chosen = [cell for cell in ALL if cell.probe not in but]
        order = {
            "burst": self._burst,
            "uplink": cable.near.index,
            "mac": cable.near.mac.hex(),
            "far_mac": cable.far.mac.hex(),
            "sources": _sources(cable),
            "cells": [cell.index for cell in chosen if cell.probe is not Probe.GUEST],
        }
        self._orders.write(json.dumps(order) + "\n")
        self._orders.flush()
        refused = self._fire_guest(cell for cell in chosen if cell.probe is Probe.GUEST)
        report = self._reports.readline()
        if not report:
            raise EngineError("the program that sends probes has ended: see its standard error")
        told = json.loads(report)
        refused |= {int(index): reason for index, reason in told["refused"].items()}
        return Shot(burst=self._burst, refused=refused, elapsed_ms=told["elapsed_ms"])

    def close(self) -> None:
        """End the program and take the guest away."""
        self._orders.close()
        self._reports.close()
        self._program.close()
        if self._guest is not None:
            self._guest.close()
            guest.detach(self._world)

    def _fire_guest(self, chosen: Iterable[Cell]) -> dict[int, str]:
        refused: dict[int, str] = {}
        for cell in chosen:
            if self._guest is None:
                refused[cell.index] = "no guest"
                continue
            source = guest.PORT.far.addresses[0 if is_ipv4(cell) else 1].ip
            text = tag_of(self._burst, cell.index)
            packet = packets.udp_packet(source, cell.address, cell.port or 0, text)
            self._guest.send(packets.frame(guest.CARD.far.mac, guest.PORT.far.mac, packet))
        return refused


def seen(sightings: Iterable[Sighting], shot: Shot) -> dict[int, set[str]]:
    """Return for each cell of ``shot`` that came out the devices it was seen at."""
    found: dict[int, set[str]] = {}
    for sighting in sightings:
        index = cell_of(sighting.frame, shot.burst)
        if index is not None:
            found.setdefault(index, set()).add(f"{sighting.point.role}:{sighting.point.device}")
    return found


def _sources(cable: Cable) -> list[str]:
    return [str(address.ip) for address in cable.near.addresses[:2]]


def _start(world: World) -> tuple[Program, IO[str], IO[str]]:
    order_read, order_write = os.pipe()
    report_read, report_write = os.pipe()
    try:
        program = world.spawn(
            "client",
            [sys.executable, "-I", "-m", _PROGRAM],
            stdio=(order_read, report_write, 2),
        )
    finally:
        os.close(order_read)
        os.close(report_write)
    return program, os.fdopen(order_write, "w"), os.fdopen(report_read)
