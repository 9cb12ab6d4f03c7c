"""WireGuard: keys, engines, tunnels, and the wg-quick file format."""

from __future__ import annotations
