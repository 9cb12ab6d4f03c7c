"""``python -m worldvpn_server`` is the ``worldvpn-server`` command."""

from __future__ import annotations

import sys

from worldvpn_server.main import main

if __name__ == "__main__":
    sys.exit(main())
