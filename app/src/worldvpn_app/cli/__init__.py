"""The ``worldvpn`` command: it asks the daemon and shows what it says, starting in milliseconds."""

from __future__ import annotations
