"""What can happen to a protected client, done for real to the world around it."""

from __future__ import annotations
