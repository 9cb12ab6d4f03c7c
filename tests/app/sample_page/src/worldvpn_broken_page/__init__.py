"""Pages that fail, each in its own way."""

from __future__ import annotations
