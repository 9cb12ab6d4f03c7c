"""Speaks with the central server, from inside the confined agent."""

from __future__ import annotations
