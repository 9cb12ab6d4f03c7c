"""The local API: JSON-RPC 2.0, one object a line, over a Unix socket."""

from __future__ import annotations
