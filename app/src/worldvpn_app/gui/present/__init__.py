"""What the screens say, from a snapshot: pure, so that widgets only assign."""

from __future__ import annotations
