"""Points the host's resolver where the policy says, and restores it."""

from __future__ import annotations
