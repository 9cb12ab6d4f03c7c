"""Fakes and contract suites for whoever writes a plugin."""

from __future__ import annotations
