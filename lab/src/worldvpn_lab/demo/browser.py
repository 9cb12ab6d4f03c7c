"""Gives orders to the ``visitor``, the program of the client that fetches pages."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, Final, Self

from worldvpn_core.errors import EngineError

if TYPE_CHECKING:
    from worldvpn_lab.world import World

PAGE: Final = "www.example"
_PROGRAM: Final = "worldvpn_lab.demo.visitor"


class Browser:
    """A running visitor in the client of ``world``."""

    def __init__(self, world: World) -> None:
        order_read, order_write = os.pipe()
        answer_read, answer_write = os.pipe()
        try:
            argv = [sys.executable, "-I", "-m", _PROGRAM]
            self._program = world.spawn("client", argv, stdio=(order_read, answer_write, 2))
        finally:
            os.close(order_read)
            os.close(answer_write)
        self._orders = os.fdopen(order_write, "w")
        self._answers = os.fdopen(answer_read)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._orders.close()
        self._answers.close()
        self._program.close()

    def exit_address(self, version: int = 4) -> str:
        """Fetch a page by name over that IP version; return the address the server saw.

        Raises:
            EngineError: no page came.
        """
        return str(self._ask(op="page", host=PAGE, family=version)["body"])

    def throughput_mbps(self, lasting_s: float) -> float:
        """Download for so long; return how fast that was. Raises EngineError."""
        return float(self._ask(op="pull", host=PAGE, lasting_s=lasting_s)["mbps"])

    def _ask(self, **order: object) -> dict[str, Any]:
        self._orders.write(json.dumps(order) + "\n")
        self._orders.flush()
        line = self._answers.readline()
        if not line:
            raise EngineError("the program that fetches pages has ended: see its standard error")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise EngineError(f"no page came from http://{PAGE}/: {answer['error']}")
        return answer
