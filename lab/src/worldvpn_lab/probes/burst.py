"""Sends one burst of every probe for each line it reads; runs inside the client.

    python -m worldvpn_lab.probes.burst

Started before any tunnel, so that a burst imports nothing and its sockets are as old as
those of any program. One JSON object a line, in and out.
"""

from __future__ import annotations

import errno
import json
import sys
import time
from typing import Any

from worldvpn_lab.probes.cells import cells
from worldvpn_lab.probes.senders import SENDERS, Bench, Kept, addresses


def main() -> None:
    """Serve orders until the input ends."""
    mine = {cell.index: cell for cell in cells() if cell.probe in SENDERS}
    kept: Kept | None = None
    for line in sys.stdin:
        order: dict[str, Any] = json.loads(line)
        sources = addresses(order["sources"])
        kept = kept or Kept.bound(sources)
        bench = Bench(
            burst=order["burst"],
            uplink=order["uplink"],
            mac=bytes.fromhex(order["mac"]),
            far_mac=bytes.fromhex(order["far_mac"]),
            sources=sources,
            kept=kept,
        )
        refused: dict[int, str] = {}
        began_s = time.perf_counter()
        for cell in [mine[index] for index in order["cells"]]:
            try:
                SENDERS[cell.probe](bench, cell)
            except OSError as error:
                refused[cell.index] = errno.errorcode.get(error.errno or 0, str(error))
        elapsed_ms = (time.perf_counter() - began_s) * 1_000
        sys.stdout.write(json.dumps({"refused": refused, "elapsed_ms": elapsed_ms}) + "\n")
        sys.stdout.flush()
        for opened in bench.opened:
            opened.close()


if __name__ == "__main__":
    main()
