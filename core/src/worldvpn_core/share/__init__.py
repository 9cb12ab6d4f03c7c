"""Sharing: what is true while this host is a node for others."""

from __future__ import annotations
