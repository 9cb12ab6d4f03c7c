"""The WorldVPN app: it shows what the daemon says, and decides nothing."""

from __future__ import annotations
