"""Widgets that draw themselves from the tokens."""

from __future__ import annotations
