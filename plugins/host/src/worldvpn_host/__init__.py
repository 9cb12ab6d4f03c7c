"""The Linux host: links, routes, events, helpers and the journal."""

from __future__ import annotations
