"""Every way a program can try to get a packet out of a host, tagged and counted."""

from __future__ import annotations
