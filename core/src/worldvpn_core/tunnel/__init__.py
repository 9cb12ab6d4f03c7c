"""The tunnel: its states, events and transitions."""

from __future__ import annotations
