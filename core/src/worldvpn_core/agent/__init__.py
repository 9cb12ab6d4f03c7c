"""worldvpn-agent: the process that reads what strangers wrote, and has no rights.

Two halves that never import each other: the daemon's (``link`` and what it needs) and
the agent's (``main`` and what it needs). They share ``pair``, ``messages`` and ``spec``.
"""

from __future__ import annotations
