"""Counts what tunnels carry, and keeps it through crashes."""

from __future__ import annotations
