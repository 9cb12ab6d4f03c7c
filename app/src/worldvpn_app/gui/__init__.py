"""The desktop app: shows the daemon's snapshots and passes on what is pressed."""

from __future__ import annotations
