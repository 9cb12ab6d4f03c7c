"""The core of WorldVPN: it decides, plugins act, the app shows."""

from __future__ import annotations
