"""The leak matrix: every state, every disturbance, every probe (docs/security.md)."""

from __future__ import annotations
