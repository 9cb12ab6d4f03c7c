"""One worker process: the application on an inherited socket, until it is told to stop."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
from typing import Final

from worldvpn_server.errors import StartError, UnavailableError
from worldvpn_server.operations import logs
from worldvpn_server.operations.child import Orders

_log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG: Final = 1  # prctl(2)
#: sysexits(3).
_EX_UNAVAILABLE: Final = 69
_EX_SOFTWARE: Final = 70


def main() -> int:
    """Read the orders, and serve."""
    orders = Orders.read(sys.stdin.buffer.read())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != orders.supervisor:
        return 0  # it died before we asked to die with it
    logs.set_up()
    # The figures of several processes meet in this folder; read when the module is imported.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(orders.config.metrics)
    from worldvpn_server.operations import serving  # noqa: PLC0415 - not before the line above

    try:
        serving.serve(orders)
    except StartError as error:
        _log.error("%s", error)
        return _EX_UNAVAILABLE
    except (OSError, UnavailableError) as error:
        _log.error("the database is away: no worker can start", exc_info=error)
        return _EX_UNAVAILABLE
    except Exception as error:  # noqa: BLE001 - Python's own words would show values
        logs.fault(error)
        return _EX_SOFTWARE
    return 0


if __name__ == "__main__":
    sys.exit(main())
